import { describe, expect, it } from 'vitest'
import type { RoutingContext } from '../embedding/routing-context.ts'
import { DesignVector } from './design-vector.ts'

function context(embedding: readonly number[], explicit: readonly number[]): RoutingContext {
  return { embedderId: 'test', embedding: Float32Array.from(embedding), explicit: Float32Array.from(explicit) }
}

describe('DesignVector', () => {
  // Feature 1 has mean 2 and deviation 1; feature 2 is constant.
  const training = [context([1, 0, 0, 0], [1, 5]), context([0, 1, 0, 0], [3, 5])]
  const design = DesignVector.fit(training)

  it('scales the embedding by .3·√d and standardises the features to .3', () => {
    const x = new Float64Array(6)
    design.write(context([0.5, -0.5, 0.5, 0.5], [4, 5]), x)
    const expected = [0.3, -0.3, 0.3, 0.3, 0.6, 0]
    expected.forEach((value, j) => {
      expect(x[j]).toBeCloseTo(value, 7)
    })
  })

  it('ignores what was constant in training and holds the rest to five deviations', () => {
    const x = new Float64Array(6)
    design.write(context([0, 0, 0, 1], [1e9, -1e9]), x)
    expect(x[4]).toBeCloseTo(1.5, 12)
    expect(x[5]).toBeCloseTo(0, 12)
  })

  it('multiplies every feature by the first coordinates of the embedding', () => {
    const rich = DesignVector.fit(training, { coordinates: 2, scale: 0.5 })
    const x = new Float64Array(rich.dimension)
    rich.write(context([0.5, -0.5, 0.5, 0.5], [4, 5]), x)
    // .6 of the first feature, √d = 2: .5·.6·2·(±.5); the second was constant.
    const expected = [0.3, -0.3, 0.3, 0.3, 0.6, 0, 0.3, -0.3, 0, 0]
    expect(x).toHaveLength(expected.length)
    expected.forEach((value, j) => {
      expect(x[j]).toBeCloseTo(value, 7)
    })
    const restored = DesignVector.restore(structuredClone(rich.snapshot()))
    expect(restored.matrix(training)).toEqual(rich.matrix(training))
    // Of an embedding with fewer coordinates than asked for, all.
    expect(DesignVector.fit(training, { coordinates: 9, scale: 1 }).dimension).toBe(4 + 2 + 2 * 4)
  })

  it('restores bit for bit and refuses other sizes', () => {
    const restored = DesignVector.restore(structuredClone(design.snapshot()))
    expect(restored.matrix(training)).toEqual(design.matrix(training))
    const mismatch = expect.objectContaining({ code: 'dimension_mismatch' })
    expect(() => design.write(context([1, 0], [1, 5]), new Float64Array(6))).toThrowError(mismatch)
    expect(() => design.write(context([1, 0, 0, 0], [1]), new Float64Array(6))).toThrowError(mismatch)
    expect(() => design.write(training[0]!, new Float64Array(5))).toThrowError(mismatch)
  })
})
