import { afterEach, describe, expect, test } from 'vitest'
import type { ChatEvent } from '../../src/providers/chat-provider.ts'
import { ProviderError } from '../../src/providers/provider-error.ts'
import {
  type ScriptedAnswer,
  ScriptedProvider,
  scriptedCompletion,
  scriptedEvents,
} from '../../src/providers/scripted/scripted-provider.ts'
import { type Harness, type HarnessOptions, readSse, startHarness, userMessage } from './gateway-harness.ts'

const usage = { inputTokens: 1_000, outputTokens: 500 }
/** 1,000 × 1 $/M + 500 × 2 $/M. */
const usageCostUsd = 0.002

const running: Harness[] = []

async function start(options: HarnessOptions): Promise<Harness> {
  const harness = await startHarness(options)
  running.push(harness)
  return harness
}

function scripted(...answers: ScriptedAnswer[]): ScriptedProvider {
  return new ScriptedProvider({ answers })
}

function saying(text: string): ScriptedProvider {
  return scripted({ completion: scriptedCompletion(text, { model: 'upstream-said', ...usage }) })
}

function streaming(...pieces: string[]): ScriptedProvider {
  return scripted({ steps: scriptedEvents(pieces, { model: 'upstream-said', ...usage }) })
}

const failing = () => scripted({ error: new ProviderError('upstream_failed', 'The upstream answered 500') })

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ gateway }) => gateway.close()))
})

describe('a whole answer', () => {
  test('names the LLM that answered, carries the decision id and the cost, and is settled before it is read', async () => {
    const harness = await start({ providers: { small: saying('4') } })
    const response = await harness.post('/v1/chat/completions', userMessage())
    const body = (await response.json()) as Record<string, unknown>
    expect(response.status).toBe(200)
    expect(body).toMatchObject({
      id: 'chatcmpl-d00000001',
      object: 'chat.completion',
      model: 'small',
      choices: [{ index: 0, message: { role: 'assistant', content: '4' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1_000, completion_tokens: 500, total_tokens: 1_500, cost: usageCostUsd },
      pointsman: { decision_id: 'd00000001', llm: 'small', cost_usd: usageCostUsd, cold: true },
    })
    expect(response.headers.get('x-pointsman-decision-id')).toBe('d00000001')
    expect(response.headers.get('x-pointsman-llm')).toBe('small')
    expect(response.headers.get('x-pointsman-cost-usd')).toBe('0.002')
    expect(response.headers.get('x-pointsman-cold')).toBe('true')
    expect(response.headers.get('x-pointsman-policy')).toBe('unfitted')
    expect(Number(response.headers.get('x-pointsman-overhead-ms'))).toBeGreaterThanOrEqual(0)
    expect(response.headers.get('x-litellm-response-cost')).toBe('0.002')
    expect(response.headers.get('x-litellm-model-id')).toBe('small')
    expect(response.headers.get('x-litellm-call-id')).toBe('d00000001')
    expect(harness.decisions.rows.get('d00000001')?.settlement).toMatchObject({
      status: 'completed',
      answered: 'small',
      reportedModel: 'upstream-said',
      costNanoUsd: 2_000_000,
      streamed: false,
    })
    expect(harness.router.outcomes).toHaveLength(1)
    expect(harness.router.inFlight.get('small')).toBe(0)
  })

  test('asked for several times is routed as such, and its time goes by the length of one', async () => {
    const harness = await start({ providers: { small: saying('4') } })
    await harness.post('/v1/chat/completions', { ...userMessage(), n: 5 })
    expect(harness.router.requests[0]?.choices).toBe(5)
    expect(harness.router.ended[0]?.observed?.outputTokens).toBe(100)
    expect((await harness.post('/v1/chat/completions', { ...userMessage(), n: 129 })).status).toBe(400)
  })

  test('passes tools and unknown parameters on untouched, without our own fields', async () => {
    const provider = saying('ok')
    const harness = await start({ providers: { small: provider } })
    const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', x: [1] } } }]
    await harness.post('/v1/chat/completions', {
      ...userMessage(),
      tools,
      made_up_parameter: { deep: [null] },
      pointsman: { quality_weight: 0.5 },
    })
    expect(provider.calls[0]?.upstreamModel).toBe('upstream-small')
    expect(provider.calls[0]?.request).toEqual({
      messages: userMessage().messages,
      tools,
      made_up_parameter: { deep: [null] },
    })
    expect(harness.router.requests[0]?.needs.tools).toBe(true)
    expect(harness.router.requests[0]?.preference.lambda).toBe(1)
  })

  test('falls back to the next candidate and says who answered', async () => {
    const harness = await start({ providers: { small: failing(), large: saying('4') } })
    const response = await harness.post('/v1/chat/completions', userMessage())
    expect(((await response.json()) as { model: string }).model).toBe('large')
    const settlement = harness.decisions.rows.get('d00000001')?.settlement
    expect(settlement?.answered).toBe('large')
    expect(settlement?.attempts.map(({ llm, error }) => [llm, error])).toEqual([
      ['small', 'upstream_failed'],
      ['large', undefined],
    ])
    expect(harness.router.ended.map(({ llm, observed }) => [llm, observed !== undefined])).toEqual([
      ['small', false],
      ['large', true],
    ])
  })

  test('does not fall back from an LLM that the caller named', async () => {
    const large = saying('4')
    const harness = await start({ providers: { small: failing(), large } })
    const response = await harness.post('/v1/chat/completions', { ...userMessage(), model: 'small' })
    expect(response.status).toBe(502)
    expect(await response.json()).toMatchObject({ error: { type: 'server_error', code: 'upstream_failed' } })
    expect(large.calls).toHaveLength(0)
    expect(harness.decisions.rows.get('d00000001')?.settlement).toMatchObject({
      status: 'failed',
      answered: undefined,
      costNanoUsd: 0,
    })
  })

  test('hands back the refusal of an upstream in its own words', async () => {
    const refusal = new ProviderError('upstream_rejected', 'refused', {
      upstreamStatus: 422,
      upstreamError: {
        message: 'temperature is odd',
        type: 'invalid_request_error',
        param: 'temperature',
        code: 'odd',
      },
    })
    const harness = await start({ providers: { small: scripted({ error: refusal }) } })
    const response = await harness.post('/v1/chat/completions', { ...userMessage(), model: 'small' })
    expect(response.status).toBe(422)
    expect(await response.json()).toEqual({
      error: { message: 'temperature is odd', type: 'invalid_request_error', param: 'temperature', code: 'odd' },
    })
  })

  test('passes Retry-After of a rate limit on', async () => {
    const limited = new ProviderError('upstream_rate_limited', 'slow down', { retryAfterMs: 2_500, retryable: true })
    const harness = await start({ providers: { small: scripted({ error: limited }) } })
    const response = await harness.post('/v1/chat/completions', userMessage())
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('3')
    expect(response.headers.get('retry-after-ms')).toBe('2500')
  })

  test('tries a retryable failure again when so configured', async () => {
    const flaky = scripted(
      { error: new ProviderError('upstream_unreachable', 'refused', { retryable: true }) },
      { completion: scriptedCompletion('4', usage) },
    )
    const retry = { maxAttempts: 2, baseDelayMs: 1, maxDelayMs: 2, random: { next: () => 0 } }
    const harness = await start({ providers: { small: flaky }, resilience: { retry } })
    const response = await harness.post('/v1/chat/completions', userMessage())
    expect(response.status).toBe(200)
    expect(flaky.calls).toHaveLength(2)
  })

  test('keeps an unknown cost unknown', async () => {
    const harness = await start({ providers: { small: scripted({ completion: scriptedCompletion('4') }) } })
    const response = await harness.post('/v1/chat/completions', userMessage())
    expect(await response.json()).toMatchObject({ pointsman: { cost_usd: null } })
    expect(response.headers.get('x-pointsman-cost-usd')).toBeNull()
    expect(harness.decisions.rows.get('d00000001')?.settlement?.costNanoUsd).toBeUndefined()
  })
})

describe('a streamed answer', () => {
  const streamRequest = { ...userMessage(), stream: true }

  test('has our id and model in every chunk, the cost on the last one, and ends with [DONE]', async () => {
    const harness = await start({ providers: { small: streaming('fo', 'ur') } })
    const response = await harness.post('/v1/chat/completions', streamRequest)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('x-pointsman-llm')).toBe('small')
    const events = await readSse(response)
    expect(events.at(-1)).toBe('[DONE]')
    const chunks = events.slice(0, -1).map((event) => JSON.parse(event))
    expect(chunks.map(({ id, model }) => [id, model])).toEqual(chunks.map(() => ['chatcmpl-d00000001', 'small']))
    expect(chunks.map(({ choices }) => choices[0].delta.content).join('')).toBe('four')
    expect(chunks.at(-1)).toMatchObject({
      choices: [{ finish_reason: 'stop' }],
      pointsman: { decision_id: 'd00000001', cost_usd: usageCostUsd },
    })
    expect(harness.decisions.rows.get('d00000001')?.settlement).toMatchObject({
      status: 'completed',
      streamed: true,
      costNanoUsd: 2_000_000,
    })
  })

  test('sends the usage chunk only to callers who asked for it, with the cost', async () => {
    const harness = await start({ providers: { small: streaming('4') } })
    const plain = await readSse(await harness.post('/v1/chat/completions', streamRequest))
    expect(plain.some((event) => event.includes('"choices":[]'))).toBe(false)
    const asked = await readSse(
      await harness.post('/v1/chat/completions', { ...streamRequest, stream_options: { include_usage: true } }),
    )
    expect(JSON.parse(asked.at(-2)!)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 1_000, completion_tokens: 500, cost: usageCostUsd },
      pointsman: { cost_usd: usageCostUsd },
    })
    expect(JSON.parse(asked.at(-3)!)).toMatchObject({ choices: [{ finish_reason: 'stop' }] })
  })

  test('is settled before its last event goes out', async () => {
    const harness = await start({ providers: { small: streaming('4') } })
    let release = () => {}
    const reached = new Promise<void>((resolve) => {
      harness.decisions.onSettle = () => {
        resolve()
        return new Promise<void>((go) => {
          release = go
        })
      }
    })
    const response = await harness.post('/v1/chat/completions', streamRequest)
    const reader = response.body!.getReader()
    const decoder = new TextDecoder()
    let text = ''
    const read = (async () => {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        text += decoder.decode(value, { stream: true })
      }
    })()
    await reached
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(text).toContain('"content":"4"')
    expect(text).not.toContain('finish_reason":"stop"')
    expect(text).not.toContain('[DONE]')
    release()
    await read
    expect(text).toContain('data: [DONE]')
  })

  test('falls back before the first content event, unseen by the caller', async () => {
    const preamble = scriptedEvents([])[0]!
    const dying = scripted({
      steps: [preamble, { type: 'error', error: new ProviderError('upstream_cut', 'socket closed') }],
    })
    const harness = await start({ providers: { small: dying, large: streaming('4') } })
    const response = await harness.post('/v1/chat/completions', streamRequest)
    expect(response.headers.get('x-pointsman-llm')).toBe('large')
    const events = await readSse(response)
    expect(events.at(-1)).toBe('[DONE]')
    expect(events.slice(0, -1).every((event) => JSON.parse(event).model === 'large')).toBe(true)
  })

  test('answers with a status, not a stream, when nobody answers', async () => {
    const harness = await start({ providers: { small: failing(), large: failing() } })
    const response = await harness.post('/v1/chat/completions', streamRequest)
    expect(response.status).toBe(502)
    expect(response.headers.get('content-type')).toBe('application/json')
  })

  test('that is cut after the first content ends with an error event and no [DONE]', async () => {
    const cut = scripted({
      steps: [
        ...scriptedEvents(['half an ans']).slice(0, 2),
        { type: 'error', error: new ProviderError('upstream_cut', 'The answer broke off') },
      ],
    })
    const large = streaming('4')
    const harness = await start({ providers: { small: cut, large } })
    const events = await readSse(await harness.post('/v1/chat/completions', streamRequest))
    expect(events).not.toContain('[DONE]')
    expect(JSON.parse(events.at(-1)!)).toEqual({
      error: { message: 'The answer broke off', type: 'server_error', param: null, code: 'upstream_cut' },
    })
    expect(large.calls).toHaveLength(0)
    const settlement = harness.decisions.rows.get('d00000001')?.settlement
    expect(settlement).toMatchObject({ status: 'cut', answered: 'small', costNanoUsd: undefined })
    expect(harness.router.ended.at(-1)?.observed).toBeUndefined()
  })

  test('that hits a bug of ours ends with an error event that tells nothing, and is logged', async () => {
    const broken = scripted({
      steps: [...scriptedEvents(['4']).slice(0, 2), { type: 'error', error: new TypeError('secret internals') }],
    })
    const harness = await start({ providers: { small: broken } })
    const response = await harness.post('/v1/chat/completions', streamRequest)
    const events = await readSse(response)
    expect(JSON.parse(events.at(-1)!)).toMatchObject({ error: { code: 'internal_error' } })
    expect(events.join()).toContain(response.headers.get('x-request-id'))
    expect(events.join()).not.toContain('secret internals')
    expect(harness.logged).toMatchObject([{ level: 'error' }])
  })

  test('that takes longer than an answer may is cut with an error event', async () => {
    const hanging = scripted({ steps: [...scriptedEvents(['4']).slice(0, 2), { type: 'hang' }] })
    const harness = await start({ providers: { small: hanging }, gateway: { maxAnswerMs: 100 } })
    const events = await readSse(await harness.post('/v1/chat/completions', streamRequest))
    expect(JSON.parse(events.at(-1)!)).toMatchObject({ error: { code: 'upstream_timeout' } })
    expect(hanging.openCalls).toBe(0)
    expect(harness.decisions.rows.get('d00000001')?.settlement?.status).toBe('cut')
  })

  test('that hangs is aborted upstream when the caller leaves, and what was reserved stays booked', async () => {
    const hanging = scripted({ steps: [...scriptedEvents(['4']).slice(0, 2), { type: 'hang' }] })
    const harness = await start({ providers: { small: hanging } })
    const caller = new AbortController()
    const response = await fetch(`${harness.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(streamRequest),
      signal: caller.signal,
    })
    await response.body!.getReader().read()
    expect(hanging.openCalls).toBe(1)
    caller.abort()
    await expect.poll(() => hanging.openCalls).toBe(0)
    await expect.poll(() => harness.decisions.rows.get('d00000001')?.settlement?.status).toBe('aborted')
    expect(await harness.decisions.spentNanoUsd(0)).toBe(1_000_000)
    expect(harness.router.inFlight.get('small')).toBe(0)
  })

  test('twenty callers who leave before the first content leave no call open', async () => {
    const hanging = scripted({ hang: true })
    const harness = await start({ providers: { small: hanging } })
    const callers = Array.from({ length: 20 }, () => new AbortController())
    const answers = callers.map(({ signal }) =>
      fetch(`${harness.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(streamRequest),
        signal,
      }).catch(() => undefined),
    )
    await expect.poll(() => hanging.openCalls).toBe(20)
    for (const caller of callers) caller.abort()
    await Promise.all(answers)
    await expect.poll(() => hanging.openCalls).toBe(0)
    await expect
      .poll(() => [...harness.decisions.rows.values()].map(({ settlement }) => settlement?.status))
      .toEqual(callers.map(() => 'aborted'))
  })

  test('stops pulling from the upstream while the caller does not read', async () => {
    let pulled = 0
    const piece = 'x'.repeat(16_384)
    const endless = saying('unused')
    endless.stream = async function* () {
      for (const event of scriptedEvents(Array.from({ length: 4_000 }, () => piece))) {
        pulled += 1
        yield event
      }
    }
    const harness = await start({ providers: { small: endless } })
    const caller = new AbortController()
    const response = await fetch(`${harness.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(streamRequest),
      signal: caller.signal,
    })
    await response.body!.getReader().read()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(pulled).toBeLessThan(3_000)
    caller.abort()
  })
})

describe('what is booked when no answer came', () => {
  test.each([
    ['upstream_failed', 0],
    ['upstream_rate_limited', 0],
    ['upstream_unreachable', 0],
    ['upstream_timeout', 1_000_000],
    ['upstream_invalid_response', 1_000_000],
  ] as const)('after %s: %d nano-USD of the 1,000,000 reserved', async (code, spentNanoUsd) => {
    const error = new ProviderError(code, 'no answer')
    const harness = await start({ providers: { small: scripted({ error }) }, gatewayCapUsd: 1 })
    await harness.post('/v1/chat/completions', userMessage())
    await harness.post('/v1/route', userMessage())
    expect(1 - (harness.router.budgets[1] ?? 0)).toBeCloseTo(spentNanoUsd / 1e9, 12)
    const expected = spentNanoUsd === 0 ? 0 : undefined
    expect(harness.decisions.rows.get('d00000001')?.settlement?.costNanoUsd).toBe(expected)
  })

  test('a fault of our own leaves what was reserved booked: the call may have been billed', async () => {
    const harness = await start({ providers: { small: scripted({ error: new TypeError('a bug') }) } })
    await harness.post('/v1/chat/completions', userMessage())
    expect(harness.decisions.rows.get('d00000001')?.settlement).toMatchObject({ status: 'failed', answered: undefined })
    expect(harness.decisions.rows.get('d00000001')?.settlement?.costNanoUsd).toBeUndefined()
  })

  test('usage on the way of an answer that broke off is not its bill', async () => {
    const [preamble, content] = scriptedEvents(['half']) as [ChatEvent, ChatEvent & { type: 'content' }]
    const early = { ...content, usage: { inputTokens: 10, outputTokens: 1 } }
    const error = new ProviderError('upstream_cut', 'The answer broke off')
    const cut = scripted({ steps: [preamble, early, { type: 'error', error }] })
    const harness = await start({ providers: { small: cut } })
    await readSse(await harness.post('/v1/chat/completions', { ...userMessage(), stream: true }))
    const settlement = harness.decisions.rows.get('d00000001')?.settlement
    expect(settlement?.usage).toEqual({ inputTokens: 10, outputTokens: 1 })
    expect(await harness.decisions.spentNanoUsd(0)).toBe(1_000_000)
  })

  test('the last usage counts, whatever chunk it came on', async () => {
    const [preamble, content, stop] = scriptedEvents(['4']) as [ChatEvent, ChatEvent & { type: 'content' }, ChatEvent]
    const steps = [preamble, { ...content, usage }, stop, { type: 'finished' as const }]
    const harness = await start({ providers: { small: scripted({ steps }) } })
    await readSse(await harness.post('/v1/chat/completions', { ...userMessage(), stream: true }))
    expect(await harness.decisions.spentNanoUsd(0)).toBe(2_000_000)
  })
})

describe('what is booked when another LLM answered', () => {
  const timingOut = () => scripted({ error: new ProviderError('upstream_timeout', 'no answer') })

  test('the bill, and what the call before may have cost, as the router is told', async () => {
    const harness = await start({ providers: { small: timingOut(), large: saying('4') }, gatewayCapUsd: 1 })
    harness.router.costP90UsdOf.set('large', 0.1)
    await harness.post('/v1/chat/completions', userMessage())
    expect(await harness.decisions.spentNanoUsd(0)).toBe(3_000_000)
    await harness.post('/v1/route', userMessage())
    expect(harness.router.budgets[1]).toBeCloseTo(1 - 0.003, 12)
    expect(harness.router.outcomes[0]?.settlement).toMatchObject({ answered: 'large', usage })
    expect(harness.router.outcomes[0]?.settlement.attempts.map(({ error }) => error)).toEqual([
      'upstream_timeout',
      undefined,
    ])
  })

  test('nothing, where the cap allows the first call but not a second one', async () => {
    const large = saying('4')
    const harness = await start({ providers: { small: failing(), large }, gatewayCapUsd: 0.05 })
    harness.router.costP90UsdOf.set('large', 0.1)
    const response = await harness.post('/v1/chat/completions', userMessage())
    expect(response.status).toBe(502)
    expect(large.calls).toHaveLength(0)
    expect(await harness.decisions.spentNanoUsd(0)).toBe(0)
  })
})
