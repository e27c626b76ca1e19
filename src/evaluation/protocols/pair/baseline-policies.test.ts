import { describe, expect, it } from 'vitest'
import type { OutcomeData } from '../../../outcomes/outcome-data.ts'
import { contextAt, twoTopics } from '../../baselines/__fixtures__/two-topics.ts'
import { baselinePolicies } from './baseline-policies.ts'
import type { PairTraining } from './pair-policy.ts'

/** The strong LLM is worse on the first topic and no better on the second. */
function training(): PairTraining {
  const { rows, texts, embedder, seed, folds } = twoTopics(60, 0.1)
  const quality = rows.quality.map((_, cell) => (cell % 4 === 1 ? 0 : 1))
  const data = {
    prompts: texts.map((text) => ({ id: text, text, source: '', extra: {} })),
    llms: rows.llms.map((id) => ({ id, price: undefined, base: id, extra: {} })),
  } as unknown as OutcomeData
  return { data, rows: { ...rows, quality }, embedder, seed, folds }
}

describe('baselinePolicies', () => {
  it.each(['optllm', 'forc', 'zooter'])('%s ranks prompts on which nothing is to be gained', async (name) => {
    const policy = baselinePolicies.find(({ names }) => names[0] === name)!
    const contexts = [contextAt(1, 0), contextAt(0, 1)]
    const [gains] = await policy.gains(training(), {
      contexts,
      texts: ['lost', 'even'],
      inputTokens: new Float64Array(2).fill(100),
    })
    expect(gains![0]).toBeLessThan(gains![1]!)
  })
})
