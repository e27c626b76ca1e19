import { describe, expect, it } from 'vitest'
import { nextNormal, SeededRandom } from '../numeric/random-source.ts'
import { type DomainPrompts, TagEnhancedLoss } from './tag-enhanced-loss.ts'
import { normaliseInPlace } from './tag-enhanced-projection.ts'

function randomUnits(count: number, dimension: number, random: SeededRandom): Float64Array {
  const units = new Float64Array(count * dimension).map(() => nextNormal(random))
  for (let row = 0; row < count; row++) normaliseInPlace(units.subarray(row * dimension, (row + 1) * dimension))
  return units
}

describe('TagEnhancedLoss', () => {
  it('meets a hand-worked case at the identity', () => {
    // Domain 0 at (1, 0), domain 1 at (.6, .8); the running centres both at (1, 0).
    const prompts: DomainPrompts = {
      embeddings: Float32Array.of(1, 0, 0.6, 0.8),
      dimension: 2,
      domainOf: Int32Array.of(0, 1),
      domains: 2,
    }
    const loss = new TagEnhancedLoss(prompts, { interWeight: 2, anchorWeight: 5, margin: 0.1 })
    const value = loss.evaluate(new Float64Array(4), [0, 1], Float64Array.of(1, 0, 1, 0), new Float64Array(4))
    // L_intra = (0 + .4)/2; L_inter = (.6 − .1)² for both orders of the one pair; the anchor is 0 at M = 0.
    expect(value).toBeCloseTo(0.2 + 2 * 0.25, 6)
  })

  it.each([0, 0.3])('has the gradient of finite differences, margin %d', (margin) => {
    const d = 4
    const random = new SeededRandom(7)
    const prompts: DomainPrompts = {
      embeddings: Float32Array.from(randomUnits(9, d, random)),
      dimension: d,
      domainOf: Int32Array.of(0, 1, 2, 0, 1, -1, 0, 2, 1),
      domains: 3,
    }
    const centres = randomUnits(3, d, random)
    const rows = [0, 1, 2, 3, 4, 5, 6, 8]
    const map = new Float64Array(d * d).map(() => 0.3 * nextNormal(random))
    const loss = new TagEnhancedLoss(prompts, { interWeight: 1.3, anchorWeight: 0.7, margin })
    const gradient = new Float64Array(d * d)
    loss.evaluate(map, rows, centres, gradient)
    const step = 1e-5
    const ignored = new Float64Array(d * d)
    for (let i = 0; i < map.length; i++) {
      const up = map.slice()
      const down = map.slice()
      up[i]! += step
      down[i]! -= step
      const slope =
        (loss.evaluate(up, rows, centres, ignored) - loss.evaluate(down, rows, centres, ignored)) / (2 * step)
      expect(gradient[i]).toBeCloseTo(slope, 6)
    }
  })

  it('is held by the anchor alone where no prompt has a domain', () => {
    const prompts: DomainPrompts = {
      embeddings: Float32Array.of(1, 0),
      dimension: 2,
      domainOf: Int32Array.of(-1),
      domains: 1,
    }
    const loss = new TagEnhancedLoss(prompts, { interWeight: 1, anchorWeight: 1, margin: 0 })
    // h = (1, 1): p·e = √½.
    const value = loss.evaluate(Float64Array.of(0, 0, 1, 0), [0], new Float64Array(2), new Float64Array(4))
    expect(value).toBeCloseTo(1 - Math.SQRT1_2, 12)
  })
})
