import type { Clock } from '../../routing/clock.ts'
import { isJsonObject, type JsonObject } from '../chat-provider.ts'
import { ProviderError, type ProviderErrorCode } from '../provider-error.ts'

export type ResponseHeaders = { readonly [name: string]: string | readonly string[] | undefined }

/** How each upstream says that a prompt does not fit; OpenAI's `code` is not used by all. */
const contextLengthWords =
  /maximum (?:context|prompt) length|context (?:length|window)|prompt is too long|too many (?:input )?tokens|token count .*exceeds|`max_new_tokens` must be|reduce the length/i

/** Statuses that say the call was not worked on. */
const unbilledStatuses = new Set([429, 503, 529])

const errorCharsShown = 300

/** Turns what one upstream did wrong into a {@link ProviderError}, with that upstream's secrets blacked out. */
export class UpstreamErrors {
  readonly #name: string
  readonly #secrets: readonly string[]
  readonly #clock: Clock

  /** @param secrets strings that must not appear in any error, such as the API key. */
  constructor(name: string, secrets: readonly string[], clock: Clock) {
    this.#name = name
    this.#secrets = secrets.filter((secret) => secret.length > 0)
    this.#clock = clock
  }

  /** An answer whose status is not 200. `bodyText` may be anything. */
  fromResponse(status: number, headers: ResponseHeaders, bodyText: string): ProviderError {
    return this.#fromErrorObject(status, errorObjectOf(bodyText), retryAfterMs(headers, this.#clock.now()))
  }

  /** An error object in an answer that began with status 200: its code, if numeric, stands for the status. */
  fromErrorObject(error: unknown): ProviderError {
    const object = typeof error === 'string' ? { message: error } : isJsonObject(error) ? error : {}
    const status = Number(object.code)
    return this.#fromErrorObject(status >= 400 && status < 600 ? status : statusOfType(object), object, undefined)
  }

  /** Something that the HTTP client threw. `begun`: response headers had arrived, so that the call may be billed. */
  fromTransport(cause: unknown, begun: boolean, signal: AbortSignal): ProviderError {
    if (cause instanceof ProviderError) return cause
    if (signal.aborted) return new ProviderError('aborted', `The call to ${this.#name} was aborted`, { cause })
    const code = isJsonObject(cause) && typeof cause.code === 'string' ? cause.code : ''
    if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
      return new ProviderError('aborted', `The connection to ${this.#name} was closed on our side`, { cause })
    }
    if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
      return new ProviderError('upstream_timeout', `${this.#name} sent nothing for too long`, { cause })
    }
    if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW') {
      return this.invalid(`${this.#name} does not speak proper HTTP (${code})`, cause)
    }
    const detail = code === '' ? '' : ` (${code})`
    if (begun) return new ProviderError('upstream_cut', `${this.#name} broke off its answer${detail}`, { cause })
    return new ProviderError('upstream_unreachable', `${this.#name} cannot be reached${detail}`, {
      retryable: true,
      cause,
    })
  }

  invalid(message: string, cause?: unknown): ProviderError {
    return new ProviderError('upstream_invalid_response', message, cause === undefined ? {} : { cause })
  }

  #fromErrorObject(status: number, raw: JsonObject | undefined, waitMs: number | undefined): ProviderError {
    const error = raw === undefined ? undefined : this.#redact(raw)
    const code = codeOf(status, error)
    // An account problem is ours: nothing in its text helps the caller, and some upstreams quote part of the key.
    const shown = code === 'upstream_auth' ? undefined : error
    const said = typeof shown?.message === 'string' ? `: ${shown.message.slice(0, errorCharsShown)}` : ''
    return new ProviderError(code, `${this.#name} answered ${status}${said}`, {
      upstreamStatus: status,
      retryable: unbilledStatuses.has(status) && !isQuotaSpent(error),
      retryAfterMs: waitMs,
      upstreamError: shown,
    })
  }

  #redact(error: JsonObject): JsonObject {
    let json = JSON.stringify(error)
    for (const secret of this.#secrets) json = json.replaceAll(JSON.stringify(secret).slice(1, -1), '[redacted]')
    return JSON.parse(json) as JsonObject
  }
}

function codeOf(status: number, error: JsonObject | undefined): ProviderErrorCode {
  if (status === 429) return 'upstream_rate_limited'
  if (status === 408) return 'upstream_timeout'
  if (status === 401 || status === 402) return 'upstream_auth'
  // OpenRouter refuses flagged prompts with 403 and says why; every other 403 is about the key.
  if (status === 403) return isJsonObject(error?.metadata) ? 'upstream_rejected' : 'upstream_auth'
  if (status >= 400 && status < 500) return saysTooLong(error) ? 'upstream_context_length' : 'upstream_rejected'
  if (status >= 500) return 'upstream_failed'
  return 'upstream_invalid_response'
}

function saysTooLong(error: JsonObject | undefined): boolean {
  if (error === undefined) return false
  if (error.code === 'context_length_exceeded') return true
  return typeof error.message === 'string' && contextLengthWords.test(error.message)
}

/** OpenAI answers 429 for an empty account too; waiting does not help there. */
function isQuotaSpent(error: JsonObject | undefined): boolean {
  return error?.code === 'insufficient_quota' || error?.type === 'insufficient_quota'
}

function statusOfType(error: JsonObject): number {
  const type = `${String(error.type)} ${String(error.code)}`
  if (/rate_limit|too_many_requests/.test(type)) return 429
  if (/overloaded/.test(type)) return 529
  if (/context_length|invalid_request|invalid_prompt/.test(type)) return 400
  return 500
}

/** The error in the shapes upstreams use: `{error: {…}}`, `{error: "…"}`, `{message}`, `{detail}`; else undefined. */
function errorObjectOf(bodyText: string): JsonObject | undefined {
  let body: unknown
  try {
    body = JSON.parse(bodyText)
  } catch {
    return undefined
  }
  // Google's endpoint wraps its error in an array.
  const root: unknown = Array.isArray(body) ? body[0] : body
  if (!isJsonObject(root)) return undefined
  if (isJsonObject(root.error)) return root.error
  if (typeof root.error === 'string') return { message: root.error }
  if (root.message !== undefined) {
    const { message, type, param, code } = root
    return { message: typeof message === 'string' ? message : JSON.stringify(message), type, param, code }
  }
  return root.detail === undefined ? undefined : { message: JSON.stringify(root.detail) }
}

/** `retry-after-ms`, else `Retry-After` in seconds or as a date (RFC 9110, 10.2.3); undefined when neither parses. */
export function retryAfterMs(headers: ResponseHeaders, nowMs: number): number | undefined {
  const exact = headerNumber(headers['retry-after-ms'])
  if (exact !== undefined) return exact
  const seconds = headerNumber(headers['retry-after'])
  if (seconds !== undefined) return seconds * 1000
  const dateMs = typeof headers['retry-after'] === 'string' ? Date.parse(headers['retry-after']) : Number.NaN
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs)
}

function headerNumber(value: string | readonly string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\s*\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : undefined
}
