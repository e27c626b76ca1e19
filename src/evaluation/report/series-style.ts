import type { Figure, FigureSeries } from '../evaluation-result.ts'

/** How one series of a figure looks; colours are CSS variables, so that dark mode and print choose their own. */
export interface SeriesStyle {
  readonly series: FigureSeries
  /** Place in the figure; ties the mark to its legend entry. */
  readonly index: number
  readonly color: string
  readonly width: number
  /** SVG dash pattern; undefined for a solid line. */
  readonly dash: string | undefined
  /** Named beside the mark, not only in the legend. */
  readonly isLabelled: boolean
  /** Drawn above the others. */
  readonly rank: number
}

const paletteSize = 7
/** Up to so many series all get a colour and a label. */
const fewSeries = 7
const labelledBaselines = 3

/**
 * One look per role: Pointsman in the accent colour and on top, other routers in colours, baselines grey with the best
 * few labelled, bounds dashed and dotted. Where there are few series, all are coloured.
 */
export function styleSeries(figure: Figure): SeriesStyle[] {
  const drawn = figure.series.filter((series) => series.role !== 'hull' && series.role !== 'oracle')
  const lines = drawn.filter((series) => series.role !== 'point')
  const isSmall = lines.length <= fewSeries
  const best = new Set(
    lines
      .filter((series) => series.role === 'baseline')
      .sort((a, b) => meanOf(b) - meanOf(a))
      .slice(0, labelledBaselines),
  )
  let used = 0
  const nextColor = (): string => `var(--series-${(used++ % paletteSize) + 1})`
  return figure.series.map((series, index) => {
    const common = { series, index, dash: undefined, isLabelled: isSmall }
    if (series.role === 'pointsman') return { ...common, color: 'var(--accent)', width: 2.6, isLabelled: true, rank: 5 }
    if (series.role === 'hull') {
      return { ...common, color: 'var(--text-soft)', width: 1.5, dash: '6 4', isLabelled: true, rank: 3 }
    }
    if (series.role === 'oracle') {
      return { ...common, color: 'var(--text-soft)', width: 1.5, dash: '1.5 3', isLabelled: true, rank: 1 }
    }
    if (series.role === 'point') return { ...common, color: 'var(--text-soft)', width: 1, isLabelled: true, rank: 2 }
    const isColored = isSmall || (series.role === 'router' && used < paletteSize)
    const color = isColored ? nextColor() : best.has(series) ? 'var(--grey-strong)' : 'var(--grey)'
    const dash = series.role === 'reference' ? '4 3' : undefined
    const isLabelled = isSmall || isColored || best.has(series)
    return {
      ...common,
      color,
      width: isColored ? 1.8 : 1.2,
      dash,
      isLabelled,
      rank: isColored ? 4 : best.has(series) ? 2 : 0,
    }
  })
}

function meanOf(series: FigureSeries): number {
  const values = series.points.map((point) => point.y).filter(Number.isFinite)
  return values.length === 0 ? Number.NEGATIVE_INFINITY : values.reduce((sum, value) => sum + value, 0) / values.length
}
