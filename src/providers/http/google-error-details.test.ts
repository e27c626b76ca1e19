import { expect, it } from 'vitest'
import { UpstreamErrors } from './upstream-errors.ts'

const errors = new UpstreamErrors('google', [], { now: () => 0 })
const type = (name: string) => `type.googleapis.com/google.rpc.${name}`
const said = (status: number, error: object) => errors.fromResponse(status, {}, JSON.stringify({ error }))

it('takes a bad key for our fault, though the status is 400', () => {
  const details = [{ '@type': type('ErrorInfo'), reason: 'API_KEY_INVALID', domain: 'googleapis.com' }]
  const error = { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT' }
  expect(said(400, { ...error, details }).code).toBe('upstream_auth')
  expect(said(400, error).code).toBe('upstream_rejected')
  expect(said(400, { code: 400, message: 'Enable billing', status: 'FAILED_PRECONDITION' }).code).toBe('upstream_auth')
})

it('waits as long as the details say, and not for tomorrow', () => {
  const retry = { '@type': type('RetryInfo'), retryDelay: '3.98361248s' }
  const quota = (quotaId: string) => ({ '@type': type('QuotaFailure'), violations: [{ quotaId }] })
  const error = { code: 429, message: 'You exceeded your current quota', status: 'RESOURCE_EXHAUSTED' }
  const perMinute = said(429, { ...error, details: [quota('GenerateRequestsPerMinutePerProject'), retry] })
  expect(perMinute).toMatchObject({ code: 'upstream_rate_limited', retryable: true, retryAfterMs: 3984 })
  const perDay = said(429, { ...error, details: [quota('GenerateRequestsPerDayPerProject'), retry] })
  expect(perDay).toMatchObject({ code: 'upstream_rate_limited', retryable: false })
  const odd = { ...error, details: [null, 7, { '@type': type('RetryInfo'), retryDelay: 'soon' }, retry] }
  expect(errors.fromErrorObject(odd)).toMatchObject({ code: 'upstream_rate_limited', retryAfterMs: 3984 })
})
