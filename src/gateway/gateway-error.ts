/** Faults that the gateway itself finds, before or beside routing and the upstream call. */
export type GatewayErrorCode =
  | 'invalid_json'
  | 'invalid_request'
  | 'unsupported_media_type'
  | 'body_too_large'
  | 'headers_too_large'
  | 'malformed_http'
  | 'request_timeout'
  | 'unknown_path'
  | 'method_not_allowed'
  | 'unknown_host'
  | 'cross_site_request'
  | 'missing_api_key'
  | 'invalid_api_key'
  | 'insufficient_scope'
  | 'model_not_found'
  | 'unknown_decision'
  | 'unknown_policy'
  | 'unknown_probe_run'
  /** The rollout of policy versions cannot change that way now. */
  | 'rollout_refused'
  | 'unknown_feedback'
  /** What the API has and this gateway has not. */
  | 'unsupported_parameter'
  | 'response_not_found'
  | 'previous_response_not_found'
  | 'no_answer_yet'
  | 'too_many_labels'
  | 'too_many_concurrent_requests'
  | 'budget_exhausted'
  | 'overloaded'
  | 'shutting_down'
  | 'store_unavailable'
  /** Thrown by `listen`: beyond loopback a key is required. */
  | 'key_required'

export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly code: GatewayErrorCode
  /** The request field at fault, as a path such as `messages[0].role`. */
  readonly param: string | undefined
  readonly retryAfterMs: number | undefined
  /** The method that would have been right. */
  readonly allow: string | undefined
  /** What Anthropic's clients act on beside the type of an error: `error.details` of its envelope. */
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(
    code: GatewayErrorCode,
    message: string,
    options: {
      readonly param?: string
      readonly retryAfterMs?: number
      readonly allow?: string
      readonly details?: Readonly<Record<string, unknown>>
      readonly cause?: unknown
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.param = options.param
    this.retryAfterMs = options.retryAfterMs
    this.allow = options.allow
    this.details = options.details
  }
}
