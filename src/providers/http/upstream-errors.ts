import type { Clock } from '../../routing/clock.ts'
import { isJsonObject, type JsonObject } from '../chat-provider.ts'
import { ProviderError, type ProviderErrorCode } from '../provider-error.ts'
import { ConnectFailure } from './connect-failure.ts'
import {
  googleRetryDelayMs,
  isAboutGoogleAccount,
  isAboutGoogleFile,
  isGoogleDaySpent,
} from './google-error-details.ts'

export type ResponseHeaders = { readonly [name: string]: string | readonly string[] | undefined }

/** How each upstream says that a prompt does not fit; OpenAI's `code` is not used by all. */
const contextLengthWords =
  /maximum (?:context|prompt) length|context (?:length|limit|window)|(?:prompt|input) is too long|too many (?:input )?tokens|token count .*exceeds|`max_new_tokens` must be|reduce the length/i

/** Statuses that say the call was not worked on. */
const unbilledStatuses = new Set([429, 503, 529])

const errorCharsShown = 300
/** Nobody plans for longer, and what an upstream writes may be no time at all. */
const maxRetryAfterMs = 24 * 60 * 60 * 1000
/** A shorter value is no secret but a version or a name, and would be found all over harmless text. */
const minSecretChars = 8
/** Real errors nest three or four deep; one without end would exhaust the stack. */
const maxDepth = 16
/** A word or a number, as codes are; a sentence may name our organisation. */
const plainCode = /^(?:[A-Za-z][A-Za-z_]{0,63}|\d{1,6})$/

/**
 * Turns what one upstream did wrong into a {@link ProviderError}. That upstream's secrets are blacked out wherever it
 * quotes them. What it says of our account (401, 402, 403, 429) is not passed on: such texts name organisations and
 * parts of keys, and the caller can mend nothing there; type and code stay.
 */
export class UpstreamErrors {
  readonly #name: string
  readonly #secrets: readonly string[]
  readonly #clock: Clock
  readonly #isAnonymous: boolean

  /**
   * @param secrets strings that must not appear in any error, such as the API key or values of headers; after a scheme
   *   such as `Bearer`, the rest is one too. Those under 8 characters are taken for no secrets.
   * @param isAnonymous whether calls carry no credentials at all.
   */
  constructor(name: string, secrets: readonly string[], clock: Clock, isAnonymous = false) {
    this.#name = name
    this.#secrets = secrets
      .flatMap((secret) => [secret, secret.replace(/^(?:bearer|basic|token)\s+/i, '')])
      .filter((secret) => secret.length >= minSecretChars)
      // Of two that begin alike the longer must go first, or its rest would stay.
      .sort((a, b) => b.length - a.length)
    this.#clock = clock
    this.#isAnonymous = isAnonymous
  }

  /** An answer whose status is not 200. `bodyText` may be anything. */
  fromResponse(status: number, headers: ResponseHeaders, bodyText: string): ProviderError {
    const error = withAmazonsType(errorObjectOf(this.#redact(parsed(bodyText))), headers)
    return this.#fromErrorObject(status, error, retryAfterMs(headers, this.#clock.now()) ?? googleRetryDelayMs(error))
  }

  /** An error object in an answer that began with status 200: its code, if numeric, stands for the status. */
  fromErrorObject(raw: unknown): ProviderError {
    const error = this.#redact(raw)
    const object = typeof error === 'string' ? { message: error } : isJsonObject(error) ? error : {}
    const status = Number(plain(object.code))
    const known = status >= 400 && status < 600 ? status : statusOfType(object)
    return this.#fromErrorObject(known, object, googleRetryDelayMs(object))
  }

  /** Something that the HTTP client threw. Retryable only when nothing was sent: {@link ConnectFailure}. */
  fromTransport(thrown: unknown, signal: AbortSignal): ProviderError {
    if (thrown instanceof ProviderError) return thrown
    const connected = !(thrown instanceof ConnectFailure)
    const cause = connected ? thrown : thrown.cause
    if (signal.aborted) return new ProviderError('aborted', `The call to ${this.#name} was aborted`, { cause })
    const code = isJsonObject(cause) && typeof cause.code === 'string' ? cause.code : ''
    if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
      return new ProviderError('aborted', `The connection to ${this.#name} was closed on our side`, { cause })
    }
    const detail = code === '' ? '' : ` (${code})`
    if (!connected) {
      const message = `${this.#name} cannot be reached${detail}`
      return new ProviderError('upstream_unreachable', message, { retryable: true, cause })
    }
    if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
      return new ProviderError('upstream_timeout', `${this.#name} sent nothing for too long`, { cause })
    }
    if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW') {
      return this.invalid(`${this.#name} does not speak proper HTTP${detail}`, cause)
    }
    return new ProviderError('upstream_cut', `${this.#name} broke off the connection${detail}`, { cause })
  }

  invalid(message: string, cause?: unknown): ProviderError {
    return new ProviderError('upstream_invalid_response', message, cause === undefined ? {} : { cause })
  }

  #fromErrorObject(status: number, error: JsonObject | undefined, waitMs: number | undefined): ProviderError {
    const code = codeOf(status, error)
    const ofOurAccount = code === 'upstream_auth' || code === 'upstream_rate_limited'
    return new ProviderError(code, `${this.#name} answered ${status}${this.#saidOf(code, error)}`, {
      upstreamStatus: status,
      retryable: unbilledStatuses.has(status) && !isQuotaSpent(error),
      retryAfterMs: waitMs === undefined ? undefined : Math.min(waitMs, maxRetryAfterMs),
      upstreamError: ofOurAccount ? codesOf(error) : error,
    })
  }

  #saidOf(code: ProviderErrorCode, error: JsonObject | undefined): string {
    if (code === 'upstream_auth') {
      return this.#isAnonymous ? ': it wants credentials, and none are configured' : ': it refuses our credentials'
    }
    if (code === 'upstream_rate_limited') {
      return isQuotaSpent(error) ? ': our account there is used up' : ': it limits our calls for now'
    }
    return typeof error?.message === 'string' ? `: ${error.message.slice(0, errorCharsShown)}` : ''
  }

  /** The same JSON without our secrets in its texts and names. */
  #redact(value: unknown, depth = 0): unknown {
    if (typeof value === 'string') return this.#redactText(value)
    if (typeof value !== 'object' || value === null) return value
    if (depth === maxDepth) return '[deeper]'
    if (Array.isArray(value)) return value.map((item) => this.#redact(item, depth + 1))
    const entries = Object.entries(value).map(([name, item]) => [this.#redactText(name), this.#redact(item, depth + 1)])
    return Object.fromEntries(entries) as JsonObject
  }

  #redactText(text: string): string {
    return this.#secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
  }
}

function codesOf(error: JsonObject | undefined): JsonObject | undefined {
  const codes = Object.entries({ type: error?.type, code: error?.code }).filter(([, value]) => isPlainCode(value))
  return codes.length === 0 ? undefined : Object.fromEntries(codes)
}

function isPlainCode(value: unknown): boolean {
  return (typeof value === 'string' || typeof value === 'number') && plainCode.test(String(value))
}

function codeOf(status: number, error: JsonObject | undefined): ProviderErrorCode {
  if (status === 429) return 'upstream_rate_limited'
  if (status === 408) return 'upstream_timeout'
  // Amazon's word for a model that failed.
  if (status === 424) return 'upstream_failed'
  if (error?.type === 'ServiceQuotaExceededException') return 'upstream_rate_limited'
  if (status === 401 || status === 402 || saysUnpaid(error)) return 'upstream_auth'
  // OpenRouter refuses flagged prompts with 403 and says why, Google files; every other 403 is about the key.
  if (status === 403) {
    return isJsonObject(error?.metadata) || isAboutGoogleFile(error) ? 'upstream_rejected' : 'upstream_auth'
  }
  if (status === 400 && isAboutGoogleAccount(error)) return 'upstream_auth'
  // 413: more bytes than the upstream reads, which another one may.
  if (status === 413) return 'upstream_context_length'
  if (status >= 400 && status < 500) return saysTooLong(error) ? 'upstream_context_length' : 'upstream_rejected'
  if (status >= 500) return 'upstream_failed'
  return 'upstream_invalid_response'
}

function saysTooLong(error: JsonObject | undefined): boolean {
  if (error === undefined) return false
  if (error.code === 'context_length_exceeded') return true
  return typeof error.message === 'string' && contextLengthWords.test(error.message)
}

/** Anthropic answers 400 for an empty account. */
function saysUnpaid(error: JsonObject | undefined): boolean {
  return typeof error?.message === 'string' && /credit balance is too low/i.test(error.message)
}

/** OpenAI answers 429 for an empty account too, Google and Amazon for a spent day; waiting does not help there. */
function isQuotaSpent(error: JsonObject | undefined): boolean {
  if (error?.code === 'insufficient_quota' || error?.type === 'insufficient_quota' || isGoogleDaySpent(error))
    return true
  return typeof error?.message === 'string' && /^too many tokens per day/i.test(error.message)
}

function statusOfType(error: JsonObject): number {
  const type = `${plain(error.type)} ${plain(error.code)}`
  if (/rate_limit|too_many_requests/.test(type)) return 429
  if (/overloaded/.test(type)) return 529
  if (/authentication_error/.test(type)) return 401
  if (/billing_error/.test(type)) return 402
  if (/permission_error/.test(type)) return 403
  if (/not_found_error/.test(type)) return 404
  if (/request_too_large/.test(type)) return 413
  if (/timeout_error/.test(type)) return 504
  // The last two are how the Responses API says in the middle of a stream that it cannot read an image, or will not answer.
  if (/context_length|invalid_request|invalid_prompt|image|_policy/.test(type)) return 400
  return 500
}

/** Words and numbers alone: an object from outside may not even become a string. */
function plain(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Amazon names the error in a header, with a link behind it. */
function withAmazonsType(error: JsonObject | undefined, headers: ResponseHeaders): JsonObject | undefined {
  const name = headers['x-amzn-errortype']
  return typeof name === 'string' ? { ...error, type: error?.type ?? name.split(':')[0] } : error
}

/** The error in the shapes upstreams use: `{error: {…}}`, `{error: "…"}`, `{message}`, `{detail}`; else undefined. */
function errorObjectOf(body: unknown): JsonObject | undefined {
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
