import * as Plot from '@observablehq/plot'
import type { Figure, FigurePoint } from '../evaluation-result.ts'
import { logTicks, tickFormat } from './axis-ticks.ts'
import { type ChartDocument, type ChartElement, createChartDocument, svgElement } from './chart-document.ts'
import { type EndLabel, type PlacedLabel, placeLabels, shortName } from './end-labels.ts'
import { formatDecimal } from './format-number.ts'
import { type SeriesStyle, styleSeries } from './series-style.ts'

/** A drawn chart and what the reader must be told about it. */
export interface Chart {
  /** SVG markup; undefined when there was nothing to draw. */
  readonly svg: string | undefined
  readonly styles: readonly SeriesStyle[]
  readonly isBars: boolean
  /** Whether the rows or labels of the chart already name what a legend would. */
  readonly namesItself: boolean
  /** Such as a bound that lies outside the frame. */
  readonly remarks: readonly string[]
}

interface Point {
  readonly x: number
  readonly y: number
  readonly low: number | undefined
  readonly high: number | undefined
}

interface DrawnSeries extends SeriesStyle {
  readonly points: readonly Point[]
}

const width = 898
const height = 430
const marginLeft = 62
const marginTop = 18
const marginBottom = 46
const labelMargin = 214
const lineHeight = 13
/** Lines of at most so many points get a dot on each. */
const fewPoints = 12
const mostBands = 4
const mostPointLabels = 12
/** Length of the straight pieces that a curve is drawn in on a logarithmic axis, and how many there may be. */
const stepOfLog = 0.12
const mostSteps = 40

/** Draws lines over a numeric axis: one per series, with bands, bounds, markers and labels at the ends. */
export function drawCurves(figure: Figure): Chart {
  const styles = styleSeries(figure)
  const drawn = styles
    .map((style) => ({ ...style, points: drawablePoints(style.series.points, figure) }))
    .filter((series) => series.points.length > 0)
  const { shown, remarks, yDomain } = chooseFrame(drawn)
  if (shown.length === 0) return { svg: undefined, styles, isBars: false, namesItself: false, remarks }
  const xs = shown.flatMap((series) => series.points.map((point) => point.x))
  const xDomain = padded(Math.min(...xs), Math.max(...xs), figure.x.scale === 'log')
  const document = createChartDocument()
  const layers = [...shown].sort((a, b) => a.rank - b.rank)
  const plot = Plot.plot({
    document: document as never,
    width,
    height,
    marginLeft,
    marginTop,
    marginBottom,
    marginRight: labelMargin,
    x: {
      type: figure.x.scale ?? 'linear',
      domain: xDomain,
      label: null,
      ticks: xTicks(figure, xs, xDomain),
      tickFormat: tickFormat(figure.x, xDomain[1] - xDomain[0]) as never,
      tickSize: 4,
    },
    y: {
      type: figure.y.scale ?? 'linear',
      domain: yDomain,
      label: null,
      grid: true,
      ticks: figure.y.scale === 'log' ? logTicks(yDomain[0], yDomain[1]) : 6,
      tickFormat: tickFormat(figure.y, yDomain[1] - yDomain[0]) as never,
      tickSize: 0,
    },
    marks: [
      Plot.ruleY([yDomain[0]], { stroke: 'var(--line)' }),
      ...bands(layers, figure),
      ...layers.flatMap((series) => marksOf(series, figure)),
    ],
  }) as unknown as ChartElement & PlotScales
  addLabels(plot, document, layers)
  addAxisTitles(plot, document, figure)
  return { svg: finish(plot), styles, isBars: false, namesItself: false, remarks }
}

/** What the charts use of a finished plot. */
export interface PlotScales {
  scale(name: 'x' | 'y'): { apply(value: number): number }
}

/** SVG markup without the style sheet that Plot puts into every chart; the page has one. */
export function finish(plot: ChartElement): string {
  for (const style of plot.querySelectorAll('style')) style.remove()
  plot.setAttribute('class', 'chart')
  return plot.outerHTML
}

/** Titles of the axes, in words, where they do not collide with ticks. */
export function addAxisTitles(
  plot: ChartElement,
  document: ChartDocument,
  figure: Figure,
  frame = { width, height },
): void {
  const right = frame.width - labelMargin
  plot.append(
    svgElement(
      document,
      'text',
      { class: 'axis-title', x: (marginLeft + right) / 2, y: frame.height - 8 },
      figure.x.label,
    ),
    svgElement(document, 'text', { class: 'axis-title y', x: 4, y: 9 }, figure.y.label),
  )
}

function drawablePoints(points: readonly FigurePoint[], figure: Figure): Point[] {
  const isDrawable = (value: number, scale: string | undefined): boolean =>
    Number.isFinite(value) && (scale !== 'log' || value > 0)
  return points
    .map((point) => ({ x: Number(point.x), y: point.y, low: finite(point.low), high: finite(point.high) }))
    .filter((point) => isDrawable(point.x, figure.x.scale) && isDrawable(point.y, figure.y.scale))
    .sort((a, b) => a.x - b.x)
}

function finite(value: number | null | undefined): number | undefined {
  return value !== null && value !== undefined && Number.isFinite(value) ? value : undefined
}

/**
 * The vertical frame. An oracle far above everything would flatten what the chart is for: it is left out and said.
 */
function chooseFrame(drawn: readonly DrawnSeries[]): {
  readonly shown: readonly DrawnSeries[]
  readonly remarks: readonly string[]
  readonly yDomain: readonly [number, number]
} {
  const values = (series: readonly DrawnSeries[]): number[] =>
    series.flatMap(({ points, rank }) =>
      points.flatMap(({ y, low, high }) => (rank >= 4 ? [y, low ?? y, high ?? y] : [y])),
    )
  const routed = drawn.filter((series) => series.series.role !== 'oracle')
  const core = routed.length > 0 ? routed : drawn
  const [low, high] = range(values(core))
  const [allLow, allHigh] = range(values(drawn))
  const isFlattened = core !== drawn && allHigh - allLow > 2 * (high - low) && high > low
  if (!isFlattened) return { shown: drawn, remarks: [], yDomain: padded(allLow, allHigh, false) }
  const remarks = drawn
    .filter((series) => series.series.role === 'oracle')
    .map((series) => {
      const [from, to] = range(values([series])).map((value) => formatDecimal(value, 4))
      const where = from === to ? `at ${to}` : `between ${from} and ${to}`
      return `Outside the frame: ${series.series.name}, ${where}.`
    })
  return { shown: core, remarks, yDomain: padded(low, high, false) }
}

function range(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)]
}

function padded(low: number, high: number, isLog: boolean): [number, number] {
  if (isLog) return low === high ? [low / 2, high * 2] : [low, high]
  const pad = high > low ? 0.03 * (high - low) : Math.max(1e-6, 0.05 * Math.abs(high))
  return [low - pad, high + pad]
}

function xTicks(figure: Figure, xs: readonly number[], domain: readonly [number, number]): number[] | number {
  const distinct = [...new Set(xs)].sort((a, b) => a - b)
  if (distinct.length <= 8 && (figure.x.scale === 'log' || distinct.every(Number.isInteger))) return distinct
  return figure.x.scale === 'log' ? logTicks(domain[0], domain[1]) : 7
}

function className(series: SeriesStyle): string {
  return `series s${series.index}`
}

function bands(layers: readonly DrawnSeries[], figure: Figure): Plot.Markish[] {
  const banded = layers.filter(
    (series) => series.rank >= 4 && series.points.length > 1 && series.points.some((point) => point.low !== undefined),
  )
  const chosen = banded.length <= mostBands ? banded : banded.filter((series) => series.series.role === 'pointsman')
  return chosen.map((series) =>
    Plot.areaY(drawnPoints(series.points, figure), {
      x: 'x',
      y1: (point: Point) => point.low ?? point.y,
      y2: (point: Point) => point.high ?? point.y,
      fill: series.color,
      fillOpacity: 0.13,
      className: className(series),
    }),
  )
}

function marksOf(series: DrawnSeries, figure: Figure): Plot.Markish[] {
  const title = () => series.series.name
  const points = series.points as Point[]
  const common = { x: 'x', y: 'y', title, className: className(series) }
  const dot = (radius: number) =>
    Plot.dot(points, {
      ...common,
      r: radius,
      symbol: series.symbol,
      fill: series.color,
      stroke: 'var(--page)',
      strokeWidth: 0.8,
    })
  if (series.series.role === 'point') return [dot(3.6)]
  if (points.length === 1) return [dot(4)]
  const line = Plot.line(drawnPoints(points, figure), {
    ...common,
    stroke: series.color,
    strokeWidth: series.width,
    ...(series.dash === undefined ? {} : { strokeDasharray: series.dash }),
  })
  return points.length <= fewPoints && series.hasDots ? [line, dot(2.4)] : [line]
}

/** Between two points of a deferral curve lie their mixtures, which are straight in cost, not in its logarithm. */
function drawnPoints(points: readonly Point[], figure: Figure): Point[] {
  return figure.x.scale === 'log' && figure.x.unit === 'usd' ? withMixtures(points) : [...points]
}

/** The points with those between them that keep the line straight in x on a logarithmic axis. */
function withMixtures(points: readonly Point[]): Point[] {
  return points.flatMap((point, index) => {
    const next = points[index + 1]
    if (next === undefined || next.x <= point.x) return [point]
    const steps = Math.min(mostSteps, Math.ceil(Math.log(next.x / point.x) / stepOfLog))
    return Array.from({ length: steps }, (_, step) => {
      const x = point.x * (next.x / point.x) ** (step / steps)
      const share = (x - point.x) / (next.x - point.x)
      const between = (left: number, right: number): number => left + share * (right - left)
      return {
        x,
        y: between(point.y, next.y),
        low: between(point.low ?? point.y, next.low ?? next.y),
        high: between(point.high ?? point.y, next.high ?? next.y),
      }
    })
  })
}

function addLabels(plot: ChartElement & PlotScales, document: ChartDocument, layers: readonly DrawnSeries[]): void {
  const [x, y] = [plot.scale('x'), plot.scale('y')]
  const labels = layers
    .filter((series) => series.isLabelled && series.series.role !== 'point')
    .map((series): EndLabel => {
      const last = series.points.at(-1)!
      const place = { x: x.apply(last.x), y: y.apply(last.y) }
      return { ...place, text: series.series.name, color: series.color, className: className(series) }
    })
  const right = width - labelMargin
  for (const label of placeLabels(labels, lineHeight, marginTop + 4, height - marginBottom)) {
    plot.append(...labelElements(document, label, right))
  }
  addPointLabels(plot, document, layers)
}

function labelElements(document: ChartDocument, label: PlacedLabel, right: number): ChartElement[] {
  const leader = svgElement(document, 'path', {
    class: `leader ${label.className}`,
    d: `M${round(label.x + 4)},${round(label.y)}L${right + 4},${round(label.y)}L${right + 16},${round(label.placedY)}`,
  })
  const text = svgElement(
    document,
    'text',
    { class: `end-label ${label.className}`, x: right + 20, y: round(label.placedY + 4), fill: label.color },
    shortName(label.text, 30),
  )
  return [leader, text]
}

/** Names of markers where they fit: those further up first, none over another. */
function addPointLabels(
  plot: ChartElement & PlotScales,
  document: ChartDocument,
  layers: readonly DrawnSeries[],
): void {
  const [x, y] = [plot.scale('x'), plot.scale('y')]
  const boxes: TextBox[] = []
  const markers = layers
    .filter((series) => series.series.role === 'point')
    .flatMap((series) => series.points.map((point) => ({ series, left: x.apply(point.x), y: y.apply(point.y) })))
    .sort((a, b) => a.y - b.y)
  for (const marker of markers) {
    if (boxes.length >= mostPointLabels) return
    const text = shortName(marker.series.series.name, 22)
    const length = 5.6 * text.length
    const box = [marker.left + 6, marker.left - 6 - length]
      .map((left) => ({ left, right: left + length, y: marker.y }))
      .find((place) => place.left > marginLeft && place.right < width - labelMargin && isFree(place, boxes))
    if (box === undefined) continue
    boxes.push(box)
    const attributes = {
      class: `point-label ${className(marker.series)}`,
      x: round(box.left),
      y: round(marker.y + 3.5),
    }
    plot.append(svgElement(document, 'text', attributes, text))
  }
}

interface TextBox {
  readonly left: number
  readonly right: number
  readonly y: number
}

function isFree(box: TextBox, taken: readonly TextBox[]): boolean {
  return taken.every((other) => Math.abs(other.y - box.y) > 11 || other.left > box.right || other.right < box.left)
}

function round(value: number): number {
  return Math.round(10 * value) / 10
}
