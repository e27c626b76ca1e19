/** A fault that its message explains in full: shown without a stack. */
export class PlainError extends Error {
  override readonly name = 'PlainError'
}

export function plainError(message: string): PlainError {
  return new PlainError(message)
}
