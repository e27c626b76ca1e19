import type { EvaluationResult } from '../evaluation-result.ts'

/** A stored result and the set it belongs to, as its folder is called. */
export interface StoredResult {
  readonly set: string
  readonly result: EvaluationResult
}
