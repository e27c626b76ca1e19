export type OnboardingErrorCode =
  /** A cap in money was given, and the LLM has no price by which a call could be kept below it. */
  | 'unknown_price'
  /** No probe of the set can be asked of this LLM and graded here. */
  | 'no_usable_probe'
  /** The LLM is being probed already. */
  | 'already_running'

/** An onboarding that cannot begin. The message says what to do. */
export class OnboardingError extends Error {
  override readonly name = 'OnboardingError'
  readonly code: OnboardingErrorCode

  constructor(code: OnboardingErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
