import { expect, it } from 'vitest'
import { mayHaveBeenBilled, type ProviderErrorCode } from './provider-error.ts'

const billable: Record<ProviderErrorCode, boolean> = {
  upstream_unreachable: false,
  upstream_rate_limited: false,
  upstream_failed: false,
  upstream_auth: false,
  upstream_rejected: false,
  upstream_context_length: false,
  upstream_unavailable: false,
  upstream_timeout: true,
  upstream_cut: true,
  upstream_invalid_response: true,
  upstream_too_large: true,
  aborted: true,
}

it.each(Object.entries(billable))('%s may have been billed: %s', (code, expected) => {
  expect(mayHaveBeenBilled(code as ProviderErrorCode)).toBe(expected)
})
