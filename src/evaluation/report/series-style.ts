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
  /** Whether its points are marked where they are few; bounds and references have none. */
  readonly hasDots: boolean
  /** Of a dot; series differ by it where colours run out and there are no lines to be dashed. */
  readonly symbol: 'circle' | 'square' | 'diamond' | 'triangle' | 'cross' | 'star'
  /** Whether the dot is an outline, as those of references are. */
  readonly isHollow: boolean
  /** Drawn above the others. */
  readonly rank: number
}

/** Tell apart several lines of Pointsman's in one figure. */
const pointsmanDashes = [undefined, '7 3', '2 3', '10 3 2 3'] as const

const paletteSize = 7
/** Of series that are neither bounds nor markers; the diamond is the oracle's. */
const symbols = ['square', 'triangle', 'cross', 'star', 'circle'] as const
/** Up to so many series all get a colour and a label. */
const fewSeries = 7
const labelledBaselines = 3
const labelledReferences = 6

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
  const references = lines.filter((series) => series.role === 'reference')
  const namesReferences = references.length <= labelledReferences
  let used = 0
  let own = 0
  let shaped = 0
  let hollow = 0
  const nextColor = (): string => `var(--series-${(used++ % paletteSize) + 1})`
  const isBars = figure.kind === 'bars'
  return figure.series.map((series, index): SeriesStyle => {
    const common = {
      series,
      index,
      dash: undefined,
      hasDots: true,
      symbol: 'circle' as const,
      isHollow: false,
      isLabelled: isSmall,
    }
    const bound = { ...common, color: 'var(--text-soft)', hasDots: false, isLabelled: true }
    if (series.role === 'pointsman') {
      const dash = pointsmanDashes[own++ % pointsmanDashes.length]
      return { ...common, color: 'var(--accent)', width: 2.6, dash, isLabelled: true, rank: 5 }
    }
    if (series.role === 'hull') return { ...bound, symbol: 'square', width: 1.5, dash: '6 4', rank: 3 }
    if (series.role === 'oracle') {
      const color = isBars ? 'var(--grey-strong)' : bound.color
      return { ...bound, color, symbol: 'diamond', width: 1.5, dash: '1.5 3', rank: 1 }
    }
    if (series.role === 'point') {
      return {
        ...bound,
        color: isBars ? 'var(--grey)' : bound.color,
        symbol: isBars ? 'triangle' : 'circle',
        width: 1,
        rank: 2,
      }
    }
    const isColored = isSmall || (series.role === 'router' && used < paletteSize)
    const isStrong = best.has(series) || series.role === 'reference'
    const color = isColored ? nextColor() : isStrong ? 'var(--grey-strong)' : 'var(--grey)'
    const dash = series.role === 'reference' ? '4 3' : undefined
    const isLabelled = isColored || best.has(series) || (series.role === 'reference' && namesReferences)
    const rank = isColored ? 4 : best.has(series) ? 2 : 0
    const hasDots = series.role !== 'reference'
    const isHollow = series.role === 'reference'
    const symbol = symbols[(isHollow ? hollow++ : shaped++) % symbols.length]!
    return { ...common, symbol, isHollow, color, width: isColored ? 1.8 : 1.2, dash, hasDots, isLabelled, rank }
  })
}

function meanOf(series: FigureSeries): number {
  const values = series.points.map((point) => point.y).filter(Number.isFinite)
  return values.length === 0 ? Number.NEGATIVE_INFINITY : values.reduce((sum, value) => sum + value, 0) / values.length
}
