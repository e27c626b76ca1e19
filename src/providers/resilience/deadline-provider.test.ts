import { describe, expect, it } from 'vitest'
import type { ChatCall, ChatEvent } from '../chat-provider.ts'
import { tokenCounterOf } from '../embedding-provider.ts'
import { ManualTimers } from '../scripted/manual-timers.ts'
import {
  type ScriptedAnswer,
  ScriptedProvider,
  scriptedCompletion,
  scriptedEvents,
} from '../scripted/scripted-provider.ts'
import { DeadlineProvider, type Deadlines } from './deadline-provider.ts'

const call = { upstreamModel: 'm', request: { messages: [] } }
const never = new AbortController().signal
const [role, hel, lo, stop, end] = scriptedEvents(['Hel', 'lo']) as [
  ChatEvent,
  ChatEvent,
  ChatEvent,
  ChatEvent,
  ChatEvent,
]

function setUp(answer: ScriptedAnswer, deadlines: Deadlines) {
  const timers = new ManualTimers()
  const inner = new ScriptedProvider({ answers: [answer], timers })
  return { timers, inner, provider: new DeadlineProvider(inner, deadlines, timers) }
}

async function failure(events: AsyncIterable<ChatEvent>): Promise<unknown> {
  try {
    for await (const _ of events);
  } catch (error) {
    return error
  }
  throw new Error('It ended well')
}

/** Reads to the end and says how it ended. */
async function outcome(events: AsyncIterable<ChatEvent>, onEvent: () => Promise<void> = async () => {}) {
  let count = 0
  try {
    for await (const _ of events) {
      count++
      await onEvent()
    }
    return { count, error: undefined }
  } catch (error) {
    return { count, error: (error as { code?: string }).code }
  }
}

describe('DeadlineProvider', () => {
  it('ends a whole answer that takes too long', async () => {
    const { timers, inner, provider } = setUp({ completion: scriptedCompletion('x'), delayMs: 100 }, { totalMs: 99 })
    const pending = provider.complete(call, never)
    const checked = expect(pending).rejects.toMatchObject({ code: 'upstream_timeout' })
    await timers.advance(99)
    await checked
    expect(inner.openCalls).toBe(0)
    expect(timers.pendingCount).toBe(0)
  })

  it('lets an answer in time pass and clears its timer', async () => {
    const { timers, provider } = setUp({ completion: scriptedCompletion('x'), delayMs: 98 }, { totalMs: 99 })
    const pending = provider.complete(call, never)
    await timers.advance(98)
    expect((await pending).reportedModel).toBe('scripted')
    expect(timers.pendingCount).toBe(0)
  })

  it('counts tokens where the inner provider does, in the same time', async () => {
    const timers = new ManualTimers()
    const plain = new ScriptedProvider({ answers: [{ hang: true }], timers })
    expect(tokenCounterOf(new DeadlineProvider(plain, { totalMs: 99 }, timers))).toBeUndefined()
    const counting = Object.assign(new ScriptedProvider({ answers: [{ hang: true }], timers }), {
      async countTokens(counted: ChatCall, signal: AbortSignal) {
        if (counted.upstreamModel === 'slow') await counting.complete(counted, signal)
        return 7
      },
    })
    const counter = tokenCounterOf(new DeadlineProvider(counting, { totalMs: 99 }, timers))!
    expect(await counter.countTokens(call, never)).toBe(7)
    const late = expect(counter.countTokens({ ...call, upstreamModel: 'slow' }, never)).rejects.toMatchObject({
      code: 'upstream_timeout',
    })
    await timers.advance(99)
    await late
    expect(timers.pendingCount).toBe(0)
  })

  it.each<[string, ScriptedAnswer, Deadlines, number, number]>([
    ['no content in time', { steps: [role, { type: 'wait', ms: 60 }, hel] }, { firstContentMs: 50, stallMs: 5 }, 1, 50],
    ['a stall', { steps: [role, hel, { type: 'wait', ms: 31 }, lo] }, { firstContentMs: 500, stallMs: 30 }, 2, 30],
    [
      'a stall after a long start',
      { steps: [role, { type: 'wait', ms: 40 }, hel, { type: 'hang' }] },
      { stallMs: 30 },
      2,
      70,
    ],
    ['the total', { steps: [role, hel, { type: 'wait', ms: 60 }, lo] }, { totalMs: 50 }, 2, 50],
  ])('ends a stream on %s', async (_name, answer, deadlines, count, atMs) => {
    const { timers, inner, provider } = setUp(answer, deadlines)
    const pending = outcome(provider.stream(call, never))
    await timers.advance(atMs - 1)
    expect(inner.openCalls).toBe(1)
    await timers.advance(1)
    expect(inner.openCalls).toBe(0)
    expect(await pending).toEqual({ count, error: 'upstream_timeout' })
    expect(timers.pendingCount).toBe(0)
  })

  it.each<[string, ScriptedAnswer, Deadlines, boolean]>([
    ['a stall', { steps: [role, hel, { type: 'hang' }] }, { stallMs: 30 }, false],
    ['no content in time', { steps: [role, { type: 'hang' }] }, { firstContentMs: 30 }, false],
    ['the total before any content', { steps: [role, { type: 'hang' }] }, { totalMs: 30 }, false],
    ['the total of an answer under way', { steps: [role, hel, { type: 'hang' }] }, { totalMs: 30 }, true],
  ])('says whether %s tells something of the upstream', async (_name, answer, deadlines, inconclusive) => {
    const { timers, provider } = setUp(answer, deadlines)
    const pending = failure(provider.stream(call, never))
    await timers.advance(30)
    expect(await pending).toMatchObject({ code: 'upstream_timeout', inconclusive })
  })

  it('does not blame the upstream for a total that passes while nobody asks', async () => {
    const { timers, provider } = setUp({ steps: [role, hel, lo, stop, end] }, { totalMs: 30 })
    const reader = provider.stream(call, never)[Symbol.asyncIterator]()
    await reader.next()
    await timers.advance(30)
    await expect(reader.next()).rejects.toMatchObject({ code: 'upstream_timeout', inconclusive: true })
    expect(timers.pendingCount).toBe(0)
  })

  it('does not take a slow reader for a stall', async () => {
    const { timers, provider } = setUp({ steps: [role, hel, lo, stop, end] }, { stallMs: 30, firstContentMs: 500 })
    const pending = outcome(
      provider.stream(call, never),
      () => new Promise((resolve) => timers.after(100, () => resolve())),
    )
    await timers.advance(1000)
    expect(await pending).toEqual({ count: 5, error: undefined })
    expect(timers.pendingCount).toBe(0)
  })

  it('passes the caller’s abort on as what it is', async () => {
    const { timers, provider } = setUp({ steps: [role, { type: 'hang' }] }, { totalMs: 50 })
    const caller = new AbortController()
    const pending = outcome(provider.stream(call, caller.signal))
    await timers.advance(10)
    caller.abort()
    expect(await pending).toEqual({ count: 1, error: 'aborted' })
    expect(timers.pendingCount).toBe(0)
  })
})
