import { describe, expect, it } from 'vitest'
import { nextNormal, SeededRandom } from '../numeric/random-source.ts'
import { fitTagEnhancedProjection } from './fit-tag-enhanced-projection.ts'
import type { DomainPrompts } from './tag-enhanced-loss.ts'
import { normaliseInPlace, TagEnhancedProjection } from './tag-enhanced-projection.ts'

const dimension = 6
const count = 240

/** Three domains that lie near one another in three directions, much noise in the others; quality goes by one of these. */
function madeClusters(seed: number) {
  const random = new SeededRandom(seed)
  const embeddings = new Float32Array(count * dimension)
  const domainOf = new Int32Array(count)
  const quality = new Float64Array(count * 2)
  for (let row = 0; row < count; row++) {
    const domain = row % 3
    const vector = new Float64Array(dimension).map(
      (_, j) => (j === domain ? 0.7 : j < 3 ? 0.5 : 0) + (j < 3 ? 0.05 : 0.4) * nextNormal(random),
    )
    normaliseInPlace(vector)
    embeddings.set(vector, row * dimension)
    domainOf[row] = domain
    quality[2 * row] = 0.5 + 0.5 * vector[5]!
    quality[2 * row + 1] = 0.5
  }
  const prompts: DomainPrompts = { embeddings, dimension, domainOf, domains: 3 }
  return { prompts, labels: { quality, columns: 2 } }
}

/** Mean cosine of prompts to their domain's centre, and of the centres to one another. */
function geometry(projection: TagEnhancedProjection, { embeddings, domainOf }: DomainPrompts) {
  const projected = Array.from(domainOf, (_, row) => {
    const p = new Float64Array(dimension)
    projection.project(embeddings.subarray(row * dimension, (row + 1) * dimension), p)
    return p
  })
  const centres = [0, 1, 2].map((domain) => {
    const centre = new Float64Array(dimension)
    projected.forEach((p, row) => {
      if (domainOf[row] === domain)
        p.forEach((value, j) => {
          centre[j]! += value
        })
    })
    normaliseInPlace(centre)
    return centre
  })
  const cosine = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, j) => sum + value * b[j]!, 0)
  const within = projected.reduce((sum, p, row) => sum + cosine(p, centres[domainOf[row]!]!) / count, 0)
  const between =
    (cosine(centres[0]!, centres[1]!) + cosine(centres[0]!, centres[2]!) + cosine(centres[1]!, centres[2]!)) / 3
  return { within, between }
}

describe('fitTagEnhancedProjection', () => {
  it('draws a domain together and pushes domains apart', () => {
    const { prompts, labels } = madeClusters(1)
    const { projection, epoch } = fitTagEnhancedProjection(prompts, labels, {
      seed: 1,
      keep: 'last',
      batch: 12,
      learningRate: 0.005,
    })
    const before = geometry(TagEnhancedProjection.identity(dimension), prompts)
    const after = geometry(projection, prompts)
    expect(epoch).toBe(20)
    expect(after.within).toBeGreaterThan(before.within + 0.03)
    expect(after.between).toBeLessThan(before.between - 0.1)
  })

  it('stays near e the more the anchor weighs', () => {
    const { prompts, labels } = madeClusters(2)
    const moved = [0.1, 10].map((anchorWeight) => {
      const options = { seed: 1, keep: 'last', learningRate: 0.01, anchorWeight } as const
      const { projection } = fitTagEnhancedProjection(prompts, labels, options)
      return geometry(projection, prompts).between
    })
    expect(moved[0]).toBeLessThan(moved[1]!)
  })

  it('keeps the identity when the domains are noise', () => {
    const { prompts, labels } = madeClusters(3)
    const random = new SeededRandom(3)
    const noise = { ...prompts, domainOf: prompts.domainOf.map(() => Math.floor(3 * random.next())) }
    const { projection, epoch, heldOutError } = fitTagEnhancedProjection(noise, labels, { seed: 1 })
    expect(epoch).toBe(0)
    expect(projection.isIdentity).toBe(true)
    expect(heldOutError.length).toBeGreaterThan(1)
  })

  it('keeps the identity when too few prompts are there to tell', () => {
    const prompts = { embeddings: Float32Array.of(1, 0, 0, 1), dimension: 2, domainOf: Int32Array.of(0, 1), domains: 2 }
    const labels = { quality: Float64Array.of(0, 1), columns: 1 }
    expect(fitTagEnhancedProjection(prompts, labels, { seed: 1 }).projection.isIdentity).toBe(true)
  })

  it('gives the same bits for the same seed, with unknown labels too', () => {
    const { prompts, labels } = madeClusters(4)
    const holed = { ...labels, quality: labels.quality.map((value, cell) => (cell % 5 === 0 ? Number.NaN : value)) }
    const fitted = () => fitTagEnhancedProjection(prompts, holed, { seed: 9, keep: 'last', epochs: 3 })
    expect(fitted().projection.snapshot()).toEqual(fitted().projection.snapshot())
    expect(fitted().heldOutError.every(Number.isFinite)).toBe(true)
  })
})

describe('TagEnhancedProjection', () => {
  it('adds M·e to e and makes it unit', () => {
    const projection = TagEnhancedProjection.of(2, Float64Array.of(0, 1, 0, 0))
    const out = new Float64Array(2)
    projection.project(Float64Array.of(0.6, 0.8), out)
    // h = (.6 + .8, .8).
    const norm = Math.hypot(1.4, 0.8)
    expect(out[0]).toBeCloseTo(1.4 / norm, 12)
    expect(out[1]).toBeCloseTo(0.8 / norm, 12)
    projection.project(new Float64Array(2), out)
    expect([...out]).toEqual([0, 0])
  })

  it('restores to the same bits, the identity too', () => {
    for (const projection of [
      TagEnhancedProjection.of(2, Float64Array.of(0.1, 0.2, 0.3, 0.4)),
      TagEnhancedProjection.identity(2),
    ]) {
      const restored = TagEnhancedProjection.restore(structuredClone(projection.snapshot()))
      expect(restored.isIdentity).toBe(projection.isIdentity)
      expect(restored.snapshot()).toEqual(projection.snapshot())
      const [a, b] = [projection, restored].map((one) => {
        const out = new Float64Array(2)
        one.project(Float64Array.of(0.6, 0.8), out)
        return out
      })
      expect(a).toEqual(b)
    }
    expect(() => TagEnhancedProjection.restore({ formatVersion: 1, kind: 'other' })).toThrowError(
      expect.objectContaining({ code: 'unknown_snapshot_format' }),
    )
  })
})
