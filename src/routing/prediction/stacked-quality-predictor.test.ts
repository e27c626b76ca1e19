import { describe, expect, it } from 'vitest'
import type { RoutingContext } from '../embedding/routing-context.ts'
import type { QualityPredictor } from './quality-predictor.ts'
import { StackedQualityPredictor } from './stacked-quality-predictor.ts'

const context: RoutingContext = {
  embedderId: 'test',
  embedding: new Float32Array(2),
  explicit: new Float32Array(0),
}

function constant(quality: readonly number[], uncertainty: number, llms = ['a', 'b']): QualityPredictor {
  return {
    llms,
    predict: (_, qualityOut, uncertaintyOut) => {
      qualityOut.set(quality)
      uncertaintyOut?.fill(uncertainty)
    },
    snapshot: () => ({ formatVersion: 1, kind: 'constant' }),
  }
}

function predict(predictor: QualityPredictor) {
  const quality = new Float64Array(2)
  const uncertainty = new Float64Array(2)
  predictor.predict(context, quality, uncertainty)
  return { quality, uncertainty }
}

const means = Float64Array.from([0.5, 0.6])
const meanErrors = Float64Array.from([0.02, 0.02])
const members = [constant([0.4, 0.8], 0.1), constant([0.6, 0.6], 0.2)]

describe('StackedQualityPredictor', () => {
  it('weighs, keeps the level and shrinks, by hand', () => {
    const stack = new StackedQualityPredictor({
      members,
      weights: Float64Array.from([0.5, 0.25]),
      trust: 0.5,
      means,
      meanErrors,
    })
    const { quality, uncertainty } = predict(stack)
    // p̄ = .6, so p̂ = .5·.4 + .25·.6 + .25·.6 = .5 and .5·.8 + .25·.6 + .25·.6 = .7; half-way to .5 and .6.
    expect(quality[0]).toBeCloseTo(0.5, 12)
    expect(quality[1]).toBeCloseTo(0.65, 12)
    // ū = (.5·.1 + .25·.2)/.75 = 2/15; v of .4 and .6 at weights 2/3, 1/3 is .02/2.25.
    expect(uncertainty[0]).toBeCloseTo(Math.sqrt(0.25 * ((2 / 15) ** 2 + 0.02 / 2.25) + 0.25 * 0.02 ** 2), 12)
  })

  it('is the LLM means at no trust, with their errors', () => {
    const weights = Float64Array.from([1, 0])
    const { quality, uncertainty } = predict(
      new StackedQualityPredictor({ members, weights, trust: 0, means, meanErrors }),
    )
    expect([...quality]).toEqual([0.5, 0.6])
    expect([...uncertainty]).toEqual([0.02, 0.02])
  })

  it('clips to [0, 1]', () => {
    const weights = Float64Array.from([5, 0])
    const { quality } = predict(new StackedQualityPredictor({ members, weights, trust: 1, means, meanErrors }))
    expect([...quality]).toEqual([0, 1])
  })

  it('refuses members that do not fit together', () => {
    const weights = Float64Array.from([1, 1])
    const parts = { weights, trust: 1, means, meanErrors }
    const invalid = expect.objectContaining({ code: 'invalid_option' })
    const swapped = [members[0]!, constant([0, 0], 1, ['b', 'a'])]
    expect(() => new StackedQualityPredictor({ ...parts, members: swapped })).toThrowError(invalid)
    expect(() => new StackedQualityPredictor({ ...parts, members: [] })).toThrowError(invalid)
    expect(() => new StackedQualityPredictor({ ...parts, members, trust: 1.1 })).toThrowError(invalid)
    expect(() => new StackedQualityPredictor({ ...parts, members: [members[0]!] })).toThrowError(
      expect.objectContaining({ code: 'dimension_mismatch' }),
    )
  })
})
