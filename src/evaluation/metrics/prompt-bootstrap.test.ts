import { describe, expect, it } from 'vitest'
import { bootstrapWeights } from './prompt-bootstrap.ts'

describe('bootstrapWeights', () => {
  const groups = Int32Array.from([0, 1, 1, 2, 3])

  it('draws as many groups as there are, and gives a group’s prompts the same weight', () => {
    for (let replicate = 0; replicate < 20; replicate++) {
      const weights = bootstrapWeights(groups, 4, replicate)
      expect(weights[1]).toBe(weights[2])
      expect(weights[0]! + weights[1]! + weights[3]! + weights[4]!).toBe(4)
    }
  })

  it('is the same for the same replicate and differs between them', () => {
    const many = Int32Array.from({ length: 200 }, (_, i) => i)
    expect(bootstrapWeights(many, 200, 3)).toEqual(bootstrapWeights(many, 200, 3))
    expect(bootstrapWeights(many, 200, 3)).not.toEqual(bootstrapWeights(many, 200, 4))
  })

  it('has the variance of a bootstrap mean', () => {
    // The mean of 0 … 99 under resampling has standard error √((100² − 1)/12)/√100 = 2.8866.
    const many = Int32Array.from({ length: 100 }, (_, i) => i)
    const means = Array.from({ length: 4000 }, (_, replicate) => {
      const weights = bootstrapWeights(many, 100, replicate)
      return weights.reduce((sum, weight, i) => sum + weight * i, 0) / 100
    })
    const centre = means.reduce((sum, mean) => sum + mean, 0) / means.length
    const spread = Math.sqrt(means.reduce((sum, mean) => sum + (mean - centre) ** 2, 0) / means.length)
    expect(Math.abs(centre - 49.5)).toBeLessThan(0.2)
    expect(Math.abs(spread - 2.8866)).toBeLessThan(0.12)
  })
})
