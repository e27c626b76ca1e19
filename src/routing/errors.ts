/** Faults the domain knows. Callers switch on `code`; an error knows no HTTP status. */
export type RoutingErrorCode =
  | 'no_admissible_llm'
  | 'unknown_llm'
  | 'invalid_preference'
  | 'invalid_option'
  | 'dimension_mismatch'
  | 'not_finite'
  | 'embedder_mismatch'
  | 'unknown_snapshot_format'

export class RoutingError extends Error {
  override readonly name: string = 'RoutingError'
  readonly code: RoutingErrorCode
  /** The request field or option at fault, where there is one. */
  readonly param: string | undefined

  constructor(
    code: RoutingErrorCode,
    message: string,
    options: { readonly param?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.param = options.param
  }
}

/** @throws {RoutingError} `dimension_mismatch` when `actual` is not `expected`. */
export function requireDimension(what: string, actual: number, expected: number): void {
  if (actual !== expected) {
    throw new RoutingError('dimension_mismatch', `${what} has ${actual} entries, expected ${expected}`)
  }
}
