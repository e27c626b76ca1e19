import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChatEvent } from '../chat-provider.ts'
import { ProviderError } from '../provider-error.ts'
import { ManualTimers } from '../scripted/manual-timers.ts'
import { type ScriptedAnswer, ScriptedProvider, scriptedEvents } from '../scripted/scripted-provider.ts'
import { RetrySchedule } from './retry-schedule.ts'
import { RetryingProvider } from './retrying-provider.ts'

const call = { upstreamModel: 'm', request: { messages: [] } }
const never = new AbortController().signal
const busy = (retryAfterMs?: number) =>
  new ProviderError('upstream_rate_limited', 'busy', { retryable: true, retryAfterMs })
async function read(events: AsyncIterable<ChatEvent>): Promise<ChatEvent[]> {
  const all: ChatEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

const half = { next: () => 0.5 }

function setUp(answers: readonly ScriptedAnswer[], options: { maxAttempts?: number; deadlineMs?: number } = {}) {
  const timers = new ManualTimers()
  const inner = new ScriptedProvider({ answers, timers })
  const provider = new RetryingProvider(inner, { baseDelayMs: 100, random: half, timers, ...options })
  return { timers, inner, provider }
}

describe('RetrySchedule', () => {
  it('stays within the doubling ceiling, and never before the time asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.option(fc.integer({ min: 0, max: 10_000 }), { nil: undefined }),
        (made, draw, asked) => {
          const schedule = new RetrySchedule({ maxAttempts: 10, random: { next: () => draw } })
          const waitMs = schedule.delayMs(made, busy(asked), Number.POSITIVE_INFINITY)!
          expect(waitMs).toBeGreaterThanOrEqual(asked ?? 0)
          expect(waitMs).toBeLessThanOrEqual((asked ?? 0) + Math.min(4000, 250 * 2 ** (made - 1)))
        },
      ),
    )
  })

  it('gives up on a wait that is too long or passes the deadline', () => {
    const schedule = new RetrySchedule({ random: half, maxRetryAfterMs: 1000 })
    expect(schedule.delayMs(1, busy(1001), 60_000)).toBeUndefined()
    expect(schedule.delayMs(1, busy(1000), 1100)).toBeUndefined()
    expect(schedule.delayMs(1, busy(1000), 1126)).toBe(1125)
  })
})

describe('RetryingProvider', () => {
  it('waits 50, then 100 ms, and stops after the last attempt', async () => {
    const { timers, inner, provider } = setUp([{ error: busy() }], { maxAttempts: 3 })
    const checked = expect(provider.complete(call, never)).rejects.toMatchObject({ code: 'upstream_rate_limited' })
    for (const [advanceMs, calls] of [
      [49, 1],
      [1, 2],
      [99, 2],
      [1, 3],
    ] as const) {
      await timers.advance(advanceMs)
      expect(inner.calls).toHaveLength(calls)
    }
    await checked
    expect(timers.pendingCount).toBe(0)
  })

  it('streams the second attempt from its start', async () => {
    const events = scriptedEvents(['yes'])
    const { timers, provider } = setUp([{ steps: [{ type: 'error', error: busy() }] }, { steps: events }])
    const pending = read(provider.stream(call, never))
    await timers.advance(50)
    expect(await pending).toEqual(events)
  })

  it('never repeats a stream that has begun', async () => {
    const { inner, provider } = setUp([{ steps: [scriptedEvents([])[0]!, { type: 'error', error: busy() }] }])
    await expect(read(provider.stream(call, never))).rejects.toMatchObject({ code: 'upstream_rate_limited' })
    expect(inner.calls).toHaveLength(1)
  })

  it('ends at once when aborted while waiting', async () => {
    const { timers, inner, provider } = setUp([{ error: busy() }])
    const caller = new AbortController()
    const checked = expect(provider.complete(call, caller.signal)).rejects.toMatchObject({ code: 'aborted' })
    await timers.advance(10)
    caller.abort()
    await checked
    expect(inner.calls).toHaveLength(1)
    expect(timers.pendingCount).toBe(0)
  })
})
