import { isJsonObject, type JsonObject } from '../chat-provider.ts'

/**
 * Google answers 400 for a bad key, and for an account without billing where its free tier is not offered. The same status
 * stands for files that are not ready, which is about the request.
 */
export function isAboutGoogleAccount(error: JsonObject | undefined): boolean {
  if (error?.status === 'FAILED_PRECONDITION')
    return matches(/billing|location|country|region|free tier/i, error.message)
  return detailsOf(error, 'ErrorInfo').some(({ reason }) => matches(/^API_KEY_/, reason))
}

/** Google answers 403 for a file, or a cached content, that the key's project does not have: any caller can name one. */
export function isAboutGoogleFile(error: JsonObject | undefined): boolean {
  return error?.status === 'PERMISSION_DENIED' && matches(/\bthe File\b|\bCached ?Content\b/i, error.message)
}

/** A quota that comes back with the next day, whatever wait the error proposes. */
export function isGoogleDaySpent(error: JsonObject | undefined): boolean {
  return detailsOf(error, 'QuotaFailure').some(
    ({ violations }) =>
      Array.isArray(violations) &&
      violations.some((violation) => isJsonObject(violation) && matches(/PerDay/, violation.quotaId)),
  )
}

/** `retryDelay`, such as `"3.5s"`: Google sends no `Retry-After`. */
export function googleRetryDelayMs(error: JsonObject | undefined): number | undefined {
  for (const { retryDelay } of detailsOf(error, 'RetryInfo')) {
    const seconds = typeof retryDelay === 'string' ? /^(\d+(?:\.\d+)?)s$/.exec(retryDelay)?.[1] : undefined
    if (seconds !== undefined) return Math.ceil(Number(seconds) * 1000)
  }
  return undefined
}

/** Only texts: an object from outside may not even become a string. */
function matches(pattern: RegExp, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value)
}

/** Typed details of an error as all of Google's APIs have them (google.rpc), by the name of their type. */
function detailsOf(error: JsonObject | undefined, type: string): readonly JsonObject[] {
  const details: readonly unknown[] = Array.isArray(error?.details) ? error.details : []
  return details.filter(isJsonObject).filter((detail) => detail['@type'] === `type.googleapis.com/google.rpc.${type}`)
}
