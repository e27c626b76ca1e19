import { isJsonObject, type JsonObject } from '../providers/chat-provider.ts'
import { ProviderError, type ProviderErrorCode } from '../providers/provider-error.ts'
import { RoutingError, type RoutingErrorCode } from '../routing/errors.ts'
import { GatewayError, type GatewayErrorCode } from './gateway-error.ts'

/** OpenAI's error envelope. */
export interface ErrorBody {
  readonly error: {
    readonly message: string
    readonly type: string
    readonly param: string | null
    readonly code: string | null
  }
}

/** Anthropic's error envelope. */
export interface AnthropicErrorBody {
  readonly type: 'error'
  readonly error: {
    readonly type: string
    readonly message: string
    readonly details?: Readonly<Record<string, unknown>>
  }
  readonly request_id: string
}

/** Whose envelope an error goes out in: chat completions, Responses and all our own paths share OpenAI's. */
export type ErrorDialect = 'openai' | 'anthropic'

/** A fault as it goes over the wire. */
export interface ErrorResponse<Body = ErrorBody> {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body
}

export type KnownCode = RoutingErrorCode | ProviderErrorCode | GatewayErrorCode
type KnownError = RoutingError | ProviderError | GatewayError

const invalid = 'invalid_request_error'
const server = 'server_error'

/** Every code of the three unions: its status, its OpenAI type and, where OpenAI has its own word for it, that code. */
const httpByCode: Record<KnownCode, readonly [status: number, type: string, code?: string]> = {
  // 400 as a vendor answers what its model cannot take; LangChain sends a 422 again and again.
  no_admissible_llm: [400, invalid],
  unknown_llm: [404, invalid, 'model_not_found'],
  invalid_preference: [400, invalid],
  invalid_option: [500, server],
  dimension_mismatch: [500, server],
  not_finite: [500, server],
  embedder_mismatch: [500, server],
  unknown_snapshot_format: [500, server],

  upstream_unreachable: [502, server],
  upstream_timeout: [504, server],
  upstream_rate_limited: [429, 'rate_limit_error'],
  upstream_failed: [502, server],
  upstream_auth: [502, server],
  upstream_rejected: [400, invalid],
  upstream_context_length: [400, invalid, 'context_length_exceeded'],
  upstream_invalid_response: [502, server],
  upstream_cut: [502, server],
  upstream_too_large: [502, server],
  upstream_unavailable: [503, server],
  // Nobody reads this answer; the status is for logs and metrics.
  aborted: [499, server],

  invalid_json: [400, invalid],
  invalid_request: [400, invalid],
  unsupported_media_type: [415, invalid],
  body_too_large: [413, invalid],
  headers_too_large: [431, invalid],
  malformed_http: [400, invalid],
  request_timeout: [408, invalid],
  unknown_path: [404, invalid],
  method_not_allowed: [405, invalid],
  unknown_host: [421, invalid],
  cross_site_request: [403, invalid],
  missing_api_key: [401, 'authentication_error'],
  invalid_api_key: [401, 'authentication_error'],
  insufficient_scope: [403, 'permission_error'],
  model_not_found: [404, invalid],
  unknown_decision: [404, invalid],
  unknown_policy: [404, invalid],
  unknown_probe_run: [404, invalid],
  rollout_refused: [409, invalid],
  unknown_feedback: [404, invalid],
  unsupported_parameter: [400, invalid],
  response_not_found: [404, invalid],
  previous_response_not_found: [400, invalid],
  no_answer_yet: [409, invalid],
  too_many_labels: [409, invalid],
  too_many_concurrent_requests: [429, 'rate_limit_error'],
  budget_exhausted: [429, 'insufficient_quota'],
  overloaded: [503, server],
  shutting_down: [503, server],
  store_unavailable: [503, server],
  key_required: [500, server],
}

/** Every error as the reference lists it, in the table's order. */
export function describeErrors(): readonly {
  readonly code: KnownCode
  /** In the body's `error.code`. */
  readonly wireCode: string
  readonly status: number
  readonly type: string
  /** `error.type` in Anthropic's envelope. */
  readonly anthropicType: string
}[] {
  return (Object.keys(httpByCode) as KnownCode[]).map((code) => {
    const [status, type, word] = httpByCode[code]
    const wireCode = hiddenCodes.has(code) ? 'internal_error' : (word ?? code)
    return { code, wireCode, status, type, anthropicType: anthropicType(status) }
  })
}

/** Our own bug in the making: the message may hold internals, so that the caller gets a request id only. */
const hiddenCodes: ReadonlySet<KnownCode> = new Set<KnownCode>([
  'invalid_option',
  'dimension_mismatch',
  'not_finite',
  'embedder_mismatch',
  'unknown_snapshot_format',
  'key_required',
])

/** The only place that builds an error body. Anything that is not one of our errors is a 500 with the request id. */
export function toErrorResponse(error: unknown, requestId: string): ErrorResponse {
  if (!isKnownError(error) || hiddenCodes.has(error.code)) {
    return {
      status: 500,
      headers: {},
      body: envelope(`Internal error; the log has more under request id ${requestId}`, server, null, 'internal_error'),
    }
  }
  const [status, type, code] = httpByCode[error.code]
  const known = envelope(error.message, type, 'param' in error ? error.param : undefined, code ?? error.code)
  if (error instanceof ProviderError) return fromProviderError(error, status, known)
  return { status, headers: errorHeaders(error, status), body: known }
}

/** The same in the envelope of a dialect. */
export function toErrorResponseIn(
  dialect: ErrorDialect,
  error: unknown,
  requestId: string,
): ErrorResponse<ErrorBody | AnthropicErrorBody> {
  const response = toErrorResponse(error, requestId)
  if (dialect === 'openai') return response
  const { headers, body } = response
  // Its own word for an upstream that has no room, which its clients know; other callers hear of a failed upstream.
  const isFull = error instanceof ProviderError && error.upstreamStatus === 529
  const status = isFull ? 529 : response.status
  const details = detailsOf(error)
  return {
    status,
    headers,
    body: {
      type: 'error',
      error: {
        type: anthropicType(status),
        message: body.error.message,
        ...(details === undefined ? {} : { details }),
      },
      request_id: requestId,
    },
  }
}

/** An upstream's only of what the caller can mend: other errors speak of our account. Its secrets are blacked out in them. */
function detailsOf(error: unknown): JsonObject | undefined {
  if (error instanceof GatewayError) return error.details
  if (!(error instanceof ProviderError)) return undefined
  if (error.code !== 'upstream_rejected' && error.code !== 'upstream_context_length') return undefined
  const details = error.upstreamError?.details
  return isJsonObject(details) ? details : undefined
}

/** Anthropic's word for a status: docs.claude.com, API errors. */
function anthropicType(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error'
    case 402:
      return 'billing_error'
    case 403:
      return 'permission_error'
    case 404:
      return 'not_found_error'
    case 413:
      return 'request_too_large'
    case 429:
      return 'rate_limit_error'
    case 503:
    case 529:
      return 'overloaded_error'
    case 504:
      return 'timeout_error'
    default:
      return status < 500 ? 'invalid_request_error' : 'api_error'
  }
}

/** Whether a fault is worth an error line in the log: ours, not the caller's and not an upstream's. */
export function isInternalError(error: unknown): boolean {
  return !isKnownError(error) || hiddenCodes.has(error.code)
}

function isKnownError(error: unknown): error is KnownError {
  return error instanceof RoutingError || error instanceof ProviderError || error instanceof GatewayError
}

/** A request that the upstream refused goes back in its own words and, for a 4xx, with its own status. */
function fromProviderError(error: ProviderError, status: number, known: ErrorBody): ErrorResponse {
  if (error.code !== 'upstream_rejected' && error.code !== 'upstream_context_length') {
    return { status, headers: errorHeaders(error, status), body: known }
  }
  const upstream = error.upstreamError
  const upstreamStatus = error.upstreamStatus
  const own = upstreamStatus !== undefined && upstreamStatus >= 400 && upstreamStatus < 500
  const told = own ? upstreamStatus : status
  return {
    status: told,
    headers: errorHeaders(error, told),
    body: envelope(
      textOr(upstream?.message, known.error.message),
      textOr(upstream?.type, known.error.type),
      typeof upstream?.param === 'string' ? upstream.param : undefined,
      error.code === 'upstream_context_length'
        ? 'context_length_exceeded'
        : textOr(upstream?.code, 'upstream_rejected'),
    ),
  }
}

function errorHeaders(error: KnownError, status: number): Record<string, string> {
  const headers: Record<string, string> = {}
  if (status === 401) headers['www-authenticate'] = 'Bearer'
  if (error instanceof GatewayError && error.allow !== undefined) headers.allow = error.allow
  if (isLasting(error, status)) headers['x-should-retry'] = 'false'
  if (status !== 429 && status !== 503) return headers
  const waitMs = ('retryAfterMs' in error ? error.retryAfterMs : undefined) ?? 1_000
  headers['retry-after'] = String(Math.max(1, Math.ceil(waitMs / 1_000)))
  headers['retry-after-ms'] = String(Math.max(1, Math.ceil(waitMs)))
  return headers
}

/**
 * The same request would fail again, however often it is sent. Official clients heed it; without it Claude Code tries again for
 * minutes before it tells of a wrong key, and anybody until midnight where a budget is used up.
 */
function isLasting(error: KnownError, status: number): boolean {
  if (error.code === 'budget_exhausted' || error.code === 'upstream_auth') return true
  return status >= 400 && status < 500 && status !== 408 && status !== 409 && status !== 429
}

function envelope(message: string, type: string, param: string | null | undefined, code: string): ErrorBody {
  return { error: { message, type, param: param ?? null, code } }
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value.length > 0 ? value : otherwise
}
