import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { OutcomeData } from '../../src/outcomes/outcome-data.ts'
import { unknownCells } from '../../src/outcomes/outcome-data.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import { selectSplit } from '../../src/outcomes/split.ts'
import {
  averageImprovementInQuality,
  fixedLlmPoints,
  sweepPoints,
} from '../../src/routing/decision/cost-quality-hull.ts'
import { HashedNgramEmbedder } from '../../src/routing/embedding/hashed-ngram-embedder.ts'
import { nextNormal, SeededRandom } from '../../src/routing/numeric/random-source.ts'
import { type FittedPolicy, restorePolicy, snapshotPolicy } from '../../src/routing/prediction/fitted-policy.ts'
import type { TokenCostPredictor } from '../../src/routing/prediction/token-cost-predictor.ts'
import { fitContexts, trainingRows } from '../../src/training/fit-contexts.ts'
import { fitPolicy } from '../../src/training/fit-policy.ts'
import type { FitProgress } from '../../src/training/fit-progress.ts'
import { predictCosts } from '../../src/training/predict-costs.ts'

const topics = [
  ['sum', 'integer', 'equation', 'prime', 'digit', 'square', 'fraction', 'modulo'],
  ['poem', 'river', 'autumn', 'lantern', 'sailor', 'meadow', 'whisper', 'harbour'],
] as const

/** `cheap` writes well and cannot count; `dear` can do both, at twenty times the price. A third LLM has no labels. */
function twoTopicData(count: number, seed: number): OutcomeData {
  const random = new SeededRandom(seed)
  const cells = 3 * count
  const data = {
    name: 'two topics',
    prompts: [] as OutcomeData['prompts'][number][],
    llms: ['cheap', 'dear', 'unlabelled'].map((id, index) => ({
      id,
      base: id,
      extra: {},
      price: { inputPerMillionTokensUsd: [1, 20, 5][index]!, outputPerMillionTokensUsd: [1, 20, 5][index]! },
    })),
    quality: unknownCells(cells),
    costUsd: unknownCells(cells),
    inputTokens: unknownCells(cells),
    outputTokens: unknownCells(cells),
    latencyMs: unknownCells(cells),
  }
  for (let row = 0; row < count; row++) {
    const topic = Math.floor(random.next() * 2)
    const words = Array.from({ length: 12 }, () => topics[topic]![Math.floor(random.next() * 8)]!)
    data.prompts.push({ id: `p${row}`, source: String(topic), text: `${words.join(' ')} ${row}`, extra: {} })
    const means = [topic === 0 ? 0.2 : 0.9, 0.9]
    means.forEach((mean, llm) => {
      const cell = 3 * row + llm
      data.quality[cell] = Math.min(1, Math.max(0, mean + 0.1 * nextNormal(random)))
      data.inputTokens[cell] = 20
      data.outputTokens[cell] = Math.round(100 * Math.exp(0.2 * nextNormal(random)))
      data.costUsd[cell] = ((20 + data.outputTokens[cell]!) * [1, 20][llm]!) / 1e6
    })
  }
  return data
}

async function predictions(policy: FittedPolicy, embedder: HashedNgramEmbedder, data: OutcomeData) {
  const contexts = await fitContexts(embedder, data.prompts)
  const width = policy.quality.llms.length
  const quality = new Float64Array(contexts.length * width)
  contexts.forEach((context, row) => {
    policy.quality.predict(context, quality.subarray(row * width, (row + 1) * width))
  })
  return { contexts, quality }
}

describe('fitPolicy', () => {
  const data = twoTopicData(300, 1)
  const options = { seed: 7, now: Date.UTC(2026, 10, 22) }

  it('learns which LLM is worth its price where', async () => {
    const steps: FitProgress[] = []
    const result = await fitPolicy(data, { ...options, onProgress: (step) => steps.push(step) })
    const { policy, embedder } = result
    expect(policy.quality.llms).toEqual(['cheap', 'dear'])
    expect(result.leftOut).toEqual(['unlabelled'])
    expect(policy.embedderId).toBe(embedder.id)
    expect(policy.description).toBe('two topics: 300 prompts, 2 LLMs')
    expect(policy.llms.map((llm) => llm.labels)).toEqual([300, 300])
    const fresh = twoTopicData(60, 2)
    const { quality } = await predictions(policy, embedder, fresh)
    fresh.prompts.forEach((prompt, row) => {
      const gain = quality[2 * row + 1]! - quality[2 * row]!
      if (prompt.source === '0') expect(gain).toBeGreaterThan(0.4)
      else expect(Math.abs(gain)).toBeLessThan(0.2)
    })
    // The labels' own noise is .1, less what clipping at 1 takes off.
    for (const noise of policy.noise) expect(noise).toBeLessThan(0.15)
    expect(policy.costReferenceUsd).toBeCloseTo((120 * 20) / 1e6, 3)
    expect(policy.reportedQuality(0.9)).toBeGreaterThan(policy.reportedQuality(0.2) + 0.4)
    expect(new Set(steps.map((step) => step.phase))).toEqual(
      new Set(['embedder', 'contexts', 'cross-validation', 'final']),
    )
    for (const { done, total } of steps) expect(done).toBeLessThanOrEqual(total)
  })

  it('gives the same policy for the same data and seed, and restores it bit for bit', async () => {
    const first = await fitPolicy(data, options)
    const second = await fitPolicy(data, options)
    const snapshot = structuredClone(snapshotPolicy(first.policy))
    expect(snapshotPolicy(second.policy)).toEqual(snapshot)
    const restored = restorePolicy(snapshot)
    const embedder = HashedNgramEmbedder.restore(structuredClone(first.embedder.snapshot()))
    expect(embedder.id).toBe(restored.embedderId)
    const expected = await predictions(first.policy, first.embedder, data)
    expect(await predictions(restored, embedder, data)).toEqual(expected)
    expect(restored.reportedQuality(0.31)).toBe(first.policy.reportedQuality(0.31))
    expect(snapshotPolicy(restored)).toEqual(snapshot)
  })

  it('lets others have their turn while the embedder is fitted', async () => {
    let turns = 0
    let turnsBeforeContexts = 0
    let isFitting = true
    const spin = (): void => {
      turns++
      if (isFitting) setImmediate(spin)
    }
    spin()
    const onProgress = ({ phase, done }: FitProgress): void => {
      if (phase === 'contexts' && done === 0) turnsBeforeContexts = turns
    }
    await fitPolicy(data, { ...options, onProgress })
    isFitting = false
    expect(turnsBeforeContexts).toBeGreaterThan(100)
  })

  it('keeps an embedder it is given', async () => {
    const { embedder } = await fitPolicy(data, options)
    const again = await fitPolicy(twoTopicData(200, 3), { ...options, seed: 8, embedder })
    expect(again.embedder).toBe(embedder)
    expect(again.policy.embedderId).toBe(embedder.id)
  })

  it('says what is missing', async () => {
    await expect(fitPolicy(twoTopicData(49, 1), options)).rejects.toMatchObject({ code: 'too_few_prompts' })
    const unlabelled = { ...data, quality: unknownCells(data.quality.length) }
    await expect(fitPolicy(unlabelled, options)).rejects.toMatchObject({ code: 'no_llm' })
    await expect(fitPolicy(data, { ...options, split: 'train' })).rejects.toMatchObject({ code: 'empty' })
  })

  it('works without any known cost', async () => {
    const { policy, trust } = await fitPolicy({ ...data, costUsd: unknownCells(data.costUsd.length) }, options)
    // Where bills are unknown, claims are judged as if they played no part.
    expect(trust).toBeGreaterThan(0.5)
    expect(trust).toBeLessThanOrEqual(1)
    // The dearest list price for 500 tokens in and 300 out: at 20 USD per million, .016.
    expect(policy.costReferenceUsd).toBeCloseTo(0.016, 12)
    expect(policy.llms[0]?.meanCostUsd).toBeUndefined()
  })

  it('has no scale for cost without any bill or price', async () => {
    const llms = data.llms.map((llm) => ({ ...llm, price: undefined }))
    const { policy } = await fitPolicy({ ...data, llms, costUsd: unknownCells(data.costUsd.length) }, options)
    expect(policy.costReferenceUsd).toBe(1)
  })

  it('learns nothing from the labels of another split', async () => {
    const half = data.prompts.length / 2
    // The first five test prompts repeat training prompts in another spelling, with the opposite labels.
    const prompts = data.prompts.map((prompt, row) => ({
      ...prompt,
      split: row < half ? 'train' : 'test',
      text: row >= half && row < half + 5 ? data.prompts[row - half]!.text.toUpperCase() : prompt.text,
    }))
    const turned = data.quality.map((value, cell) => (cell >= 3 * half ? 1 - value : value))
    const fitTrain = (quality: Float64Array) => fitPolicy({ ...data, prompts, quality }, { ...options, split: 'train' })
    const result = await fitTrain(data.quality)
    expect(snapshotPolicy((await fitTrain(turned)).policy)).toEqual(snapshotPolicy(result.policy))
    expect([result.prompts, result.sharedPrompts]).toEqual([half - 5, 5])
    expect(result.policy.description).toBe(
      'two topics, split train: 145 prompts, 2 LLMs; 5 left out, as another split has the same text',
    )
  })

  it('states next to no noise for an LLM that is always right', async () => {
    const quality = data.quality.map((value, cell) => (cell % 3 === 0 ? 1 : value))
    const { policy } = await fitPolicy({ ...data, quality }, options)
    expect(policy.noise[0]).toBeGreaterThanOrEqual(0)
    expect(policy.noise[0]).toBeLessThan(0.01)
    expect(policy.noise[1]).toBeGreaterThan(0.05)
    expect(policy.reportedQuality(1)).toBeGreaterThan(0.95)
  })
})

const sharedData = resolve(process.env.POINTSMAN_DATA ?? '../shared/data')

/** AIQ of the hull of fixed LLMs and of the prototype's stack on each set's own test split (mathematics §9). */
const references = [
  { set: 'paretobandit', train: 'val', test: 'test', zeroRouter: 0.9263, stack: 0.9315 },
  { set: 'routerbench-0shot', train: 'train', test: 'test', zeroRouter: 0.8189, stack: 0.8525 },
] as const

describe.skipIf(!existsSync(sharedData))('fitPolicy on shared data (skipped where POINTSMAN_DATA is absent)', () => {
  it.each(references)('comes within .003 of the reference on $set', async ({ set, train, test, zeroRouter, stack }) => {
    const data = await readOutcomeData(join(sharedData, set))
    const { policy, embedder } = await fitPolicy(data, { seed: 1, now: 0, split: train })
    const heldOut = selectSplit(data, test)
    const { contexts, quality } = await predictions(policy, embedder, heldOut)
    const rows = trainingRows(heldOut, contexts)
    const predictedCostUsd = new Float64Array(quality.length)
    predictCosts(
      policy.cost as TokenCostPredictor,
      rows,
      heldOut.llms.map((llm) => llm.price),
      contexts.map((_, row) => row),
      predictedCostUsd,
    )
    const fixed = fixedLlmPoints(rows.quality, rows.costUsd, rows.llms.length)
    const maxCostUsd = Math.max(...fixed.map((point) => point.costUsd))
    const table = { ...rows, llmCount: rows.llms.length, predictedQuality: quality, predictedCostUsd }
    expect(averageImprovementInQuality(fixed, maxCostUsd)).toBeCloseTo(zeroRouter, 3)
    expect(averageImprovementInQuality(sweepPoints(table, maxCostUsd), maxCostUsd)).toBeGreaterThan(stack - 0.003)
  })
})
