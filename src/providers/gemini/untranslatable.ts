import { ProviderError } from '../provider-error.ts'

/**
 * A request that Google's API has no words for; reads to the caller as if the upstream had refused it.
 *
 * @param param path of the field, such as `messages.2.content.0.type`.
 */
export function untranslatable(param: string, message: string): ProviderError {
  const text = `${param}: ${message}`
  return new ProviderError('upstream_rejected', text, {
    upstreamStatus: 400,
    upstreamError: { message: text, type: 'invalid_request_error', param, code: null },
  })
}

/** A caller's word in an error: only texts, as an object may not even become a string. */
export function quoted(word: unknown): string {
  return typeof word === 'string' ? `'${word.slice(0, 64)}'` : 'unknown'
}
