import { expect, test } from 'vitest'
import type { OutcomeData, OutcomeLlm } from '../../outcomes/outcome-data.ts'
import { declaredSpeed, serviceTimes } from './simulated-latency.ts'

test('the class goes by parameters where they are known, else by output price', () => {
  expect(declaredSpeed(llm({ params: '7B' }, 0.2)).tokensPerSecond).toBe(100)
  expect(declaredSpeed(llm({ params: '8x7B MoE (46.7B)' }, 0.6)).tokensPerSecond).toBe(40)
  expect(declaredSpeed(llm({ params: null }, 2.4)).tokensPerSecond).toBe(60)
  expect(declaredSpeed(llm({}, 30))).toMatchObject({ timeToFirstTokenMs: 900, tokensPerSecond: 25 })
  expect(declaredSpeed(llm({}, undefined)).tokensPerSecond).toBe(25)
})

test('measured latency wins; recorded length comes next; else the length follows from the bill', () => {
  const data: OutcomeData = {
    name: 'made',
    prompts: [{ id: 'p', source: '', text: 'x'.repeat(400), extra: {} }],
    llms: [llm({}, 10), llm({}, 10), llm({}, 10), llm({}, undefined)],
    quality: Float64Array.of(1, 1, 1, 1),
    // 100 tokens in at 1 USD and 200 out at 10 USD a million.
    costUsd: Float64Array.of(0.0021, 0.0021, 0.0021, Number.NaN),
    inputTokens: Float64Array.of(Number.NaN, Number.NaN, Number.NaN, Number.NaN),
    outputTokens: Float64Array.of(Number.NaN, 80, Number.NaN, Number.NaN),
    latencyMs: Float64Array.of(1234, Number.NaN, Number.NaN, Number.NaN),
  }
  const { serviceMs, outputTokens, measured, simulated, derivedLengths } = serviceTimes(data)
  expect(serviceMs[0]).toBe(1234)
  expect(serviceMs[1]).toBeCloseTo(700 + (1000 * 80) / 40, 9)
  expect(outputTokens[2]).toBeCloseTo(200, 9)
  expect(serviceMs[2]).toBeCloseTo(700 + (1000 * 200) / 40, 9)
  expect(serviceMs[3]).toBeCloseTo(900 + (1000 * 300) / 25, 9)
  expect([measured, simulated, derivedLengths]).toEqual([1, 3, 2])
})

function llm(extra: Record<string, unknown>, outputPrice: number | undefined): OutcomeLlm {
  const price =
    outputPrice === undefined
      ? undefined
      : { inputPerMillionTokensUsd: outputPrice / 10, outputPerMillionTokensUsd: outputPrice }
  return { id: 'llm', price, base: 'llm', extra }
}
