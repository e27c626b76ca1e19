/** Faults of an upstream call. */
export type ProviderErrorCode =
  /** No connection, so that nothing was sent: refused, no route, DNS, TLS. */
  | 'upstream_unreachable'
  /** A deadline of ours passed. */
  | 'upstream_timeout'
  /** 429. */
  | 'upstream_rate_limited'
  /** 5xx and 529. */
  | 'upstream_failed'
  /** 401 or 403: our credentials, not the caller's. */
  | 'upstream_auth'
  /** Another 4xx: the upstream refuses this request; the caller can mend it. */
  | 'upstream_rejected'
  /** 4xx that says the prompt is too long for this LLM. */
  | 'upstream_context_length'
  /** Not the JSON or event stream that its API promises. */
  | 'upstream_invalid_response'
  /**
   * The connection broke after the request was sent, or the answer broke off: end of stream without its closing event,
   * fewer bytes than announced.
   */
  | 'upstream_cut'
  /** More bytes than we accept. */
  | 'upstream_too_large'
  /** The breaker of this LLM is open. */
  | 'upstream_unavailable'
  /** The caller left, or the process is closing. */
  | 'aborted'

const billableByCode: Record<ProviderErrorCode, boolean> = {
  upstream_unreachable: false,
  upstream_timeout: true,
  upstream_rate_limited: false,
  // The vendors we know bill tokens of an answer; a 5xx before any content has none.
  upstream_failed: false,
  upstream_auth: false,
  upstream_rejected: false,
  upstream_context_length: false,
  upstream_invalid_response: true,
  upstream_cut: true,
  upstream_too_large: true,
  upstream_unavailable: false,
  // An upstream whose caller left may finish the answer all the same, and bill it.
  aborted: true,
}

/**
 * Whether an attempt that ended with `code` before its first content event may be on the bill. Not to be asked of an
 * attempt that had begun to answer: what it said is billed, whatever ended it.
 */
export function mayHaveBeenBilled(code: ProviderErrorCode): boolean {
  return billableByCode[code]
}

export class ProviderError extends Error {
  override readonly name = 'ProviderError'
  readonly code: ProviderErrorCode
  /** The upstream's HTTP status, where it answered. */
  readonly upstreamStatus: number | undefined
  /** A second try of the same call may work and cannot have been billed. */
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined
  /** Says nothing of the upstream's health: the time ran out on our side of the call, or the LLM failed at this prompt. */
  readonly inconclusive: boolean
  /** The upstream's own `error` object, for the caller; never holds our credentials. */
  readonly upstreamError: { readonly [field: string]: unknown } | undefined

  constructor(
    code: ProviderErrorCode,
    message: string,
    options: {
      readonly upstreamStatus?: number | undefined
      readonly retryable?: boolean
      readonly retryAfterMs?: number | undefined
      readonly inconclusive?: boolean
      readonly upstreamError?: { readonly [field: string]: unknown } | undefined
      readonly cause?: unknown
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.upstreamStatus = options.upstreamStatus
    this.retryable = options.retryable ?? false
    this.retryAfterMs = options.retryAfterMs
    this.inconclusive = options.inconclusive ?? false
    this.upstreamError = options.upstreamError
  }
}
