import { describe, expect, it } from 'vitest'
import { retryAfterMs, UpstreamErrors } from './upstream-errors.ts'

const nowMs = Date.UTC(2026, 10, 22, 12, 0, 0)
const errors = new UpstreamErrors('scripted', ['sk-secret"1'], { now: () => nowMs })

describe('UpstreamErrors', () => {
  it.each([
    ['OpenAI', { error: { code: 'context_length_exceeded', message: 'too much' } }],
    ['vLLM', { message: "This model's maximum context length is 4096 tokens. However, you requested 5000" }],
    ['Mistral', { message: 'Prompt contains 40000 tokens, too large for model with 32768 maximum context length' }],
    ['xAI', { error: "This model's maximum prompt length is 131072 but the request contains 200000 tokens." }],
    ['Google', [{ error: { code: 400, message: 'The input token count (3000000) exceeds the maximum' } }]],
    ['Together', { error: { message: '`inputs` tokens + `max_new_tokens` must be <= 4097' } }],
    ['Bedrock', { message: 'Input is too long for requested model.' }],
    ['Groq', { error: { message: 'Please reduce the length of the messages or completion.' } }],
    [
      'Anthropic',
      {
        type: 'error',
        error: { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' },
      },
    ],
    [
      'Anthropic, of prompt and cap together,',
      { error: { message: 'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000' } },
    ],
  ])('knows how %s says that a prompt is too long', (_name, body) => {
    expect(errors.fromResponse(400, {}, JSON.stringify(body)).code).toBe('upstream_context_length')
  })

  it.each([
    [
      'a nested error',
      { error: { message: 'm', type: 't', param: 'p', code: 'c' } },
      { message: 'm', type: 't', param: 'p', code: 'c' },
    ],
    ['a plain string', { error: 'm' }, { message: 'm' }],
    [
      'Mistral',
      { object: 'error', message: 'm', type: 't', param: null, code: 3 },
      { message: 'm', type: 't', param: null, code: 3 },
    ],
    ['FastAPI', { detail: [{ loc: ['x'] }] }, { message: '[{"loc":["x"]}]' }],
    ['HTML', '<html>', undefined],
  ])('keeps %s', (_name, body, expected) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    expect(errors.fromResponse(422, {}, text).upstreamError).toEqual(expected)
  })

  it.each([
    [429, 'ThrottlingException:http://internal.amazon.com/x/', 'upstream_rate_limited'],
    [424, 'ModelErrorException', 'upstream_failed'],
    [400, 'ServiceQuotaExceededException', 'upstream_rate_limited'],
    [403, 'AccessDeniedException', 'upstream_auth'],
    [400, 'ValidationException', 'upstream_rejected'],
  ])('reads the name of Amazon’s error from its header: %i %s', (status, name, code) => {
    const error = errors.fromResponse(status, { 'x-amzn-errortype': name }, '{"message":"m"}')
    expect(error).toMatchObject({ code, upstreamStatus: status, upstreamError: { type: name.split(':')[0] } })
  })

  it('does not call again where the account is empty', () => {
    const body = { error: { code: 'insufficient_quota', message: 'You exceeded your current quota' } }
    expect(errors.fromResponse(429, {}, JSON.stringify(body))).toMatchObject({
      code: 'upstream_rate_limited',
      retryable: false,
    })
  })

  it('takes an empty account at Anthropic for ours, and too many bytes for a prompt that does not fit', () => {
    const body = { type: 'error', error: { type: 'invalid_request_error', message: 'Your credit balance is too low' } }
    expect(errors.fromResponse(400, {}, JSON.stringify(body)).code).toBe('upstream_auth')
    expect(errors.fromResponse(413, {}, '{"error":{"type":"request_too_large"}}').code).toBe('upstream_context_length')
  })

  it('tells a flagged prompt from a refused key', () => {
    const body = { error: { message: 'flagged', metadata: { reasons: ['violence'] } } }
    expect(errors.fromResponse(403, {}, JSON.stringify(body)).code).toBe('upstream_rejected')
    expect(errors.fromResponse(403, {}, '{}').code).toBe('upstream_auth')
  })

  it.each([
    [{ code: 'failed_to_download_image', message: 'gone' }, 'upstream_rejected'],
    [{ code: 'bio_policy' }, 'upstream_rejected'],
    [{ code: { toString: 1, valueOf: 1 }, type: { toString: null } }, 'upstream_failed'],
    [{ code: 429, message: 'x' }, 'upstream_rate_limited'],
    [{ code: 'rate_limit_exceeded' }, 'upstream_rate_limited'],
    [{ type: 'invalid_request_error' }, 'upstream_rejected'],
    [{ type: 'invalid_request_error', code: 'context_length_exceeded' }, 'upstream_context_length'],
    [{ type: 'server_error' }, 'upstream_failed'],
    [{ type: 'overloaded_error' }, 'upstream_failed'],
    [{ type: 'authentication_error' }, 'upstream_auth'],
    [{ type: 'billing_error' }, 'upstream_auth'],
    [{ type: 'permission_error' }, 'upstream_auth'],
    [{ type: 'not_found_error' }, 'upstream_rejected'],
    [{ type: 'timeout_error' }, 'upstream_failed'],
    ['it broke', 'upstream_failed'],
    [null, 'upstream_failed'],
  ])('maps the error object %j of an answer that began well', (error, code) => {
    expect(errors.fromErrorObject(error).code).toBe(code)
  })

  it('blacks out secrets, also those that JSON escapes', () => {
    const body = { error: { message: 'you sent sk-secret"1', echo: { auth: 'Bearer sk-secret"1' } } }
    const error = errors.fromResponse(400, {}, JSON.stringify(body))
    expect(error.upstreamError).toEqual({ message: 'you sent [redacted]', echo: { auth: 'Bearer [redacted]' } })
    expect(error.message).not.toContain('secret')
  })

  it.each([
    ['a number', { error: { message: 'no', code: 2, type: 't' } }, { message: 'no', code: 2, type: 't' }],
    ['short words', { error: { message: 'api v2', param: 'api' } }, { message: 'api v2', param: 'api' }],
    [
      'secrets in lists',
      { error: { message: 'm', seen: ['x long-secret y', 7] } },
      { message: 'm', seen: ['x [redacted] y', 7] },
    ],
    ['the token of a header', { error: { message: 'bad token-abcdef' } }, { message: 'bad [redacted]' }],
    [
      'secrets within a detail',
      { detail: [{ input: 'a"long-secret"' }] },
      { message: '[{"input":"a\\"[redacted]\\""}]' },
    ],
  ])('keeps an error whole with short header values: %s', (_name, body, expected) => {
    const configured = new UpstreamErrors('scripted', ['2', 'api', 'long-secret', 'Bearer token-abcdef'], {
      now: () => 0,
    })
    expect(configured.fromResponse(400, {}, JSON.stringify(body)).upstreamError).toEqual(expected)
  })

  it('tells credentials that are refused from none at all', () => {
    const anonymous = new UpstreamErrors('scripted', [], { now: () => 0 }, true)
    expect(errors.fromResponse(403, {}, '').message).toBe('scripted answered 403: it refuses our credentials')
    expect(anonymous.fromResponse(403, {}, '').message).toBe(
      'scripted answered 403: it wants credentials, and none are configured',
    )
  })

  it('survives an error nested without end', () => {
    const deep = `{"error":{"message":"m","in":${'['.repeat(30_000)}${']'.repeat(30_000)}}}`
    expect(errors.fromResponse(400, {}, deep)).toMatchObject({
      code: 'upstream_rejected',
      upstreamError: { message: 'm' },
    })
  })

  it.each([401, 402, 403, 429])('does not pass on what %i says of our account', (status) => {
    const message = 'Rate limit reached for gpt in organization org-AbC123, key sk-...xyz'
    const body = { error: { message, type: 'tokens', code: 'rate_limit_exceeded', param: 'org-AbC123' } }
    const error = errors.fromResponse(status, {}, JSON.stringify(body))
    expect(`${error.message} ${JSON.stringify(error.upstreamError)}`).not.toMatch(/org-|sk-/)
    expect(error.upstreamError).toEqual({ type: 'tokens', code: 'rate_limit_exceeded' })
  })

  it('passes on no sentence in place of a code', () => {
    const body = { error: { message: 'm', type: 'limit of org-AbC123', code: 7 } }
    expect(errors.fromResponse(429, {}, JSON.stringify(body)).upstreamError).toEqual({ code: 7 })
    expect(errors.fromResponse(429, {}, '<html>').upstreamError).toBeUndefined()
  })
})

describe('retryAfterMs', () => {
  it.each([
    [{}, undefined],
    [{ 'retry-after': '3' }, 3000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Sun, 22 Nov 2026 12:00:07 GMT' }, 7000],
    [{ 'retry-after': 'Sun, 22 Nov 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '3', 'retry-after-ms': '120' }, 120],
  ])('reads %j', (headers, expected) => {
    expect(retryAfterMs(headers, nowMs)).toBe(expected)
  })
})

it('does not try again where Amazon says that the day is spent', () => {
  const throttled = (message: string) => errors.fromResponse(429, {}, JSON.stringify({ message }))
  expect(throttled('Too many tokens per day, please wait before trying again.').retryable).toBe(false)
  expect(throttled('Too many tokens, please wait before trying again.').retryable).toBe(true)
})
