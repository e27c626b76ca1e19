import type { CostQualityPoint } from '../routing/decision/cost-quality-hull.ts'
import type { EvaluationResult, Figure, FigureSeries, ResultRow } from './evaluation-result.ts'

/**
 * The same result for storage: curves and lines of at most `mostPoints` points (those kept that change their shape
 * most), metrics and points that are not finite left out.
 */
export function compactResult(result: EvaluationResult, mostPoints: number): EvaluationResult {
  return {
    ...result,
    results: result.results.map((row) => compactRow(row, mostPoints)),
    figures: result.figures.map((figure) => compactFigure(figure, mostPoints)),
  }
}

/**
 * At most `mostPoints` of the points, in their order: the one whose triangle with its neighbours is smallest goes first
 * (Visvalingam and Whyatt 1993), with both axes scaled to the curve's extent. The ends always stay.
 */
export function thinPoints<P>(
  points: readonly P[],
  mostPoints: number,
  x: (point: P) => number,
  y: (point: P) => number,
): readonly P[] {
  if (points.length <= Math.max(2, mostPoints)) return points
  const width = extent(points.map(x))
  const height = extent(points.map(y))
  const kept = points.map((point) => ({ point, x: x(point) / width, y: y(point) / height }))
  while (kept.length > Math.max(2, mostPoints)) {
    let least = 1
    let leastArea = Number.POSITIVE_INFINITY
    for (let i = 1; i + 1 < kept.length; i++) {
      const [a, b, c] = [kept[i - 1]!, kept[i]!, kept[i + 1]!]
      const area = Math.abs((b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y))
      if (area < leastArea) [least, leastArea] = [i, area]
    }
    kept.splice(least, 1)
  }
  return kept.map((entry) => entry.point)
}

function compactRow(row: ResultRow, mostPoints: number): ResultRow {
  const known = Object.entries(row.metrics).filter(([, interval]) => Number.isFinite(interval.mean))
  const curve = row.curve.filter((point) => Number.isFinite(point.costUsd) && Number.isFinite(point.quality))
  const cost = (point: CostQualityPoint): number => point.costUsd
  const quality = (point: CostQualityPoint): number => point.quality
  return { ...row, metrics: Object.fromEntries(known), curve: thinPoints(curve, mostPoints, cost, quality) }
}

function compactFigure(figure: Figure, mostPoints: number): Figure {
  return { ...figure, series: figure.series.map((series) => compactSeries(figure, series, mostPoints)) }
}

function compactSeries(figure: Figure, series: FigureSeries, mostPoints: number): FigureSeries {
  const points = series.points.filter((point) => Number.isFinite(point.y) && !Number.isNaN(point.x))
  const isLine = figure.kind === 'curves' && points.every((point) => typeof point.x === 'number')
  if (!isLine || series.role === 'point') return { ...series, points }
  const place = figure.x.scale === 'log' ? Math.log : (value: number) => value
  return {
    ...series,
    points: thinPoints(
      points,
      mostPoints,
      (point) => place(Number(point.x)),
      (point) => point.y,
    ),
  }
}

function extent(values: readonly number[]): number {
  const finite = values.filter(Number.isFinite)
  return Math.max(...finite) - Math.min(...finite) || 1
}
