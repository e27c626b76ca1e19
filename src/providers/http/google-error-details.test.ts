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

it.each([
  [400, 'FAILED_PRECONDITION', 'The File abc is not in an ACTIVE state and usage is not allowed.', 'upstream_rejected'],
  [
    403,
    'PERMISSION_DENIED',
    'You do not have permission to access the File abc or it may not exist.',
    'upstream_rejected',
  ],
  [403, 'PERMISSION_DENIED', 'CachedContent not found (or permission denied)', 'upstream_rejected'],
  [403, 'PERMISSION_DENIED', 'Your project has been denied access.', 'upstream_auth'],
  [400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.', 'upstream_auth'],
])(
  "tells what is wrong with a caller's file from what is wrong with our account: %s %s %s",
  (code, status, message, ours) => {
    expect(said(code, { code, status, message }).code).toBe(ours)
  },
)

it('waits a day at most', () => {
  const retry = { '@type': type('RetryInfo'), retryDelay: `${'9'.repeat(400)}s` }
  expect(said(429, { code: 429, details: [retry] }).retryAfterMs).toBe(86_400_000)
  expect(errors.fromResponse(429, { 'retry-after': '9'.repeat(20) }, '').retryAfterMs).toBe(86_400_000)
})

it('reads only texts in details', () => {
  const odd = { toString: 5 }
  const details = [
    { '@type': type('ErrorInfo'), reason: odd },
    { '@type': type('QuotaFailure'), violations: [{ quotaId: odd }] },
    { '@type': type('RetryInfo'), retryDelay: odd },
  ]
  expect(said(400, { code: 400, message: odd, details }).code).toBe('upstream_rejected')
  expect(said(429, { code: 429, status: odd, details }).code).toBe('upstream_rate_limited')
})
