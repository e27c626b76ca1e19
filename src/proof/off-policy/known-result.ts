import type { EstimatedMean } from './clustered-mean.ts'
import type { Comparison, EstimatorResult, TargetEstimate } from './estimate-target.ts'

const unknownMean: EstimatedMean = { value: Number.NaN, low: Number.NaN, high: Number.NaN, standardError: Number.NaN }

/** What of a result may be told: where choices could not have been drawn, sums over draws leave them out and are no estimates: NaN, but of what served. */
export function knownResult({ verdict }: Pick<TargetEstimate, 'verdict'>, result: EstimatorResult): EstimatorResult {
  const isBeyond = (outcome: 'quality' | 'cost') =>
    verdict.refusals.some(({ reason, of }) => reason === 'unsupported' && of === outcome)
  const servedOnly = (comparison: Comparison | undefined) =>
    comparison && { served: comparison.served, target: unknownMean, difference: unknownMean }
  return {
    ...result,
    quality: isBeyond('quality') ? servedOnly(result.quality) : result.quality,
    costUsd: isBeyond('cost') ? servedOnly(result.costUsd) : result.costUsd,
    utility: isBeyond('quality') || isBeyond('cost') ? servedOnly(result.utility) : result.utility,
  }
}
