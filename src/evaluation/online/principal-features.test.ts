import { describe, expect, it } from 'vitest'
import { nextNormal, SeededRandom } from '../../routing/numeric/random-source.ts'
import { PrincipalFeatures } from './principal-features.ts'

const contextOf = (embedding: readonly number[]) => ({
  embedderId: 'test',
  embedding: Float32Array.from(embedding),
  explicit: new Float32Array(0),
})

describe('PrincipalFeatures', () => {
  it('finds the leading direction, whitens it and adds a bias', () => {
    const contexts = [-2, -1, 1, 2].map((t) => contextOf([t, t, 0.001 * t * t]))
    const features = new PrincipalFeatures(contexts, 1)
    const x = new Float64Array(features.dimension)
    const values = contexts.map((context) => {
      features.write(context, x)
      expect(x[1]).toBe(1)
      return x[0]!
    })
    // Deviation of −2, −1, 1, 2 is √2.5 along (1, 1)/√2 times √2.
    expect(Math.abs(values[3]!)).toBeCloseTo(2 / Math.sqrt(2.5), 3)
    expect(values[0]).toBeCloseTo(-values[3]!, 3)
  })

  it('has mean 0, variance 1 and no correlation on its own rows', () => {
    const random = new SeededRandom(5)
    const contexts = Array.from({ length: 400 }, () => {
      const [a, b, c] = [nextNormal(random), nextNormal(random), nextNormal(random)]
      return contextOf([3 * a, a + b, 0.2 * c, b - c])
    })
    const features = new PrincipalFeatures(contexts, 3)
    const second = new Float64Array(9)
    const x = new Float64Array(4)
    for (const context of contexts) {
      features.write(context, x)
      for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) second[i * 3 + j]! += (x[i]! * x[j]!) / 400
    }
    second.forEach((value, cell) => {
      expect(value).toBeCloseTo(cell % 4 === 0 ? 1 : 0, 6)
    })
  })

  it('leaves out directions in which nothing varies', () => {
    const contexts = [1, 2, 3].map((t) => contextOf([t, 0, 0]))
    expect(new PrincipalFeatures(contexts, 3).dimension).toBe(2)
  })
})
