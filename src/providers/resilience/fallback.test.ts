import { describe, expect, it } from 'vitest'
import type { ChatEvent } from '../chat-provider.ts'
import { ProviderError, type ProviderErrorCode } from '../provider-error.ts'
import { ManualTimers } from '../scripted/manual-timers.ts'
import {
  type ScriptedAnswer,
  ScriptedProvider,
  scriptedCompletion,
  scriptedEvents,
} from '../scripted/scripted-provider.ts'
import { CircuitBreakers } from './circuit-breaker.ts'
import { completeWithFallback, FallbackError, type FallbackTarget, streamWithFallback } from './fallback.ts'

const ask = { request: { messages: [{ role: 'user', content: 'hello' }] } }
const never = new AbortController().signal

function failure(code: ProviderErrorCode, retryable = false): ProviderError {
  return new ProviderError(code, `scripted ${code}`, { retryable })
}

function target(llmId: string, timers: ManualTimers, ...answers: ScriptedAnswer[]) {
  const provider = new ScriptedProvider({ answers, timers })
  return { llmId, provider, upstreamModel: `${llmId}-upstream` } satisfies FallbackTarget
}

async function read(events: AsyncIterable<ChatEvent>): Promise<ChatEvent[]> {
  const all: ChatEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

async function caught(promise: Promise<unknown>): Promise<FallbackError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(FallbackError)
  return error as FallbackError
}

describe('completeWithFallback', () => {
  it('answers with the first LLM and names its model upstream', async () => {
    const timers = new ManualTimers()
    const first = target('a', timers, { completion: scriptedCompletion('yes') })
    const second = target('b', timers, { completion: scriptedCompletion('no') })
    const result = await completeWithFallback([first, second], ask, never, { timers })
    expect(result.answered).toBe('a')
    expect(result.attempts).toEqual([{ llm: 'a', error: undefined, ms: 0 }])
    expect(first.provider.calls[0]).toEqual({ upstreamModel: 'a-upstream', reasoningEffort: undefined, ...ask })
    expect(second.provider.calls).toHaveLength(0)
  })

  it('moves on after a failure and lists both calls with their times', async () => {
    const timers = new ManualTimers()
    const first = target('a', timers, { error: failure('upstream_failed'), delayMs: 30 })
    const second = target('b', timers, { completion: scriptedCompletion('yes'), delayMs: 20 })
    const pending = completeWithFallback([first, second], ask, never, { timers })
    await timers.advance(100)
    const result = await pending
    expect(result.answered).toBe('b')
    expect(result.attempts).toEqual([
      { llm: 'a', error: 'upstream_failed', ms: 30 },
      { llm: 'b', error: undefined, ms: 20 },
    ])
    expect(timers.pendingCount).toBe(0)
  })

  it('gives every LLM together one deadline', async () => {
    const timers = new ManualTimers()
    const targets = ['a', 'b', 'c'].map((id) => target(id, timers, { error: failure('upstream_failed'), delayMs: 60 }))
    const pending = caught(completeWithFallback(targets, ask, never, { timers, deadlineMs: 100 }))
    await timers.advance(200)
    const error = await pending
    expect(error.code).toBe('upstream_timeout')
    expect(error.attempts).toEqual([
      { llm: 'a', error: 'upstream_failed', ms: 60 },
      { llm: 'b', error: 'upstream_timeout', ms: 40 },
    ])
    expect(timers.pendingCount).toBe(0)
  })

  it('stops when two upstreams refuse the request, and reports the refusal', async () => {
    const timers = new ManualTimers()
    const refuses = (id: string) => target(id, timers, { error: failure('upstream_rejected') })
    const broken = target('b', timers, { error: failure('upstream_failed') })
    const last = refuses('d')
    const error = await caught(completeWithFallback([refuses('a'), broken, refuses('c'), last], ask, never, { timers }))
    expect(error.code).toBe('upstream_rejected')
    expect(last.provider.calls).toHaveLength(0)
  })

  it('ends at the caller’s abort without asking anyone else', async () => {
    const timers = new ManualTimers()
    const caller = new AbortController()
    const first = target('a', timers, { hang: true })
    const second = target('b', timers, { completion: scriptedCompletion('late') })
    const pending = caught(completeWithFallback([first, second], ask, caller.signal, { timers, deadlineMs: 1000 }))
    await timers.advance(10)
    caller.abort()
    const error = await pending
    expect(error.code).toBe('aborted')
    expect(second.provider.calls).toHaveLength(0)
    expect(first.provider.openCalls).toBe(0)
    expect(timers.pendingCount).toBe(0)
  })

  it('calls the same LLM again only after a retryable failure', async () => {
    const timers = new ManualTimers()
    const first = target(
      'a',
      timers,
      { error: failure('upstream_rate_limited', true) },
      {
        completion: scriptedCompletion('yes'),
      },
    )
    const retry = { random: { next: () => 0.5 }, baseDelayMs: 100 }
    const pending = completeWithFallback([first], ask, never, { timers, retry })
    await timers.advance(49)
    expect(first.provider.calls).toHaveLength(1)
    await timers.advance(1)
    const result = await pending
    expect(result.attempts.map((attempt) => attempt.error)).toEqual(['upstream_rate_limited', undefined])

    const cut = target('a', timers, { error: failure('upstream_cut') }, { completion: scriptedCompletion('no') })
    await caught(completeWithFallback([cut], ask, never, { timers, retry }))
    expect(cut.provider.calls).toHaveLength(1)
  })

  it('skips an LLM whose breaker is open, unless nothing else is left', async () => {
    const timers = new ManualTimers()
    const breakers = new CircuitBreakers(timers, { consecutiveFailures: 1 })
    breakers.for('a').admit()?.record('upstream_failed')
    const first = target('a', timers, { completion: scriptedCompletion('from a') })
    const second = target('b', timers, { completion: scriptedCompletion('from b') })
    const result = await completeWithFallback([first, second], ask, never, { timers, breakers })
    expect(result.answered).toBe('b')
    expect(result.attempts[0]).toEqual({ llm: 'a', error: 'upstream_unavailable', ms: 0 })
    const alone = await completeWithFallback([first], ask, never, { timers, breakers })
    expect(alone.answered).toBe('a')
  })

  it('says so when there is no LLM to call', async () => {
    expect((await caught(completeWithFallback([], ask, never))).code).toBe('upstream_unavailable')
  })
})

describe('streamWithFallback', () => {
  it('replays what came before the first content and measures its time', async () => {
    const timers = new ManualTimers()
    const events = scriptedEvents(['Hel', 'lo'], { outputTokens: 2 })
    const [role, ...rest] = events
    const only = target('a', timers, { steps: [role!, { type: 'wait', ms: 25 }, ...rest] })
    const pending = streamWithFallback([only], ask, never, { timers })
    await timers.advance(25)
    const stream = await pending
    expect(stream.timeToFirstTokenMs).toBe(25)
    expect(await read(stream.events)).toEqual(events)
    expect(stream.attempts).toEqual([{ llm: 'a', error: undefined, ms: 25 }])
    expect(only.provider.openCalls).toBe(0)
  })

  it('falls back after metadata, and nothing of the failed stream is seen', async () => {
    const timers = new ManualTimers()
    const [role] = scriptedEvents([])
    const first = target('a', timers, { steps: [role!, { type: 'error', error: failure('upstream_cut') }] })
    const events = scriptedEvents(['b speaks'], { model: 'b' })
    const second = target('b', timers, { steps: events })
    const stream = await streamWithFallback([first, second], ask, never, { timers })
    expect(stream.answered).toBe('b')
    expect(await read(stream.events)).toEqual(events)
  })

  it.each<[string, ScriptedAnswer]>([
    [
      'an error',
      { steps: [...scriptedEvents(['Hel']).slice(0, 2), { type: 'error', error: failure('upstream_cut') }] },
    ],
    ['a silent end', { steps: scriptedEvents(['Hel']).slice(0, 2) }],
  ])('passes %s after the first content on as an error', async (_name, answer) => {
    const timers = new ManualTimers()
    const second = target('b', timers, { completion: scriptedCompletion('no') })
    const stream = await streamWithFallback([target('a', timers, answer), second], ask, never, { timers })
    const seen: ChatEvent[] = []
    const reading = (async () => {
      for await (const event of stream.events) seen.push(event)
    })()
    await expect(reading).rejects.toMatchObject({ code: 'upstream_cut' })
    expect(seen.filter((event) => event.type === 'content')).toHaveLength(1)
    expect(stream.attempts).toMatchObject([{ llm: 'a', error: 'upstream_cut' }])
    expect(second.provider.calls).toHaveLength(0)
  })

  it('takes an answer without content as an answer', async () => {
    const timers = new ManualTimers()
    const stream = await streamWithFallback([target('a', timers, { steps: scriptedEvents([]) })], ask, never, {
      timers,
    })
    expect(stream.timeToFirstTokenMs).toBeUndefined()
    expect((await read(stream.events)).at(-1)).toEqual({ type: 'finished' })
  })

  it('leaves an LLM that does not begin in time', async () => {
    const timers = new ManualTimers()
    const first = target('a', timers, { steps: [scriptedEvents([])[0]!, { type: 'hang' }] })
    const second = target('b', timers, { steps: scriptedEvents(['yes']) })
    const pending = streamWithFallback([first, second], ask, never, { timers, firstContentMs: 50 })
    await timers.advance(60)
    const stream = await pending
    expect(stream.attempts[0]).toEqual({ llm: 'a', error: 'upstream_timeout', ms: 50 })
    await read(stream.events)
    expect(first.provider.openCalls + second.provider.openCalls).toBe(0)
    expect(timers.pendingCount).toBe(0)
  })

  it('frees the upstream and the timers when the reader leaves', async () => {
    const timers = new ManualTimers()
    const only = target('a', timers, { steps: [...scriptedEvents(['Hel']).slice(0, 2), { type: 'hang' }] })
    const stream = await streamWithFallback([only], ask, never, { timers, stallMs: 1000 })
    const reader = stream.events[Symbol.asyncIterator]()
    await reader.return?.()
    await timers.advance(0)
    expect(only.provider.openCalls).toBe(0)
    expect(timers.pendingCount).toBe(0)
    expect(stream.attempts).toMatchObject([{ llm: 'a', error: 'aborted' }])
  })

  it('lets others call an LLM again once its probe has begun to answer', async () => {
    const timers = new ManualTimers()
    const breakers = new CircuitBreakers(timers, { consecutiveFailures: 1, openMs: 10 })
    breakers.for('a').admit()?.record('upstream_failed')
    await timers.advance(10)
    const [role, hel] = scriptedEvents(['Hel']) as [ChatEvent, ChatEvent]
    const only = target('a', timers, { steps: [role, { type: 'wait', ms: 5 }, hel, { type: 'hang' }] })
    const pending = streamWithFallback([only], ask, never, { timers, breakers, stallMs: 1000 })
    expect(breakers.isAvailable('a')).toBe(false)
    await timers.advance(5)
    const stream = await pending
    expect(breakers.isAvailable('a')).toBe(true)
    const reading = expect(read(stream.events)).rejects.toMatchObject({ code: 'upstream_timeout' })
    await timers.advance(1000)
    await reading
    expect(breakers.isAvailable('a')).toBe(false)
  })

  it('frees a probe whose caller leaves before it answers', async () => {
    const timers = new ManualTimers()
    const breakers = new CircuitBreakers(timers, { consecutiveFailures: 1, openMs: 10 })
    breakers.for('a').admit()?.record('upstream_failed')
    await timers.advance(10)
    const caller = new AbortController()
    const pending = caught(
      streamWithFallback([target('a', timers, { hang: true })], ask, caller.signal, { timers, breakers }),
    )
    await timers.advance(1)
    caller.abort()
    expect((await pending).code).toBe('aborted')
    expect(breakers.isAvailable('a')).toBe(true)
  })

  it('does not open a breaker for slow readers', async () => {
    const timers = new ManualTimers()
    const breakers = new CircuitBreakers(timers, { consecutiveFailures: 1 })
    const options = { timers, breakers, deadlineMs: 50 }
    const stream = await streamWithFallback(
      [target('a', timers, { steps: scriptedEvents(['Hel', 'lo']) })],
      ask,
      never,
      options,
    )
    await timers.advance(50)
    await expect(read(stream.events)).rejects.toMatchObject({ code: 'upstream_timeout' })
    expect(stream.attempts).toMatchObject([{ llm: 'a', error: 'upstream_timeout' }])
    expect(breakers.isAvailable('a')).toBe(true)
  })
})
