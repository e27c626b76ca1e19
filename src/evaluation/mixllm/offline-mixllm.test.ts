import { expect, test } from 'vitest'
import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import type { TrainingRows } from '../../routing/prediction/training-rows.ts'
import type { MixLlmEstimates } from './mixllm-estimates.ts'
import { offlineMixLlm } from './offline-mixllm.ts'

let asked = 0
const estimates: MixLlmEstimates = {
  llms: ['whole', 'part'],
  dimension: 2,
  embed: (context, out) => out.set(context.embedding),
  predictQuality: (_, out) => {
    asked++
    out.fill(0.5)
  },
  predictOutputTokens: (_, out) => out.fill(10),
  predictCostUsd: (_, inputTokens, out) => out.fill(inputTokens / 1000),
}

test('A_l takes the queries with a known outcome; LLMs known on all share one; a newcomer has A = I', () => {
  const offline = offlineMixLlm(estimates, rows(), ['whole', 'new', 'part'])
  expect([...offline.columns]).toEqual([0, -1, 1])
  expect(offline.designs[0]).toBe(offline.sharedDesign)
  const first = Float64Array.of(1, 0)
  // Two queries along the first axis, one of them with an outcome of `part`.
  expect(offline.designs[0]!.quadratic(first)).toBeCloseTo(1 / 3, 12)
  expect(offline.designs[2]!.quadratic(first)).toBeCloseTo(1 / 2, 12)
  expect(offline.designs[1]!.quadratic(first)).toBe(1)
})

test('estimates of a prompt are worked out once, and again for another size', () => {
  const { memory } = offlineMixLlm(estimates, rows(), ['whole', 'part'])
  const prompt = context(0, 1)
  asked = 0
  const known = memory.of(prompt, 100)
  expect(memory.of(prompt, 100)).toBe(known)
  expect(asked).toBe(1)
  expect(known.sharedQuadratic).toBeCloseTo(1, 12)
  expect([...memory.of(prompt, 200).costUsd]).toEqual([0.2, 0.2])
})

function rows(): TrainingRows {
  const cells = new Float64Array(4).fill(1)
  return {
    llms: ['whole', 'part'],
    contexts: [context(1, 0), context(1, 0)],
    quality: Float64Array.of(1, 1, 1, Number.NaN),
    costUsd: cells,
    inputTokens: cells,
    outputTokens: cells,
  }
}

function context(...embedding: number[]): RoutingContext {
  return { embedderId: 'test', embedding: Float32Array.from(embedding), explicit: new Float32Array(0) }
}
