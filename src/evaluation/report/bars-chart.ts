import * as Plot from '@observablehq/plot'
import type { Figure } from '../evaluation-result.ts'
import { tickFormat } from './axis-ticks.ts'
import { type ChartDocument, type ChartElement, createChartDocument, svgElement } from './chart-document.ts'
import { type Chart, finish, type PlotScales } from './curves-chart.ts'
import { shortName } from './end-labels.ts'
import { formatCount } from './format-number.ts'
import { type SeriesStyle, styleSeries } from './series-style.ts'

/** One bar or dot: a value of one series in one row. */
interface Bar {
  readonly style: SeriesStyle
  readonly color: string
  readonly symbol: SeriesStyle['symbol']
  readonly isHollow: boolean
  readonly row: number
  readonly value: number
  readonly low: number
  readonly high: number
  /** Top and bottom within the chart, in rows. */
  readonly top: number
  readonly bottom: number
  readonly title: string
}

const width = 860
const marginTop = 8
const marginRight = 24
const marginBottom = 42
const mostRows = 60
/** Up to so many series each get a place of their own within a row; more share the row's line. */
const mostLanes = 7
const laneHeight = 14
const sharedHeight = 24

/**
 * Draws values by category, one row each, with whiskers. Bars start at 0; where all values are far from 0 they would
 * look alike, and dots on an axis of their own range take their place. Many series share a line per category.
 */
export function drawBars(figure: Figure): Chart {
  const styles = styleSeries(figure)
  const { rows, bars, lanes, namesItself, remarks } = layOut(styles)
  if (bars.length === 0) return { svg: undefined, styles, isBars: true, namesItself, remarks }
  const height = marginTop + marginBottom + rows.length * (lanes === undefined ? sharedHeight : lanes * laneHeight + 8)
  const domain = valueDomain(figure, bars)
  const isFromZero = domain[0] <= 0 && domain[1] >= 0 && lanes !== undefined && !isDifference(figure, bars)
  const document = createChartDocument()
  const longest = Math.max(...rows.map((row) => shortName(row, 36).length))
  const marginLeft = Math.min(256, 18 + 6.6 * longest)
  const plot = Plot.plot({
    document: document as never,
    width,
    height,
    marginLeft,
    marginTop,
    marginRight,
    marginBottom,
    x: {
      type: figure.y.scale ?? 'linear',
      domain,
      label: null,
      grid: true,
      ticks: 6,
      tickSize: 0,
      tickFormat: tickFormat(figure.y, domain[1] - domain[0]) as never,
    },
    y: { axis: null, domain: [0, rows.length], range: [marginTop, height - marginBottom] },
    marks: [
      Plot.ruleY(
        Array.from({ length: rows.length + 1 }, (_, row) => row),
        { stroke: 'var(--line)', strokeWidth: 0.7 },
      ),
      ...(domain[0] <= 0 && domain[1] >= 0 ? [Plot.ruleX([0], { stroke: 'var(--text-soft)' })] : []),
      ...[...bars].sort((a, b) => a.style.rank - b.style.rank).flatMap((bar) => marksOf(bar, isFromZero)),
    ],
  }) as unknown as ChartElement & PlotScales
  addRowNames(plot, document, rows, marginLeft)
  plot.append(
    svgElement(
      document,
      'text',
      { class: 'axis-title', x: (marginLeft + width - marginRight) / 2, y: height - 6 },
      figure.y.label,
    ),
  )
  return { svg: finish(plot), styles, isBars: true, namesItself, remarks }
}

interface Layout {
  readonly rows: readonly string[]
  readonly bars: readonly Bar[]
  /** Places within a row; undefined when all series share one line. */
  readonly lanes: number | undefined
  /** A row for each series. */
  readonly namesItself: boolean
  readonly remarks: readonly string[]
}

function layOut(styles: readonly SeriesStyle[]): Layout {
  const categories = [...new Set(styles.flatMap(({ series }) => series.points.map((point) => String(point.x))))]
  // One category of many series reads best with a row for each series.
  const isTransposed = categories.length === 1 && styles.length > 1
  const all = isTransposed ? styles.map(({ series }) => series.name) : categories
  const rows = all.slice(0, mostRows)
  const lanes = isTransposed ? 1 : styles.length <= mostLanes ? styles.length : undefined
  const bars = styles.flatMap((style, place) =>
    style.series.points.flatMap((point): Bar[] => {
      const row = isTransposed ? place : categories.indexOf(String(point.x))
      if (row >= rows.length || !Number.isFinite(point.y)) return []
      const lane = isTransposed || lanes === undefined ? 0 : place
      const share = 1 / (lanes ?? 1)
      // On a line that many series share, the whiskers of all would hide each other.
      const hasWhisker = lanes !== undefined || style.series.role === 'pointsman'
      const isSubject = rows[row] === 'pointsman' && (isTransposed || styles.length === 1)
      return [
        {
          style,
          color: isSubject ? 'var(--accent)' : isTransposed ? 'var(--grey-strong)' : style.color,
          // A row that bears the name of its series needs no shape to tell it.
          symbol: isTransposed || styles.length === 1 ? 'circle' : style.symbol,
          isHollow: !isTransposed && styles.length > 1 && style.isHollow,
          row,
          value: point.y,
          low: hasWhisker ? finiteOr(point.low, point.y) : point.y,
          high: hasWhisker ? finiteOr(point.high, point.y) : point.y,
          top: row + 0.1 + 0.8 * lane * share,
          bottom: row + 0.1 + 0.8 * (lane + 1) * share,
          title: `${style.series.name}, ${point.x}`,
        },
      ]
    }),
  )
  const dropped = all.length - rows.length
  const remarks = dropped > 0 ? [`Not drawn: ${formatCount(dropped)} further rows; result.json has them.`] : []
  return { rows, bars, lanes, namesItself: isTransposed, remarks }
}

function finiteOr(value: number | null | undefined, otherwise: number): number {
  return value !== null && value !== undefined && Number.isFinite(value) ? value : otherwise
}

/** From 0 where values are near it or on both sides of it, else their own range. */
function valueDomain(figure: Figure, bars: readonly Bar[]): [number, number] {
  const low = Math.min(...bars.map((bar) => bar.low))
  const high = Math.max(...bars.map((bar) => bar.high))
  const pad = high > low ? 0.04 * (high - low) : Math.max(1e-6, 0.1 * Math.abs(high))
  if (low < 0 && high > 0) return [low - pad, high + pad]
  if (isDifference(figure, bars)) return [Math.min(0, low) - pad, Math.max(0, high) + pad]
  if (high <= 0) return [low - pad, high < 0.5 * low ? high + pad : 0]
  return low > 0.5 * high ? [low - pad, high + pad] : [0, high + pad]
}

/** Differences are shown best by dots with whiskers: by their axis' name, or values on both sides of 0. */
function isDifference(figure: Figure, bars: readonly Bar[]): boolean {
  return /difference/i.test(figure.y.label) || (bars.some((bar) => bar.low < 0) && bars.some((bar) => bar.high > 0))
}

function marksOf(bar: Bar, isFromZero: boolean): Plot.Markish[] {
  const middle = (bar.top + bar.bottom) / 2
  const className = `series s${bar.style.index}`
  const title = () => bar.title
  const whisker =
    bar.high > bar.low
      ? [
          Plot.ruleY([bar], {
            y: () => middle,
            x1: 'low',
            x2: 'high',
            stroke: isFromZero ? 'var(--text)' : bar.color,
            strokeWidth: isFromZero ? 1 : 1.6,
            className,
          }),
        ]
      : []
  if (isFromZero) {
    const rect = Plot.rect([bar], {
      x1: () => 0,
      x2: 'value',
      y1: 'top',
      y2: 'bottom',
      fill: bar.color,
      className,
      title,
    })
    return [rect, ...whisker]
  }
  const dot = {
    x: 'value',
    y: () => middle,
    r: 4,
    fill: bar.isHollow ? 'var(--page)' : bar.color,
    stroke: bar.isHollow ? bar.color : 'var(--page)',
    strokeWidth: bar.isHollow ? 1.4 : 0.8,
    symbol: bar.symbol,
  }
  return [...whisker, Plot.dot([bar], { ...dot, className, title })]
}

function addRowNames(
  plot: ChartElement & PlotScales,
  document: ChartDocument,
  rows: readonly string[],
  marginLeft: number,
): void {
  const y = plot.scale('y')
  rows.forEach((name, row) => {
    const text = svgElement(
      document,
      'text',
      { class: name === 'pointsman' ? 'row-name subject' : 'row-name', x: marginLeft - 8, y: y.apply(row + 0.5) + 4 },
      shortName(name, 36),
    )
    text.append(svgElement(document, 'title', {}, name))
    plot.append(text)
  })
}
