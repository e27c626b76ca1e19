import { describe, expect, test } from 'vitest'
import { ProviderError } from '../providers/provider-error.ts'
import { RoutingError } from '../routing/errors.ts'
import { isInternalError, toErrorResponse, toErrorResponseIn } from './error-response.ts'
import { GatewayError } from './gateway-error.ts'

describe('toErrorResponse', () => {
  test('keeps the message, the param and the stable code of our own errors', () => {
    const error = new RoutingError('invalid_preference', "'pointsman.lambda' must be a number", {
      param: 'pointsman.lambda',
    })
    expect(toErrorResponse(error, 'r1')).toEqual({
      status: 400,
      headers: { 'x-should-retry': 'false' },
      body: {
        error: {
          message: "'pointsman.lambda' must be a number",
          type: 'invalid_request_error',
          param: 'pointsman.lambda',
          code: 'invalid_preference',
        },
      },
    })
  })

  test.each([
    ['an unknown error', new TypeError('secret')],
    ['something that is no error', 'secret'],
    ['a fault of our own numbers', new RoutingError('not_finite', 'secret')],
  ])('%s is a 500 that tells the request id only', (_what, error) => {
    const { status, body } = toErrorResponse(error, 'r1')
    expect(status).toBe(500)
    expect(body.error.message).toContain('r1')
    expect(JSON.stringify(body)).not.toContain('secret')
    expect(isInternalError(error)).toBe(true)
  })

  test('our credentials at an upstream are not the caller’s fault', () => {
    expect(toErrorResponse(new ProviderError('upstream_auth', 'bad key', { upstreamStatus: 401 }), 'r1').status).toBe(
      502,
    )
  })

  test('a prompt that is too long has the code clients look for', () => {
    const error = new ProviderError('upstream_context_length', 'too long', { upstreamStatus: 400 })
    expect(toErrorResponse(error, 'r1').body.error.code).toBe('context_length_exceeded')
  })

  test('a refusal without words of its own keeps ours', () => {
    const error = new ProviderError('upstream_rejected', 'The upstream refused', {
      upstreamStatus: 404,
      upstreamError: { message: 7, param: {} },
    })
    expect(toErrorResponse(error, 'r1')).toMatchObject({
      status: 404,
      body: { error: { message: 'The upstream refused', param: null, code: 'upstream_rejected' } },
    })
  })

  test('a status that is no refusal is not handed on', () => {
    expect(toErrorResponse(new ProviderError('upstream_rejected', 'x', { upstreamStatus: 302 }), 'r1').status).toBe(400)
  })

  test('whoever has to wait is told how long', () => {
    const limited = toErrorResponse(new ProviderError('upstream_rate_limited', 'x', { retryAfterMs: 1_200 }), 'r1')
    expect(limited.headers).toEqual({ 'retry-after': '2', 'retry-after-ms': '1200' })
    expect(toErrorResponse(new GatewayError('overloaded', 'x'), 'r1').headers).toMatchObject({ 'retry-after': '1' })
    expect(toErrorResponse(new GatewayError('budget_exhausted', 'x'), 'r1').headers).toMatchObject({
      'x-should-retry': 'false',
    })
  })
})

describe('whether to try again', () => {
  test.each([
    [new GatewayError('invalid_api_key', 'x')],
    [new RoutingError('no_admissible_llm', 'x')],
    [new ProviderError('upstream_auth', 'x')],
    [new ProviderError('upstream_rejected', 'x', { upstreamStatus: 422 })],
  ])('a client that got $code is told not to', (error) => {
    expect(toErrorResponse(error, 'r1').headers['x-should-retry']).toBe('false')
  })

  test.each([
    [new GatewayError('request_timeout', 'x')],
    [new GatewayError('no_answer_yet', 'x')],
    [new ProviderError('upstream_rate_limited', 'x')],
    [new ProviderError('upstream_failed', 'x')],
    [new ProviderError('upstream_rejected', 'x', { upstreamStatus: 409 })],
  ])('a client that got $code may as it likes', (error) => {
    expect(toErrorResponse(error, 'r1').headers['x-should-retry']).toBeUndefined()
  })
})

describe('in Anthropic’s envelope', () => {
  test('an upstream without room is told apart from one that failed', () => {
    const full = new ProviderError('upstream_failed', 'Overloaded', { upstreamStatus: 529 })
    expect(toErrorResponseIn('anthropic', full, 'r1')).toMatchObject({
      status: 529,
      body: { error: { type: 'overloaded_error' } },
    })
    expect(toErrorResponseIn('openai', full, 'r1').status).toBe(502)
  })

  test('details of what the caller can mend are handed on, and no others', () => {
    const details = { error_code: 'available_tools_limit_exceeded' }
    const told = (code: 'upstream_rejected' | 'upstream_auth', more: unknown = details) => {
      const upstreamError = { message: 'no', details: more }
      const error = new ProviderError(code, 'x', { upstreamStatus: 400, upstreamError })
      return toErrorResponseIn('anthropic', error, 'r1').body.error
    }
    expect(told('upstream_rejected')).toEqual({ type: 'invalid_request_error', message: 'no', details })
    expect(told('upstream_rejected', ['x'])).not.toHaveProperty('details')
    expect(told('upstream_auth')).not.toHaveProperty('details')
  })
})
