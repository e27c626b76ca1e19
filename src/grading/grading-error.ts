export type GradingErrorCode =
  /** The specification of a grader is not one. */
  | 'invalid_grader'
  /** It runs what answers say, or a user's command, and nobody switched that on. */
  | 'grader_disabled'
  /** What it needs is not there: a database, a command, a judge. */
  | 'grader_unavailable'
  /** It ran and did not come to a grade. */
  | 'not_graded'

/** An answer that could not be graded; says nothing of its quality. */
export class GradingError extends Error {
  override readonly name = 'GradingError'
  readonly code: GradingErrorCode

  constructor(code: GradingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
