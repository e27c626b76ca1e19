import { expect, test } from 'vitest'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import type { TrainingRows } from '../../routing/prediction/training-rows.ts'
import type { OfflineKnowledge, OnlineRequest } from '../online/online-policy.ts'
import type { MixLlmEstimates } from './mixllm-estimates.ts'
import { mixLlmOnlineKind } from './mixllm-policy.ts'

const costUsd = [0.001, 0.01]

test('a newcomer is not fitted, and joins with its price alone', async () => {
  const fittedFor: string[][] = []
  const kind = mixLlmOnlineKind(async (rows) => {
    fittedFor.push([...rows.llms])
    expect([...rows.quality.subarray(0, 2)]).toEqual([0.4, 0.9])
    return estimatesOf(rows.llms)
  })
  const fitted = await kind.fit(knowledge([1]))
  expect(fittedFor).toEqual([['cheap', 'dear']])
  const policy = fitted.start({ lambda: 1, budgetUsd: undefined, costReferenceUsd: 0.01 })
  policy.llmAdded(1, { inputPerMillionTokensUsd: 0, outputPerMillionTokensUsd: 0.001 })
  // p̂ = .65 for next to nothing, against ½·.4 − ½·.1 = .15 and ½·.9 − ½·1 = −.05.
  expect(policy.choose({ ...request, candidates: [0, 1, 2] }, new SeededRandom(1))).toBe(1)
  expect(policy.choose({ ...request, candidates: [0, 2] }, new SeededRandom(1))).toBe(0)
})

test('under a budget, λ is the greatest whose predicted cost keeps to it', async () => {
  const kind = mixLlmOnlineKind(async (rows) => estimatesOf(rows.llms))
  const fitted = await kind.fit(knowledge([1]))
  const choiceAt = (budgetUsd: number) =>
    fitted
      .start({ lambda: undefined, budgetUsd, costReferenceUsd: 0.01 })
      .choose({ ...request, candidates: [0, 2] }, new SeededRandom(1))
  expect(choiceAt(0.005)).toBe(0)
  expect(choiceAt(0.02)).toBe(2)
})

const request: OnlineRequest = { prompt: 0, context: context(), inputTokens: 100, candidates: [0, 1, 2] }

function context(): OnlineRequest['context'] {
  return { embedderId: 'test', embedding: Float32Array.of(1, 0), explicit: new Float32Array(0) }
}

function estimatesOf(llms: readonly string[]): MixLlmEstimates {
  return {
    llms,
    dimension: 2,
    embed: (from, out) => out.set(from.embedding),
    predictQuality: (_, out) => out.set([0.4, 0.9]),
    predictOutputTokens: (_, out) => out.fill(100),
    predictCostUsd: (_, __, out) => out.set(costUsd),
  }
}

function knowledge(newcomers: readonly number[]): OfflineKnowledge {
  const rows: TrainingRows = {
    llms: ['cheap', 'newcomer', 'dear'],
    contexts: [context(), context()],
    quality: Float64Array.of(0.4, Number.NaN, 0.9, 0.4, Number.NaN, 0.9),
    costUsd: Float64Array.of(0.001, Number.NaN, 0.01, 0.001, Number.NaN, 0.01),
    inputTokens: new Float64Array(6).fill(100),
    outputTokens: new Float64Array(6).fill(100),
  }
  return { rows, texts: ['a', 'b'], prices: [undefined, undefined, undefined], newcomers, seed: 1 }
}
