import { describe, expect, it } from 'vitest'
import type { RoutingContext } from '../routing/embedding/routing-context.ts'
import { nextNormal, SeededRandom } from '../routing/numeric/random-source.ts'
import type { SnapshotData } from '../routing/policy-store.ts'
import type { TrainingRows } from '../routing/prediction/training-rows.ts'
import { restoreDescription, snapshotDescription } from '../routing/prediction/universal/llm-description.ts'
import { UniversalModel } from '../routing/prediction/universal/universal-model.ts'
import { chooseUniversalTrust } from './choose-universal-trust.ts'
import { fitUniversal } from './fit-universal.ts'
import { basisOf, universalTraining } from './universal-basis.ts'
import { playEpisode } from './universal-episodes.ts'

const topics = 4
const dimension = 8

/** LLMs of two kinds, good at even or at odd topics; each row's true qualities beside drawn 0–1 labels. */
function makeRows(prompts: number, llms: number, seed: number): { rows: TrainingRows; truth: Float64Array } {
  const random = new SeededRandom(seed)
  const contexts: RoutingContext[] = []
  const truth = new Float64Array(prompts * llms)
  for (let row = 0; row < prompts; row++) {
    const topic = Math.floor(random.next() * topics)
    const embedding = Float32Array.from(
      { length: dimension },
      (_, j) => 0.1 * nextNormal(random) + (j === topic ? 1 : 0),
    )
    const norm = Math.hypot(...embedding)
    contexts.push({
      embedderId: 'test',
      embedding: embedding.map((value) => value / norm),
      explicit: Float32Array.of(random.next()),
    })
    for (let llm = 0; llm < llms; llm++) {
      truth[row * llms + llm] = (llm % 2 === topic % 2 ? 0.9 : 0.4) - 0.02 * Math.floor(llm / 2)
    }
  }
  const quality = truth.map((value) => (random.next() < value ? 1 : 0))
  const costUsd = truth.map((_, cell) => 1 + (cell % llms))
  const unknown = new Float64Array(quality.length).fill(Number.NaN)
  const names = Array.from({ length: llms }, (_, llm) => `llm-${llm}`)
  return { rows: { llms: names, contexts, quality, costUsd, inputTokens: unknown, outputTokens: unknown }, truth }
}

/** The newcomer is the last LLM of the rows; the others train. */
async function withNewcomer(llms: number, probes: number) {
  const train = makeRows(400, llms, 1)
  const test = makeRows(200, llms + 1, 2)
  const known = <T extends Float64Array>(cells: T): Float64Array =>
    Float64Array.from(cells.filter((_, cell) => cell % (llms + 1) < llms))
  const model = await fitUniversal({ rows: train.rows, base: train.truth }, { seed: 1, draws: 3 })
  const newcomer = Float64Array.from({ length: probes }, (_, row) => test.rows.quality[row * (llms + 1) + llms]!)
  const description = model.describe({
    contexts: test.rows.contexts.slice(0, probes),
    quality: newcomer,
    base: known(test.truth).subarray(0, probes * llms),
    anchors: known(test.rows.quality).subarray(0, probes * llms),
  })
  let error = 0
  for (let row = probes; row < 200; row++) {
    const base = known(test.truth).subarray(row * llms, (row + 1) * llms)
    const { quality } = model.predict(test.rows.contexts[row]!, base, description)
    error += Math.abs(quality - test.truth[row * (llms + 1) + llms]!) / (200 - probes)
  }
  return { model, description, error }
}

describe('fitUniversal', () => {
  it('learns what kind of LLM a newcomer is from 50 labels, to .12', async () => {
    const { model, description, error } = await withNewcomer(8, 50)
    expect(error).toBeLessThan(0.12)
    expect(model.episodes.map(({ labels }) => labels)).toEqual([25, 50, 100, 200])
    for (const { weights, trust } of model.episodes) {
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12)
      expect(Math.min(...weights)).toBeGreaterThanOrEqual(0)
      expect(trust).toBeGreaterThan(0)
    }
    expect(description.labels).toBe(50)
    expect(description.levelError).toBeLessThan(0.1)
  })

  it('is deterministic, and restores to the same bits', async () => {
    const { rows, truth } = makeRows(200, 5, 5)
    const again = () => fitUniversal({ rows, base: truth }, { seed: 7, draws: 2 })
    const model = await again()
    expect((await again()).snapshot()).toEqual(model.snapshot())
    const restored = UniversalModel.restore(structuredClone(model.snapshot()))
    const probes = {
      contexts: rows.contexts.slice(0, 40),
      quality: Float64Array.from({ length: 40 }, (_, row) => rows.quality[row * 5]!),
      base: truth.subarray(0, 200),
    }
    const description = model.describe(probes)
    expect(restored.describe(probes)).toEqual(description)
    expect(restored.predict(rows.contexts[50]!, truth.subarray(250, 255), description)).toEqual(
      model.predict(rows.contexts[50]!, truth.subarray(250, 255), description),
    )
    expect(() => UniversalModel.restore({ ...(model.snapshot() as object), formatVersion: 2 })).toThrowError(
      expect.objectContaining({ code: 'unknown_snapshot_format' }),
    )
  })

  it.each([0, 1, 2])('does with %i training LLMs what can be done', async (llms) => {
    const { rows, truth } = makeRows(200, 4, 6)
    const few: TrainingRows = {
      ...rows,
      llms: rows.llms.slice(0, llms),
      quality: rows.quality.filter((_, cell) => cell % 4 < llms),
      costUsd: rows.costUsd.filter((_, cell) => cell % 4 < llms),
    }
    const base = truth.filter((_, cell) => cell % 4 < llms)
    const model = await fitUniversal({ rows: few, base }, { seed: 1 })
    expect(model.episodes).toEqual([])
    const description = model.describe({
      contexts: rows.contexts.slice(0, 100),
      quality: Float64Array.from({ length: 100 }, (_, row) => rows.quality[row * 4 + 3]!),
      base: base.subarray(0, 100 * llms),
    })
    const { quality, standardError } = model.predict(
      rows.contexts[120]!,
      base.subarray(120 * llms, 121 * llms),
      description,
    )
    expect(Math.abs(quality - truth[120 * 4 + 3]!)).toBeLessThan(0.35)
    expect(standardError).toBeGreaterThan(0)
  })

  it('takes cost for a sign of quality only where leaving one LLM out shows it', () => {
    const { rows, truth } = makeRows(300, 8, 10)
    const all = [...rows.llms.keys()]
    const slopeWith = (costOf: (llm: number) => number): number => {
      const costUsd = truth.map((_, cell) => costOf(cell % 8))
      return basisOf(universalTraining({ rows: { ...rows, costUsd }, base: truth }, 1), all).level.slope
    }
    const levels = all.map((llm) =>
      truth.filter((_, cell) => cell % 8 === llm).reduce((sum, value) => sum + value / 300, 0),
    )
    expect(slopeWith((llm) => Math.exp(10 * levels[llm]!))).toBeCloseTo(0.1, 1)
    expect(slopeWith((llm) => [3, 1, 4, 1.5, 9, 2.6, 5, 3.5][llm]!)).toBe(0)
    expect(slopeWith(() => 1)).toBe(0)
    expect(slopeWith(() => Number.NaN)).toBe(0)
    // One LLM that is dear and good is no rule.
    expect(slopeWith((llm) => (levels[llm] === Math.max(...levels) ? 9 : 1 + 0.01 * llm))).toBe(0)
  })

  it('leaves a newcomer unlike a few training LLMs to its labels', async () => {
    // Three LLMs of one level, a newcomer .35 below: of 50 labels the prior may take a fifth, of 200 a fifteenth.
    const { rows, truth } = makeRows(400, 3, 12)
    const alike = truth.map(() => 0.8)
    const random = new SeededRandom(13)
    const quality = alike.map((value) => (random.next() < value ? 1 : 0))
    const model = await fitUniversal({ rows: { ...rows, quality }, base: alike }, { seed: 1 })
    for (const labels of [50, 200]) {
      const newcomer = Float64Array.from({ length: labels }, (_, row) => (row % 20 < 9 ? 1 : 0))
      const description = model.describe({
        contexts: rows.contexts.slice(0, labels),
        quality: newcomer,
        base: alike.subarray(0, labels * 3),
        anchors: quality.subarray(0, labels * 3),
      })
      const mean = newcomer.reduce((sum, label) => sum + label / labels, 0)
      expect(Math.abs(description.level - mean)).toBeLessThan((0.8 - mean) * (labels === 50 ? 0.2 : 0.07))
      expect(description.levelError).toBeGreaterThan(0.4 / Math.sqrt(labels) / 2)
    }
  })

  it('counts siblings once where it learns how far levels lie apart', () => {
    const { rows, truth } = makeRows(300, 8, 10)
    const levelOf = (bases: string[], columns: number[]) =>
      basisOf(universalTraining({ rows, base: truth, bases }, 1), columns).level
    const siblings = levelOf(['a', 'b', 'a', 'a', 'a', 'a', 'a', 'a'], [0, 1, 2, 4, 6])
    const means = universalTraining({ rows, base: truth }, 1).quality.means
    const family = (means[0]! + means[2]! + means[4]! + means[6]!) / 4
    const centre = (family + means[1]!) / 2
    expect(siblings.mean).toBeCloseTo(centre, 12)
    // (4·.04 + Σ)/(4 + 2 − 1).
    expect(siblings.variance).toBeCloseTo((0.16 + (family - centre) ** 2 + (means[1]! - centre) ** 2) / 5, 12)
  })

  it('rehearses with some of the LLMs where there are many, siblings together', () => {
    const { rows, truth } = makeRows(200, 40, 14)
    const bases = rows.llms.map((_, llm) => `base-${llm >> 1}`)
    const training = universalTraining({ rows, base: truth, bases }, 1)
    const { newcomers, levels, own, quality, asked } = playEpisode(training, 50, new SeededRandom(1))
    expect(newcomers.length).toBe(24)
    expect(new Set(newcomers).size).toBe(24)
    expect(new Set(newcomers.map((llm) => llm >> 1)).size).toBe(12)
    expect(levels[0]!.length).toBe(24)
    expect(own.length).toBe(24 * asked.length)
    asked.forEach((row, index) => {
      newcomers.forEach((llm, place) => {
        expect(quality[index * 24 + place]).toBe(rows.quality[row * 40 + llm])
      })
    })
  })

  it('describes in plain numbers that survive JSON', async () => {
    const { model, description } = await withNewcomer(6, 40)
    const read = restoreDescription(JSON.parse(JSON.stringify(description)) as SnapshotData)
    const { rows, truth } = makeRows(20, 6, 11)
    const base = truth.subarray(0, 6)
    expect(model.predict(rows.contexts[0]!, base, read)).toEqual(model.predict(rows.contexts[0]!, base, description))
    expect(restoreDescription(snapshotDescription(description))).toEqual(description)
  })

  it('copes with unknown cells', async () => {
    const { rows, truth } = makeRows(200, 6, 8)
    const quality = rows.quality.map((value, cell) => (cell % 7 === 0 ? Number.NaN : value))
    const model = await fitUniversal({ rows: { ...rows, quality }, base: truth }, { seed: 1, draws: 2 })
    for (const { weights, trust } of model.episodes) {
      for (const weight of weights) expect(Number.isFinite(weight)).toBe(true)
      expect(Number.isFinite(trust)).toBe(true)
    }
  })
})

describe('the trust in deviations', () => {
  const { rows, truth } = makeRows(400, 6, 9)
  const training = universalTraining({ rows, base: truth }, 1)
  const asked = Array.from({ length: 300 }, (_, row) => row)
  const quality = rows.quality.slice(0, 300 * 6)
  const levels = [0, 1, 2].map(() => new Float64Array(6).fill(0.6))
  const chosen = (deviations: Float64Array): number => {
    const episode = {
      labels: 50,
      newcomers: [0, 1, 2, 3, 4, 5],
      asked,
      levels,
      deviations: [deviations, deviations, deviations],
      own: quality,
      quality,
    }
    return chooseUniversalTrust(training, [episode, episode], [1, 0, 0], new SeededRandom(1))
  }

  it('is there where they are right, none where they mislead, and whole where it does not matter', () => {
    const right = truth.slice(0, 300 * 6).map((value) => value - 0.6)
    expect(chosen(right)).toBeGreaterThan(0)
    expect(chosen(right.map((value) => -value))).toBe(0)
    expect(chosen(right.map(() => 0))).toBe(1)
  })

  it('is a number where next to no bill is known', async () => {
    const random = new SeededRandom(4)
    for (const billed of [0.005, 0.02, 0.1]) {
      const costUsd = rows.costUsd.map((value) => (random.next() < billed ? value : Number.NaN))
      const model = await fitUniversal({ rows: { ...rows, costUsd }, base: truth }, { seed: 1, draws: 2 })
      for (const { trust } of model.episodes) expect([0, 0.25, 0.5, 0.75, 1]).toContain(trust)
      expect(() => UniversalModel.restore(structuredClone(model.snapshot()))).not.toThrow()
    }
  })

  it('is whole where there is no cost to weigh', () => {
    const free = { ...training, rows: { ...rows, costUsd: rows.costUsd.map(() => Number.NaN) } }
    const episode = {
      labels: 50,
      newcomers: [0, 1, 2, 3, 4, 5],
      asked,
      levels,
      deviations: levels.map(() => quality),
      own: quality,
      quality,
    }
    expect(chooseUniversalTrust(free, [episode], [1, 0, 0], new SeededRandom(1))).toBe(1)
  })
})
