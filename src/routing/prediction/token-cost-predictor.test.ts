import { describe, expect, it } from 'vitest'
import { explicitFeatureNames } from '../embedding/explicit-features.ts'
import type { RoutingContext } from '../embedding/routing-context.ts'
import { nextNormal, SeededRandom } from '../numeric/random-source.ts'
import type { SnapshotData } from '../policy-store.ts'
import { type Llm, unknownLlmProperties } from '../registry/llm.ts'
import type { TokenPrice } from '../registry/token-price.ts'
import { tokenCostFormat1 } from './__fixtures__/token-cost-format-1.ts'
import { answersUntilLengthKnown, p90ToMean, priorOutputTokens } from './bill-corrections.ts'
import type { CallSize, CostEstimates } from './cost-predictor.ts'
import { TokenCostPredictor } from './token-cost-predictor.ts'
import type { TrainingRows } from './training-rows.ts'

const price: TokenPrice = { inputPerMillionTokensUsd: 1, outputPerMillionTokensUsd: 10 }

function llm(id: string, llmPrice: TokenPrice | undefined = price): Llm {
  return { ...unknownLlmProperties, id, provider: 'p', upstreamModel: id, price: llmPrice }
}

function context(topic: number): RoutingContext {
  const embedding = new Float32Array(8)
  embedding[topic] = 1
  const explicit = new Float32Array(explicitFeatureNames.length)
  explicit[0] = Math.log1p(400)
  return { embedderId: 'test', embedding, explicit }
}

const nothingEmbedded: RoutingContext = {
  embedderId: 'test',
  embedding: new Float32Array(0),
  explicit: new Float32Array(0),
}

const size: CallSize = { inputTokens: 100, maxOutputTokens: undefined, choices: 1 }

function newEstimates(capacity: number): CostEstimates {
  return {
    costUsd: new Float64Array(capacity),
    offlineCostUsd: new Float64Array(capacity),
    costUsdP90: new Float64Array(capacity),
    outputTokens: new Float64Array(capacity),
    outputTokensP90: new Float64Array(capacity),
  }
}

function predict(predictor: TokenCostPredictor, of: RoutingContext, llms: readonly Llm[], call: CallSize = size) {
  const out = newEstimates(llms.length)
  predictor.predict(of, call, llms, out)
  return out
}

/** `counted` has token counts, `billed` only bills, at a prompt of 100 tokens; topic 1 takes ten times the tokens of 0. */
function twoTopicCosts(count: number): TrainingRows {
  const random = new SeededRandom(1)
  const cells = 2 * count
  const rows = {
    llms: ['counted', 'billed'],
    contexts: [] as RoutingContext[],
    quality: new Float64Array(cells),
    costUsd: new Float64Array(cells),
    inputTokens: new Float64Array(cells).fill(Number.NaN),
    outputTokens: new Float64Array(cells).fill(Number.NaN),
  }
  for (let row = 0; row < count; row++) {
    const topic = Math.floor(random.next() * 2)
    rows.contexts.push(context(topic))
    const tokens = Math.round((topic === 0 ? 50 : 500) * Math.exp(0.3 * nextNormal(random)))
    rows.inputTokens[2 * row] = 100
    rows.outputTokens[2 * row] = tokens
    rows.costUsd[2 * row] = (100 + 10 * tokens) / 1e6
    rows.costUsd[2 * row + 1] = (100 + 10 * 2 * tokens) / 1e6
  }
  return rows
}

describe('TokenCostPredictor, unfitted', () => {
  it('multiplies the prior length by the price', () => {
    const out = predict(TokenCostPredictor.unfitted(), nothingEmbedded, [llm('any')])
    expect(out.outputTokens[0]).toBe(priorOutputTokens)
    expect(out.outputTokensP90[0]).toBe(p90ToMean * priorOutputTokens)
    expect(out.costUsd[0]).toBeCloseTo((100 * 1 + 300 * 10) / 1e6, 15)
    expect(out.costUsdP90[0]).toBeCloseTo((100 * 1 + 600 * 10) / 1e6, 15)
  })

  it('takes a long prompt at its tier', () => {
    const tier = { aboveInputTokens: 1_000, inputPerMillionTokensUsd: 2, outputPerMillionTokensUsd: 20 }
    const tiered = llm('tiered', { ...price, tiers: [tier] })
    for (const [inputTokens, factor] of [
      [1_000, 1],
      [1_001, 2],
    ] as const) {
      const call = { inputTokens, maxOutputTokens: undefined, choices: 1 }
      const out = predict(TokenCostPredictor.unfitted(), nothingEmbedded, [tiered], call)
      expect(out.costUsd[0]).toBeCloseTo((factor * (inputTokens * 1 + 300 * 10)) / 1e6, 12)
      expect(out.costUsdP90[0]).toBeCloseTo((factor * (inputTokens * 1 + 600 * 10)) / 1e6, 12)
    }
  })

  it('says NaN, never zero, for an unknown price, and zero for a free LLM', () => {
    const free = llm('free', { inputPerMillionTokensUsd: 0, outputPerMillionTokensUsd: 0 })
    const unpriced = { ...llm('unpriced'), price: undefined }
    const { costUsd, costUsdP90 } = predict(TokenCostPredictor.unfitted(), nothingEmbedded, [unpriced, free])
    expect([...costUsd, ...costUsdP90]).toEqual([Number.NaN, 0, Number.NaN, 0])
  })

  it('holds lengths to the caller’s cap', () => {
    const call = { inputTokens: 0, maxOutputTokens: 20, choices: 1 }
    const out = predict(TokenCostPredictor.unfitted(), nothingEmbedded, [llm('any')], call)
    expect([out.outputTokens[0], out.outputTokensP90[0]]).toEqual([20, 20])
    expect([out.costUsd[0], out.costUsdP90[0]]).toEqual([200 / 1e6, 200 / 1e6])
  })

  it('learns an LLM’s length from its answers', () => {
    const predictor = TokenCostPredictor.unfitted()
    for (let i = 0; i < 400; i++) predictor.observe('any', Number.NaN, undefined, 50, undefined)
    const out = predict(predictor, nothingEmbedded, [llm('any'), llm('other')])
    expect(out.outputTokens[0]).toBeCloseTo(50, 0)
    expect(out.outputTokens[1]).toBe(priorOutputTokens)
  })

  it('does not take an answer that a cap ended for a short one', () => {
    const predictor = TokenCostPredictor.unfitted()
    for (let i = 0; i < 200; i++) predictor.observe('any', Number.NaN, undefined, 5, 5)
    for (let i = 0; i < 200; i++) predictor.observe('any', Number.NaN, undefined, 96, 100)
    expect(predict(predictor, nothingEmbedded, [llm('any')]).outputTokens[0]).toBe(priorOutputTokens)
    for (let i = 0; i < 400; i++) predictor.observe('any', Number.NaN, undefined, 94, 100)
    expect(predict(predictor, nothingEmbedded, [llm('any')]).outputTokens[0]).toBeCloseTo(94, 0)
  })

  it('has no base for bills until the length has been learned', () => {
    const predictor = TokenCostPredictor.unfitted()
    const offlineUsd = () => predict(predictor, nothingEmbedded, [llm('any')]).offlineCostUsd[0]!
    for (let i = 0; i < answersUntilLengthKnown; i++) {
      expect(offlineUsd()).toBeNaN()
      predictor.observe('any', Number.NaN, undefined, undefined, undefined)
    }
    expect(offlineUsd()).toBeCloseTo((100 * 1 + 300 * 10) / 1e6, 15)
  })

  it('is not thrown off by bills of calls that were sent before the length was known', () => {
    for (const tokens of [50, 1500]) {
      const predictor = TokenCostPredictor.unfitted()
      const billedUsd = (100 + 10 * tokens) / 1e6
      const sent = Array.from({ length: 200 }, () => Number.NaN)
      for (let i = 0; i < 500; i++) {
        const { offlineCostUsd, costUsd } = predict(predictor, nothingEmbedded, [llm('any')])
        if (i > 200) expect(Math.abs(Math.log(costUsd[0]! / billedUsd))).toBeLessThan(0.3)
        sent.push(offlineCostUsd[0]!)
        predictor.observe('any', sent.shift()!, billedUsd, tokens, undefined)
      }
    }
  })
})

describe('TokenCostPredictor, fitted', () => {
  const rows = twoTopicCosts(300)
  const fitted = TokenCostPredictor.fit(rows, [price, price])
  // A log-normal of deviation .3 has mean e^.045 and 90 % point e^(1.2816·.3) times its median.
  const meanOverMedian = Math.exp(0.045)
  const p90OverMedian = Math.exp(0.3845)

  it('predicts counted lengths by topic, mean and 90 % point, to 15 %', () => {
    for (const [topic, median] of [50, 500].entries()) {
      const { outputTokens, outputTokensP90 } = predict(fitted, context(topic), [llm('counted')])
      expect(Math.abs(outputTokens[0]! / (median * meanOverMedian) - 1)).toBeLessThan(0.15)
      expect(Math.abs(outputTokensP90[0]! / (median * p90OverMedian) - 1)).toBeLessThan(0.15)
    }
  })

  it('finds the length behind bills, reasoning and all, to 25 %', () => {
    const { costUsd, outputTokens } = predict(fitted, context(1), [llm('billed')])
    expect(Math.abs(outputTokens[0]! / (1000 * meanOverMedian) - 1)).toBeLessThan(0.25)
    expect(costUsd[0]).toBeCloseTo((100 + 10 * outputTokens[0]!) / 1e6, 10)
  })

  it('acts on a new price at once and counts a long prompt in full', () => {
    const dearer = { inputPerMillionTokensUsd: 1, outputPerMillionTokensUsd: 20 }
    const [was, now] = [llm('billed'), llm('billed', dearer)].map((each) => predict(fitted, context(0), [each]))
    expect(now!.costUsd[0]! - was!.costUsd[0]!).toBeCloseTo((10 * was!.outputTokens[0]!) / 1e6, 12)
    const long = predict(fitted, context(0), [llm('billed')], {
      inputTokens: 100_100,
      maxOutputTokens: undefined,
      choices: 1,
    })
    expect(long.costUsd[0]! - was!.costUsd[0]!).toBeCloseTo(0.1, 7)
  })

  it('follows bills without changing what it compares them with', () => {
    const predictor = TokenCostPredictor.fit(rows, [price, price])
    const before = predict(predictor, context(1), [llm('counted')])
    expect(before.offlineCostUsd).toEqual(before.costUsd)
    predictor.observe('counted', before.offlineCostUsd[0]!, 3 * before.costUsd[0]!, undefined, undefined)
    const after = predict(predictor, context(1), [llm('counted')])
    expect(after.offlineCostUsd).toEqual(before.offlineCostUsd)
    expect(after.costUsd[0]! / before.costUsd[0]!).toBeCloseTo(1.04, 12)
    expect(after.costUsdP90[0]! / before.costUsdP90[0]!).toBeCloseTo(1.04, 12)
  })

  it('bills the 90 % point of the length, or that of a regressed bill', () => {
    const unpriced = { ...llm('billed'), price: undefined }
    const out = predict(fitted, context(1), [llm('counted'), unpriced])
    expect(out.costUsdP90[0]).toBeCloseTo((100 + 10 * out.outputTokensP90[0]!) / 1e6, 10)
    expect(Math.abs(out.costUsdP90[1]! / out.costUsd[1]! / (p90OverMedian / meanOverMedian) - 1)).toBeLessThan(0.15)
  })

  it('falls back on the regressed bill where the price is not known, on priors for strangers', () => {
    const unpriced = { ...llm('billed'), price: undefined }
    const stranger = llm('stranger')
    const out = predict(fitted, context(1), [unpriced, llm('billed'), stranger])
    expect(Math.abs(out.costUsd[0]! / out.costUsd[1]! - 1)).toBeLessThan(0.05)
    expect(out.outputTokens[2]).toBe(priorOutputTokens)
  })

  it('gives mean bills where nothing was embedded, the prompt charged once, and no base for bills', () => {
    const { costUsd, offlineCostUsd } = predict(fitted, nothingEmbedded, [llm('counted'), llm('billed')])
    for (const column of [0, 1]) {
      const recorded = rows.costUsd.filter((_, cell) => cell % 2 === column)
      const mean = recorded.reduce((sum, cost) => sum + cost, 0) / recorded.length
      expect(costUsd[column]).toBeCloseTo(mean, 10)
    }
    expect([...offlineCostUsd]).toEqual([Number.NaN, Number.NaN])
  })

  it('has no base for bills of answers that the cap may cut short', () => {
    const { outputTokensP90 } = predict(fitted, context(0), [llm('counted')])
    const capped = (maxOutputTokens: number) =>
      predict(fitted, context(0), [llm('counted')], { ...size, maxOutputTokens }).offlineCostUsd[0]
    expect(capped(outputTokensP90[0]! - 1)).toBeNaN()
    expect(capped(outputTokensP90[0]! + 1)).toBeGreaterThan(0)
  })

  it('expects of an LLM with few answers what they tell, drawn to the prior', () => {
    const few = (cells: Float64Array, column: number) =>
      cells.map((value, cell) => (cell % 2 === column && cell >= 2 * 16 ? Number.NaN : value))
    const costUsd = few(few(rows.costUsd, 0), 1)
    const predictor = TokenCostPredictor.fit({ ...rows, costUsd, outputTokens: few(rows.outputTokens, 0) }, [
      price,
      price,
    ])
    const { outputTokens, offlineCostUsd } = predict(predictor, context(1), [llm('counted'), llm('billed')])
    const lengths = Array.from({ length: 16 }, (_, row) => rows.outputTokens[2 * row]!)
    const mean = lengths.reduce((sum, tokens) => sum + tokens, 0) / 16
    expect(outputTokens[0]).toBeCloseTo((16 * mean + 4 * priorOutputTokens) / 20, 6)
    expect(outputTokens[1]).toBeCloseTo((16 * 2 * mean + 4 * priorOutputTokens) / 20, 3)
    expect([...offlineCostUsd]).toEqual([Number.NaN, Number.NaN])
  })

  it('expects of a newcomer what its bills tell, and forgets what it expected before', () => {
    const contexts = Array.from({ length: 46 }, () => context(0))
    const bills = new Float64Array(46).fill((100 + 10 * 900) / 1e6)
    const costUsd = bills.map((usd, i) => (i < 6 ? Number.NaN : usd))
    const before = predict(fitted, context(0), [llm('counted'), llm('new')])
    const taught = fitted.withBills(llm('new'), contexts, costUsd)
    taught.observe('new', Number.NaN, undefined, 5, undefined)
    const after = predict(taught.withBills(llm('new'), contexts, costUsd), context(0), [llm('counted'), llm('new')])
    expect(after.costUsd[0]).toBe(before.costUsd[0])
    expect(after.outputTokens[1]).toBeCloseTo((40 * 900 + 4 * priorOutputTokens) / 44, 3)
    expect(after.offlineCostUsd[1]).toBe(after.costUsd[1])
    expect(predict(fitted, context(0), [llm('new')]).outputTokens[0]).toBe(priorOutputTokens)
  })

  it('restores to bit-identical estimates, corrections included', () => {
    const predictor = TokenCostPredictor.fit(rows, [price, undefined])
    predictor.observe('counted', 0.001, 0.002, 80, undefined)
    predictor.observe('stranger', 0.001, 0.0005, 70, undefined)
    const restored = TokenCostPredictor.restore(structuredClone(predictor.snapshot()))
    const llms = ['counted', 'billed', 'stranger'].map((id) => llm(id))
    for (const topic of [0, 1]) {
      expect(predict(restored, context(topic), llms)).toEqual(predict(predictor, context(topic), llms))
    }
    expect(restored.llms).toEqual(['counted', 'billed'])
  })

  it('reads the means of an older format, and says so', () => {
    const old = TokenCostPredictor.restore(tokenCostFormat1())
    expect([old.isByMeans, fitted.isByMeans, TokenCostPredictor.unfitted().isByMeans]).toEqual([true, false, false])
    const unpriced = { ...llm('b'), price: undefined }
    for (const of of [context(0), nothingEmbedded]) {
      const out = predict(old, of, [llm('a'), llm('b'), llm('c'), unpriced])
      expect([...out.outputTokens]).toEqual([100, 400, priorOutputTokens, 400])
      expect(out.outputTokensP90[0]).toBe(250)
      expect([...out.costUsd].map((usd) => Math.round(usd * 1e6))).toEqual([1100, 4100, 3100, 4000])
    }
    const again = TokenCostPredictor.restore(structuredClone(old.snapshot()))
    expect(again.isByMeans).toBe(true)
    expect(predict(again, context(1), [llm('a')])).toEqual(predict(old, context(1), [llm('a')]))
  })

  it('refuses snapshots of an unknown format, and says what to do', () => {
    const newer = { ...(fitted.snapshot() as Record<string, SnapshotData>), formatVersion: 3 }
    expect(() => TokenCostPredictor.restore(newer)).toThrowError(
      expect.objectContaining({ code: 'unknown_snapshot_format', message: expect.stringContaining('fit it anew') }),
    )
  })

  it('counts the prompt as each LLM does', () => {
    const inputTokens = rows.inputTokens.map((_, cell) => (cell % 2 === 0 ? 100 : 300))
    const predictor = TokenCostPredictor.fit({ ...rows, inputTokens }, [price, price])
    const zero = { ...price, outputPerMillionTokensUsd: 0 }
    const { costUsd } = predict(predictor, context(0), [llm('counted', zero), llm('billed', zero), llm('other', zero)])
    // Estimated at 100, the one counts as much, the other three times that, and a stranger what they do on average.
    expect([...costUsd].map((usd) => Math.round(1e6 * usd))).toEqual([100, 300, 200])
  })

  it('refuses outputs that are too short', () => {
    const short = { ...newEstimates(2), costUsdP90: new Float64Array(1) }
    expect(() => fitted.predict(context(0), size, [llm('counted'), llm('billed')], short)).toThrowError(
      expect.objectContaining({ code: 'dimension_mismatch' }),
    )
  })

  it('bills every answer that is asked for at once', () => {
    const cost = TokenCostPredictor.unfitted()
    const llm = {
      ...unknownLlmProperties,
      id: 'a',
      provider: 'p',
      upstreamModel: 'a',
      price: { inputPerMillionTokensUsd: 0, outputPerMillionTokensUsd: 1 },
    }
    const of = (choices: number) => {
      const out = {
        costUsd: new Float64Array(1),
        offlineCostUsd: new Float64Array(1),
        costUsdP90: new Float64Array(1),
        outputTokens: new Float64Array(1),
        outputTokensP90: new Float64Array(1),
      }
      const context = { embedderId: '', embedding: new Float32Array(0), explicit: new Float32Array(0) }
      cost.predict(context, { inputTokens: 10, maxOutputTokens: 50, choices }, [llm], out)
      return out
    }
    expect(of(4).costUsd[0]).toBeCloseTo(4 * of(1).costUsd[0]!, 12)
    expect(of(128).costUsdP90[0]).toBeCloseTo(128 * of(1).costUsdP90[0]!, 12)
  })
})
