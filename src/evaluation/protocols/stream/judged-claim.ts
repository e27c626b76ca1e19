import type { Finding } from '../../evaluation-result.ts'
import type { Measured } from './measured.ts'

/** A claim with the figure that must lie above 0 for it to hold; what the verdict is, all claims together decide. */
export interface JudgedClaim extends Omit<Finding, 'verdict'> {
  readonly figure: Measured
}
