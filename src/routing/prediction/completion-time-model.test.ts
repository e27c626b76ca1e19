import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../numeric/random-source.ts'
import { type Llm, unknownLlmProperties } from '../registry/llm.ts'
import { CompletionTimeModel } from './completion-time-model.ts'

const llm: Llm = {
  ...unknownLlmProperties,
  id: 'a',
  provider: 'p',
  upstreamModel: 'a',
  timeToFirstTokenMs: 400,
  tokensPerSecond: 50,
}

function streamed(timeToFirstTokenMs: number, outputTokens: number, msPerToken: number, inFlightAtStart?: number) {
  return {
    timeToFirstTokenMs,
    outputTokens,
    completionMs: timeToFirstTokenMs + outputTokens * msPerToken,
    inFlightAtStart,
  }
}

function whole(completionMs: number, outputTokens: number | undefined, inFlightAtStart?: number) {
  return { timeToFirstTokenMs: undefined, completionMs, outputTokens, inFlightAtStart }
}

/** One call alone. */
function observe(model: CompletionTimeModel, observed: Parameters<CompletionTimeModel['end']>[1]): void {
  model.begin(llm)
  model.end(llm, observed)
}

/** W of an empty answer with so many requests in flight. */
function waitAt(model: CompletionTimeModel, inFlight: number): number {
  for (let i = 0; i < inFlight; i++) model.begin(llm)
  const expected = model.expectedCompletionMs(llm, 0)
  for (let i = 0; i < inFlight; i++) model.end(llm, undefined)
  return expected
}

const slots = 4
const idleMs = 300
const tokens = 100

/** Bursts of 20 onto a queue with four slots, each answer in order; `seen` shapes what is told of a call. */
function bursts(model: CompletionTimeModel, msPerToken: number, stream: boolean): void {
  const callMs = idleMs + tokens * msPerToken
  for (let burst = 0; burst < 20; burst++) {
    const sent = Array.from({ length: 20 }, () => model.begin(llm))
    for (const [i, inFlightAtStart] of sent.entries()) {
      const firstTokenMs = idleMs + Math.floor(i / slots) * callMs
      const observed = streamed(firstTokenMs, tokens, msPerToken, inFlightAtStart)
      model.end(llm, stream ? observed : { ...observed, timeToFirstTokenMs: undefined })
    }
  }
}

describe('CompletionTimeModel', () => {
  test('starts from what the LLM declares: ttft + length/speed', () => {
    expect(new CompletionTimeModel().expectedCompletionMs(llm, 100)).toBe(400 + 100 * 20)
  })

  test('what ends after its LLM left the pool is in flight no more', () => {
    const model = new CompletionTimeModel()
    model.begin(llm)
    model.end(llm.id, undefined)
    model.end('never begun', undefined)
    expect(model.begin(llm)).toBe(0)
  })

  test('an LLM without declared times is unknown until it was seen', () => {
    const model = new CompletionTimeModel()
    const silent = { ...llm, id: 'b', timeToFirstTokenMs: undefined, tokensPerSecond: undefined }
    expect(model.isKnown(llm)).toBe(true)
    expect(model.isKnown(silent)).toBe(false)
    model.begin(silent)
    model.end(silent, undefined)
    expect(model.isKnown(silent)).toBe(false)
    model.begin(silent)
    model.end(silent, streamed(1200, 100, 5))
    expect(model.isKnown(silent)).toBe(true)
  })

  test('a request in flight counts at once, and no longer when it ended', () => {
    const model = new CompletionTimeModel({ assumedSlots: 4 })
    expect(Array.from({ length: 8 }, () => model.begin(llm))).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(model.expectedCompletionMs(llm, 0)).toBe(400 + 8 * 100)
    for (let i = 0; i < 9; i++) model.end(llm, undefined)
    expect(model.expectedCompletionMs(llm, 0)).toBe(400)
    expect(model.begin(llm)).toBe(0)
  })

  test('counts requests in flight by what they are expected to take', () => {
    const model = new CompletionTimeModel({ assumedSlots: 4, retention: 1 })
    // The usual call takes 400 + 300·20 ms; one of 1000 tokens 400 + 1000·20, of none 400.
    expect(model.begin(llm, 1000)).toBe(0)
    expect(model.begin(llm, 0)).toBeCloseTo(20_400 / 6400, 12)
    expect(model.begin(llm)).toBeCloseTo(20_800 / 6400, 12)
    expect(model.expectedCompletionMs(llm, 0)).toBeCloseTo(400 + (100 * 27_200) / 6400, 9)
    model.end(llm, undefined, 1000)
    expect(model.begin(llm, Number.NaN)).toBeCloseTo(6800 / 6400, 12)
    for (const tokens of [0, undefined, 300]) model.end(llm, undefined, tokens)
    expect(model.expectedCompletionMs(llm, 0)).toBe(400)
  })

  test('foresees the wait behind long answers from bursts of mixed lengths', () => {
    const model = new CompletionTimeModel()
    const random = new SeededRandom(1)
    const callMs = (each: number): number => idleMs + 10 * each
    const waits = { expected: 0, actual: 0 }
    for (let burst = 0; burst < 200; burst++) {
      // One queue with one slot; one call in ten is forty times as long.
      const lengths = Array.from({ length: 10 }, () => (random.next() < 0.1 ? 2000 : 50))
      let aheadMs = 0
      const sent = lengths.map((each) => {
        const foreseenMs = model.expectedCompletionMs(llm, 0)
        const inFlightAtStart = model.begin(llm, each)
        const firstTokenMs = aheadMs + idleMs
        aheadMs += callMs(each)
        if (burst >= 100) {
          waits.expected += Math.abs(foreseenMs - firstTokenMs)
          waits.actual += firstTokenMs
        }
        return { each, observed: streamed(firstTokenMs, each, 10, inFlightAtStart) }
      })
      for (const { each, observed } of sent) model.end(llm, observed, each)
    }
    // By their number alone the error is .70 of the wait.
    expect(waits.expected / waits.actual).toBeLessThan(0.25)
  })

  test('learns first-token time and speed from streams', () => {
    const model = new CompletionTimeModel()
    for (let i = 0; i < 200; i++) observe(model, streamed(1200, 100, 5, 0))
    expect(model.expectedCompletionMs(llm, 0)).toBeCloseTo(1200, 0)
    expect(model.expectedCompletionMs(llm, 100)).toBeCloseTo(1200 + 500, 0)
  })

  test.each([
    ['answers shorter than the first-token time', 1, true],
    ['long answers', 20, true],
    ['long answers in one piece', 20, false],
  ])('learns a queue with four slots from bursts: %s', (_, msPerToken, stream) => {
    const model = new CompletionTimeModel()
    bursts(model, msPerToken, stream)
    // The first of each burst found nobody ahead: within 2 % after 20 bursts; a third off where only sums were seen.
    expect(Math.abs(waitAt(model, 0) / idleMs - 1)).toBeLessThan(stream ? 0.02 : 0.34)
    // Of 19 ahead of it, a request waits for four rounds. Within 10 %.
    const fourRoundsMs = idleMs + 4 * (idleMs + tokens * msPerToken)
    expect(Math.abs(waitAt(model, 19) / fourRoundsMs - 1)).toBeLessThan(0.1)
  })

  test('keeps what a queue costs over a quiet time', () => {
    const model = new CompletionTimeModel()
    bursts(model, 20, true)
    const before = waitAt(model, 19)
    for (let i = 0; i < 500; i++) observe(model, streamed(idleMs, tokens, 20, 0))
    expect(Math.abs(waitAt(model, 19) / before - 1)).toBeLessThan(0.01)
  })

  test('at a load that never ends it learns the level: both from too high and from too low', () => {
    for (const firstTokenMs of [100, 60_000]) {
      const model = new CompletionTimeModel()
      for (let i = 0; i < 500; i++) {
        for (let others = 0; others < 3; others++) model.begin(llm)
        observe(model, streamed(firstTokenMs, 10, 1, 3))
        for (let others = 0; others < 3; others++) model.end(llm, undefined)
      }
      expect(Math.abs(waitAt(model, 3) / firstTokenMs - 1)).toBeLessThan(0.06)
    }
  })

  test('one request ahead never costs more than twice what a call takes', () => {
    const model = new CompletionTimeModel()
    for (let i = 0; i < 20; i++) observe(model, streamed(400, 100, 1, 0))
    observe(model, streamed(1e9, 100, 1, 1))
    const generationMs = 300 * 20 * 0.95 ** 21 + 100 * (1 - 0.95 ** 21)
    const idleAfterMs = waitAt(model, 0)
    expect(waitAt(model, 1) - idleAfterMs).toBeCloseTo(2 * (400 + generationMs), 3)
  })

  test('a call from the log, of unknown load, teaches level and speed but not the queue', () => {
    const model = new CompletionTimeModel()
    const waitBefore = waitAt(model, 10) - waitAt(model, 0)
    for (let i = 0; i < 200; i++) observe(model, streamed(900, 100, 5))
    expect(waitAt(model, 0)).toBeCloseTo(900, 0)
    expect(model.expectedCompletionMs(llm, 100)).toBeCloseTo(900 + 500, 0)
    expect(waitAt(model, 10) - waitAt(model, 0)).toBeCloseTo(waitBefore, 9)
  })

  test('an answer in one piece moves the sum towards what it took', () => {
    const model = new CompletionTimeModel()
    for (let i = 0; i < 300; i++) observe(model, whole(600, 10))
    expect(model.expectedCompletionMs(llm, 10)).toBeCloseTo(600, 0)
  })

  test('an answer in one piece of unknown length teaches nothing', () => {
    const model = new CompletionTimeModel()
    const silent = { ...llm, id: 'b', timeToFirstTokenMs: undefined, tokensPerSecond: undefined }
    for (let i = 0; i < 200; i++) {
      observe(model, whole(10_000, undefined))
      model.begin(silent)
      model.end(silent, whole(10_000, undefined, 2))
    }
    expect(model.expectedCompletionMs(llm, 300)).toBe(400 + 300 * 20)
    expect(model.isKnown(silent)).toBe(false)
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1])('ignores a call with a number of %d', (bad) => {
    const model = new CompletionTimeModel()
    const call = streamed(900, 100, 5, 1)
    const fields = ['timeToFirstTokenMs', 'completionMs', 'outputTokens', 'inFlightAtStart'] as const
    for (const field of fields) observe(model, { ...call, [field]: bad })
    observe(model, whole(bad, 10))
    expect(waitAt(model, 5)).toBe(400 + 5 * 25)
    expect(model.expectedCompletionMs(llm, 100)).toBe(400 + 100 * 20)
  })

  test('one absurd observation moves little', () => {
    const model = new CompletionTimeModel()
    observe(model, whole(1e9, 10))
    expect(model.expectedCompletionMs(llm, 10)).toBeLessThan(700)
  })
})
