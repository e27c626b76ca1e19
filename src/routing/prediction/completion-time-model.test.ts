import { describe, expect, test } from 'vitest'
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

function streamed(timeToFirstTokenMs: number, outputTokens: number, msPerToken: number) {
  return { timeToFirstTokenMs, outputTokens, completionMs: timeToFirstTokenMs + outputTokens * msPerToken }
}

describe('CompletionTimeModel', () => {
  test('starts from what the LLM declares: ttft + length/speed', () => {
    expect(new CompletionTimeModel().expectedCompletionMs(llm, 100)).toBe(400 + 100 * 20)
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
    for (let i = 0; i < 8; i++) model.begin(llm)
    expect(model.inFlight(llm)).toBe(8)
    expect(model.expectedCompletionMs(llm, 0)).toBe(400 + 8 * 100)
    for (let i = 0; i < 9; i++) model.end(llm, undefined)
    expect(model.inFlight(llm)).toBe(0)
    expect(model.expectedCompletionMs(llm, 0)).toBe(400)
  })

  test('learns first-token time and speed from streams', () => {
    const model = new CompletionTimeModel()
    for (let i = 0; i < 200; i++) {
      model.begin(llm)
      model.end(llm, streamed(1200, 100, 5))
    }
    expect(model.expectedFirstTokenMs(llm)).toBeCloseTo(1200, 0)
    expect(model.expectedCompletionMs(llm, 100)).toBeCloseTo(1200 + 500, 0)
  })

  test('learns what a queue costs: first-token time that grows with the requests in flight', () => {
    const model = new CompletionTimeModel()
    for (let round = 0; round < 200; round++) {
      const others = round % 6
      for (let i = 0; i <= others; i++) model.begin(llm)
      model.end(llm, streamed(300 + 50 * others, 20, 5))
      for (let i = 0; i < others; i++) model.end(llm, undefined)
    }
    expect(model.expectedFirstTokenMs(llm)).toBeCloseTo(300, -1)
    for (let i = 0; i < 10; i++) model.begin(llm)
    expect(model.expectedFirstTokenMs(llm)).toBeGreaterThan(750)
    expect(model.expectedFirstTokenMs(llm)).toBeLessThan(850)
  })

  test('an answer in one piece moves the sum towards what it took', () => {
    const model = new CompletionTimeModel()
    for (let i = 0; i < 300; i++) {
      model.begin(llm)
      model.end(llm, { timeToFirstTokenMs: undefined, completionMs: 600, outputTokens: 10 })
    }
    expect(model.expectedCompletionMs(llm, 10)).toBeCloseTo(600, 0)
  })

  test('one absurd observation moves little', () => {
    const model = new CompletionTimeModel()
    model.begin(llm)
    model.end(llm, { timeToFirstTokenMs: undefined, completionMs: 1e9, outputTokens: 10 })
    expect(model.expectedCompletionMs(llm, 10)).toBeLessThan(700)
  })
})
