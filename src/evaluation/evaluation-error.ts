/**
 * `unfit_data`: the data do not allow the protocol; the message says what is missing. `unknown_policy`: a name that the
 * protocol does not evaluate. `invalid_option`: an option out of range. `worker_failed`: a unit of work failed.
 * `unreadable_result`: a `result.json` that is not one of a format this version reads.
 */
export type EvaluationErrorCode =
  | 'unfit_data'
  | 'unknown_policy'
  | 'invalid_option'
  | 'worker_failed'
  | 'unreadable_result'

export class EvaluationError extends Error {
  override readonly name = 'EvaluationError'
  readonly code: EvaluationErrorCode

  constructor(code: EvaluationErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}
