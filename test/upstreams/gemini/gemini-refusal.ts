export type Json = Readonly<Record<string, unknown>>

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const statusNames: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

/** A refusal with the body of Google's APIs (google.rpc.Status). */
export class GeminiRefusal extends Error {
  readonly status: number
  readonly body: Json

  constructor(status: number, message: string, details: readonly Json[] = []) {
    super(message)
    this.status = status
    const error = { code: status, message, status: statusNames[status] ?? 'UNKNOWN' }
    this.body = { error: details.length === 0 ? error : { ...error, details } }
  }
}

export function invalid(message: string): GeminiRefusal {
  return new GeminiRefusal(400, message)
}

/** As the JSON reader of protocol buffers refuses, before the API sees anything. */
export function invalidJson(description: string): GeminiRefusal {
  const message = `Invalid JSON payload received. ${description}`
  return new GeminiRefusal(400, message, [
    { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ description: message }] },
  ])
}

export function badKey(): GeminiRefusal {
  return new GeminiRefusal(400, 'API key not valid. Please pass a valid API key.', [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'API_KEY_INVALID',
      domain: 'googleapis.com',
      metadata: { service: 'generativelanguage.googleapis.com' },
    },
  ])
}
