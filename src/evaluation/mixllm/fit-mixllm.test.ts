import { describe, expect, it } from 'vitest'
import { nextNormal, SeededRandom } from '../../routing/numeric/random-source.ts'
import type { TrainingRows } from '../../routing/prediction/training-rows.ts'
import type { StaticPrompts } from '../protocols/static/static-policy.ts'
import { type FitMixLlmOptions, fitMixLlm } from './fit-mixllm.ts'
import type { FittedMixLlm } from './fitted-mixllm.ts'
import { costReferenceUsd, mixLlmChoices, mixLlmQuality } from './mixllm-static-policy.ts'

const dimension = 4
const count = 120
const prices = [
  { inputPerMillionTokensUsd: 1, outputPerMillionTokensUsd: 2 },
  { inputPerMillionTokensUsd: 10, outputPerMillionTokensUsd: 20 },
  undefined,
]

/** Two topics; `cheap` is good at the first, `dear` at both, `new` at the second. Answers on the second are four times as long. */
function twoTopics(seed: number) {
  const random = new SeededRandom(seed)
  const texts: string[] = []
  const contexts: TrainingRows['contexts'][number][] = []
  const cells = { quality: [] as number[], costUsd: [] as number[], outputTokens: [] as number[] }
  for (let row = 0; row < count; row++) {
    const topic = row % 2
    texts.push(topic === 0 ? `Find the area of a triangle ${row}` : `The defendant went to court, negligence ${row}`)
    const vector = Float32Array.from({ length: dimension }, (_, j) => (j === topic ? 1 : 0) + 0.1 * nextNormal(random))
    const norm = Math.hypot(...vector)
    contexts.push({
      embedderId: 'test',
      embedding: vector.map((value) => value / norm),
      explicit: Float32Array.of(topic, row),
    })
    const tokens = (topic === 0 ? 100 : 400) * (0.9 + 0.2 * random.next())
    cells.quality.push(topic === 0 ? 0.9 : 0.2, 0.95, topic === 0 ? 0.1 : 0.9)
    cells.outputTokens.push(tokens, tokens, Number.NaN)
    cells.costUsd.push((100 + 2 * tokens) / 1e6, (1000 + 20 * tokens) / 1e6, topic === 0 ? 1e-5 : 3e-5)
  }
  const rows: TrainingRows = {
    llms: ['cheap', 'dear', 'new'],
    contexts,
    quality: Float64Array.from(cells.quality),
    costUsd: Float64Array.from(cells.costUsd),
    inputTokens: new Float64Array(3 * count).fill(100),
    outputTokens: Float64Array.from(cells.outputTokens),
  }
  return { rows, texts }
}

const { rows, texts } = twoTopics(1)

function mixLlmOf(changes: Partial<FitMixLlmOptions> = {}, of: TrainingRows = rows): Promise<FittedMixLlm> {
  const sources = texts.map((_, row) => (row % 2 === 0 ? 'geometry' : 'law'))
  return fitMixLlm(of, { texts, sources, prices, seed: 1, tags: 'none', trees: 10, folds: 3, ...changes })
}

/** Column `llm` of the rows. */
function rowsOf(llm: number): TrainingRows {
  const pick = (cells: Float64Array) => cells.filter((_, cell) => cell % 3 === llm)
  return {
    llms: [rows.llms[llm]!],
    contexts: rows.contexts,
    quality: pick(rows.quality),
    costUsd: pick(rows.costUsd),
    inputTokens: pick(rows.inputTokens),
    outputTokens: pick(rows.outputTokens),
  }
}

function predict(fitted: FittedMixLlm, row: number, inputTokens = 100) {
  const width = fitted.llms.length
  const embedding = new Float64Array(fitted.dimension)
  const quality = new Float64Array(width)
  const outputTokens = new Float64Array(width)
  const costUsd = new Float64Array(width)
  fitted.embed(rows.contexts[row]!, embedding)
  fitted.predictQuality(embedding, quality)
  fitted.predictOutputTokens(embedding, outputTokens)
  fitted.predictCostUsd(embedding, inputTokens, costUsd)
  return { embedding, quality, outputTokens, costUsd }
}

describe('fitMixLlm', () => {
  it('learns who is good at what', async () => {
    const fitted = await mixLlmOf()
    for (const [row, expected] of [
      [0, [0.9, 0.95, 0.1]],
      [1, [0.2, 0.95, 0.9]],
    ] as const) {
      const { quality } = predict(fitted, row)
      expected.forEach((value, llm) => {
        expect(Math.abs(quality[llm]! - value)).toBeLessThan(0.1)
      })
    }
    expect(fitted.describe().quality).toEqual(['forest', 'forest', 'forest'])
  })

  it('prices lengths by Eq. 5 where it can, and regresses the bill where it cannot', async () => {
    const fitted = await mixLlmOf()
    const { outputTokens, costUsd } = predict(fitted, 1)
    expect(Math.abs(outputTokens[1]! / 400 - 1)).toBeLessThan(0.15)
    expect(costUsd[1]).toBeCloseTo((100 * 10 + outputTokens[1]! * 20) / 1e6, 12)
    expect(predict(fitted, 1, 1100).costUsd[1]! - costUsd[1]!).toBeCloseTo((1000 * 10) / 1e6, 12)
    expect(Math.abs(costUsd[2]! / 3e-5 - 1)).toBeLessThan(0.15)
    expect(fitted.describe().withoutLengths).toEqual(['new'])
  })

  it('has e_n of mean squared norm 1 over the training rows', async () => {
    for (const changes of [
      {},
      { tags: 'domains', keepProjection: 'last', domainOfTag: { 'source:law': 'a', 'source:geometry': 'b' } },
    ] as const) {
      const fitted = await mixLlmOf(changes)
      let squares = 0
      for (let row = 0; row < count; row++) {
        for (const value of predict(fitted, row).embedding) squares += value ** 2 / count
      }
      expect(squares).toBeCloseTo(1, 9)
    }
  })

  it('puts the projection beside the design vector, unless it is no better than e', async () => {
    const none = await mixLlmOf()
    const domainOfTag = { 'source:law': 'Law', 'source:geometry': 'Mathematics' }
    const forced = await mixLlmOf({ tags: 'domains', keepProjection: 'last', domainOfTag })
    expect(none.dimension).toBe(dimension + 2)
    expect(forced.dimension).toBe(2 * dimension + 2)
    expect(forced.describe().projectionEpoch).toBe(20)
    expect((await mixLlmOf({ tags: 'domains', sourcesAsTags: false, domainOfTag })).dimension).toBe(none.dimension)
    expect(none.describe().domains).toEqual([])
  })

  it('takes an edited map of domains', async () => {
    const fitted = await mixLlmOf({
      tags: 'domains',
      domainOfTag: { 'source:law': 'Law', 'source:geometry': 'Mathematics' },
    })
    expect([...fitted.describe().domains].sort()).toEqual(['Law', 'Mathematics'])
  })

  it('gives the same bits for the same seed', async () => {
    const [first, second] = [await mixLlmOf({ tags: 'domains' }), await mixLlmOf({ tags: 'domains' })]
    expect(predict(first, 5)).toEqual(predict(second, 5))
  })

  it('gives an LLM without outcomes the means of the pool', async () => {
    const blank = (cells: Float64Array) => cells.map((value, cell) => (cell % 3 === 0 ? Number.NaN : value))
    const newcomer = {
      ...rows,
      quality: blank(rows.quality),
      costUsd: blank(rows.costUsd),
      outputTokens: blank(rows.outputTokens),
    }
    const { quality, costUsd, outputTokens } = predict(await mixLlmOf({}, newcomer), 0)
    expect(quality[0]).toBeCloseTo((0.95 + 0.5) / 2, 6)
    expect(costUsd[0]).toBeCloseTo((100 + 2 * outputTokens[0]!) / 1e6, 12)
    expect(outputTokens[0]).toBeGreaterThan(200)
  })

  it('refuses texts that are not those of the rows', async () => {
    await expect(mixLlmOf({ texts: [] })).rejects.toMatchObject({ code: 'dimension_mismatch' })
  })
})

describe('FittedMixLlm', () => {
  it('adds an LLM by its own regressors: the others keep their bits, and it predicts as if it had been there', async () => {
    const whole = await mixLlmOf()
    const without = whole.removeLlm('new')
    const again = without.addLlm(rowsOf(2), prices[2])
    expect(without.llms).toEqual(['cheap', 'dear'])
    expect(again.llms).toEqual(['cheap', 'dear', 'new'])
    for (const row of [0, 1, 17]) {
      const [all, two, three] = [whole, without, again].map((fitted) => predict(fitted, row))
      expect([...two!.quality, ...two!.costUsd]).toEqual([...all!.quality.slice(0, 2), ...all!.costUsd.slice(0, 2)])
      expect(three).toEqual(all)
    }
  })

  it('refuses to add what is there or to remove what is not', async () => {
    const fitted = await mixLlmOf()
    expect(() => fitted.addLlm(rowsOf(2), undefined)).toThrowError(expect.objectContaining({ code: 'invalid_option' }))
    expect(() => fitted.addLlm(rows, undefined)).toThrowError(expect.objectContaining({ code: 'invalid_option' }))
    expect(() => fitted.removeLlm('gone')).toThrowError(expect.objectContaining({ code: 'unknown_llm' }))
  })
})

describe('mixLlmChoices', () => {
  it('goes from the cheapest to the best as λ rises', async () => {
    const fitted = await mixLlmOf()
    const prompts: StaticPrompts = {
      contexts: rows.contexts.slice(0, 20),
      texts: texts.slice(0, 20),
      predictedCostUsd: new Float64Array(60),
      inputTokens: new Float64Array(20).fill(100),
    }
    const quality = mixLlmQuality(fitted, prompts.contexts)
    const { settings, answeredBy } = mixLlmChoices(fitted, costReferenceUsd(rows), prompts)
    expect(answeredBy).toHaveLength(settings * 20)
    prompts.contexts.forEach((_, row) => {
      const { costUsd } = predict(fitted, row)
      expect(costUsd[answeredBy[row]!]).toBe(Math.min(...costUsd))
      const own = quality.subarray(3 * row, 3 * row + 3)
      expect(own[answeredBy[(settings - 1) * 20 + row]!]).toBe(Math.max(...own))
    })
  })

  it('weighs quality and cost equally at λ = 1', async () => {
    const fitted = await mixLlmOf()
    const { quality, costUsd } = predict(fitted, 0)
    const prompts = {
      contexts: [rows.contexts[0]!],
      texts: [texts[0]!],
      predictedCostUsd: new Float64Array(3),
      inputTokens: Float64Array.of(100),
    }
    // A C_ref at which `dear` and `cheap` change places on this prompt, a little to either side.
    const even = (costUsd[1]! - costUsd[0]!) / (quality[1]! - quality[0]!)
    const at = (reference: number) => {
      const { settings, answeredBy } = mixLlmChoices(fitted, reference, prompts)
      return answeredBy[(settings - 1) / 2]
    }
    expect(quality[1]).toBeGreaterThan(quality[0]!)
    expect(at(even * 1.01)).toBe(1)
    expect(at(even * 0.99)).toBe(0)
  })
})

describe('costReferenceUsd', () => {
  it('is the mean bill of the dearest LLM', () => {
    const bills = Float64Array.of(1, 4, Number.NaN, 3, 2, Number.NaN)
    expect(costReferenceUsd({ ...rows, contexts: rows.contexts.slice(0, 2), costUsd: bills })).toBe(3)
    expect(costReferenceUsd({ ...rows, costUsd: rows.costUsd.map(() => Number.NaN) })).toBe(1)
  })
})
