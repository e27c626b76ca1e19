import { ProviderError } from '../provider-error.ts'

/** A request that cannot be said in this API. Nothing was sent; the caller can mend it. */
export function untranslatable(message: string): ProviderError {
  return new ProviderError('upstream_rejected', message, {
    upstreamError: { type: 'invalid_request_error', message },
  })
}
