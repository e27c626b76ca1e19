import { describe, expect, it } from 'vitest'
import { Adam, StochasticGradient } from './adam.ts'

describe('Adam', () => {
  it('makes the steps worked out by hand', () => {
    const parameter = { value: Float64Array.of(1), gradient: Float64Array.of(0.5) }
    const adam = new Adam([parameter], { learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 })
    // m = .05, v = .0025, both corrected to .5 and .25: a step of α.
    adam.step()
    expect(parameter.value[0]).toBeCloseTo(0.9, 6)
    expect(parameter.gradient[0]).toBe(0)
    // m = .045 − .1 = −.055, v = .002475 + .01 = .012475; corrected −.055/.19 and .012475/.0199.
    parameter.gradient[0] = -1
    adam.step()
    expect(parameter.value[0]).toBeCloseTo(0.9 + (0.1 * (0.055 / 0.19)) / Math.sqrt(0.012475 / 0.0199), 6)
  })

  it('lets decay act on weights only, apart from the gradient', () => {
    const weight = { value: Float64Array.of(2), gradient: new Float64Array(1), decays: true }
    const bias = { value: Float64Array.of(2), gradient: new Float64Array(1) }
    new Adam([weight, bias], { learningRate: 0.1, weightDecay: 0.5 }).step()
    expect(weight.value[0]).toBeCloseTo(2 * 0.95, 12)
    expect(bias.value[0]).toBe(2)
  })
})

describe('StochasticGradient', () => {
  it('moves against the gradient and clears it', () => {
    const parameter = { value: Float64Array.of(1, 2), gradient: Float64Array.of(0.5, -1) }
    new StochasticGradient([parameter], { learningRate: 0.1 }).step()
    expect([...parameter.value]).toEqual([0.95, 2.1])
    expect([...parameter.gradient]).toEqual([0, 0])
  })
})
