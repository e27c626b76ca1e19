import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { AnswerWatch } from './answer-watch.ts'

/** As much of a response as the watch looks at. */
class FakeResponse extends EventEmitter {
  destroyed = false
  writableFinished = false

  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }

  sent(): void {
    this.writableFinished = true
    this.emit('close')
  }
}

function watched(maxAnswerMs = 5_000) {
  const response = new FakeResponse()
  const onEnd = vi.fn()
  const clock = { now: () => Date.now() }
  const watch = new AnswerWatch(response as unknown as ServerResponse, clock, maxAnswerMs, onEnd)
  return { response, onEnd, watch }
}

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

describe('AnswerWatch', () => {
  test('ends when the handler is done and the answer is sent, in whatever order', () => {
    const handledFirst = watched()
    handledFirst.watch.handled()
    expect(handledFirst.onEnd).not.toHaveBeenCalled()
    handledFirst.response.sent()
    expect(handledFirst.onEnd).toHaveBeenCalledTimes(1)

    const sentFirst = watched()
    sentFirst.response.sent()
    expect(sentFirst.onEnd).not.toHaveBeenCalled()
    sentFirst.watch.handled()
    expect(sentFirst.onEnd).toHaveBeenCalledTimes(1)
    expect(sentFirst.watch.signal.aborted).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a caller who leaves aborts the answer', () => {
    const { response, watch } = watched()
    response.destroy()
    expect(watch.signal.reason).toMatchObject({ code: 'aborted' })
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a response that is gone before the watch begins aborts at once', () => {
    const response = new FakeResponse()
    response.destroyed = true
    const clock = { now: () => 0 }
    const watch = new AnswerWatch(response as unknown as ServerResponse, clock, 5_000, () => {})
    expect(watch.signal.aborted).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('an answer that is not read in time is destroyed, while it is written and after', () => {
    const writing = watched()
    vi.advanceTimersByTime(5_999)
    expect(writing.response.destroyed).toBe(false)
    vi.advanceTimersByTime(1)
    expect(writing.response.destroyed).toBe(true)

    const written = watched()
    vi.advanceTimersByTime(2_000)
    written.watch.handled()
    vi.advanceTimersByTime(3_999)
    expect(written.onEnd).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(written.response.destroyed).toBe(true)
    expect(written.onEnd).toHaveBeenCalledTimes(1)
  })

  test('our own time after the upstream has ended is not taken from the caller', () => {
    const { response, watch } = watched()
    vi.advanceTimersByTime(5_900)
    watch.upstreamEnded()
    vi.advanceTimersByTime(60_000)
    expect(response.destroyed).toBe(false)
    watch.handled()
    vi.advanceTimersByTime(999)
    expect(response.destroyed).toBe(false)
    vi.advanceTimersByTime(1)
    expect(response.destroyed).toBe(true)
  })
})
