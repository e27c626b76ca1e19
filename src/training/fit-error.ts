/** `too_few_prompts`: cross-validation has nothing to hold out. `no_llm`: no LLM has enough labels. */
export type FitErrorCode = 'too_few_prompts' | 'no_llm'

/** The data cannot be fitted. The message says what is missing. */
export class FitError extends Error {
  override readonly name = 'FitError'
  readonly code: FitErrorCode

  constructor(code: FitErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
