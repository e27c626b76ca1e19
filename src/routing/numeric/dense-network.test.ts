import { describe, expect, it } from 'vitest'
import { DenseNetwork, type DenseNetworkOptions } from './dense-network.ts'
import { nextNormal, SeededRandom } from './random-source.ts'

const shape = { inputs: 5, hidden: [7, 6], outputs: 3 }
const rows = 9

function drawn(length: number, seed: number): Float64Array {
  const random = new SeededRandom(seed)
  return Float64Array.from({ length }, () => nextNormal(random))
}

/** Σ ½(y − t)² over all outputs. */
function loss(network: DenseNetwork, x: Float64Array, target: Float64Array, training: boolean): number {
  const y = network.forward(x, rows, training)
  return target.reduce((sum, t, i) => sum + (y[i]! - t) ** 2 / 2, 0)
}

describe('DenseNetwork', () => {
  it('is W₂·max(0, W₁x + b₁) + b₂', () => {
    const network = new DenseNetwork({ inputs: 2, hidden: [2], outputs: 1, random: new SeededRandom(1) })
    const values = [[1, -1, 2, 1], [0.5, -4], [3, -2], [0.25]]
    network.parameters().forEach(({ value }, i) => {
      value.set(values[i]!)
    })
    // Hidden (1 − 2 + .5, 2 + 2 − 4) = (−.5, 0) → 0; then (3 − 1 + .5, 6 + 1 − 4) = (2.5, 3).
    const y = network.forward(Float64Array.of(1, 2, 3, 1), 2, false)
    expect([...y]).toEqual([0.25, 3 * 2.5 - 2 * 3 + 0.25])
  })

  const variants: readonly Partial<DenseNetworkOptions>[] = [
    {},
    { batchNorm: true },
    { normaliseInputs: true },
    { batchNorm: true, normaliseInputs: true },
    { hidden: [] },
    { activation: 'none', batchNorm: true },
  ]
  for (const variant of variants) {
    for (const training of [true, false]) {
      const mode = training ? 'training' : 'evaluating'
      it(`has the gradient that finite differences give: ${JSON.stringify(variant)}, ${mode}`, () => {
        const network = new DenseNetwork({ ...shape, random: new SeededRandom(2), ...variant })
        // Biases of zero would put a row whose hidden units are all dead exactly on the next layer's kink.
        const random = new SeededRandom(20)
        for (const { value } of network.parameters()) {
          for (let i = 0; i < value.length; i++) value[i]! += 0.1 * nextNormal(random)
        }
        const x = drawn(rows * shape.inputs, 3)
        const target = drawn(rows * shape.outputs, 4)
        const y = network.forward(x, rows, training)
        network.backward(target.map((t, i) => y[i]! - t))
        const step = 1e-5
        for (const { value, gradient } of network.parameters()) {
          for (let i = 0; i < value.length; i += 3) {
            const kept = value[i]!
            value[i] = kept + step
            const above = loss(network, x, target, training)
            value[i] = kept - step
            const below = loss(network, x, target, training)
            value[i] = kept
            expect(gradient[i]).toBeCloseTo((above - below) / (2 * step), 5)
          }
        }
      })
    }
  }

  it('adds gradients up until somebody clears them', () => {
    const network = new DenseNetwork({ ...shape, random: new SeededRandom(5) })
    const x = drawn(rows * shape.inputs, 6)
    const gradient = drawn(rows * shape.outputs, 7)
    network.forward(x, rows, true)
    network.backward(gradient)
    const once = network.parameters().map((parameter) => parameter.gradient.slice())
    network.backward(gradient)
    network.parameters().forEach((parameter, i) => {
      parameter.gradient.forEach((value, j) => {
        expect(value).toBeCloseTo(2 * once[i]![j]!, 10)
      })
    })
  })

  it('normalises a batch to mean 0 and variance 1, and remembers its moments by a hundredth', () => {
    const network = new DenseNetwork({
      inputs: 1,
      hidden: [],
      outputs: 1,
      normaliseInputs: true,
      random: new SeededRandom(8),
    })
    network.parameters()[2]!.value[0] = 1
    // Mean 6, variance 4: (4 − 6)/√4.001.
    const y = network.forward(Float32Array.of(4, 8), 2, true)
    expect(y[0]).toBeCloseTo(-2 / Math.sqrt(4.001), 12)
    // Running mean .06, variance .99 + .04.
    expect(network.forward(Float64Array.of(4), 1, false)[0]).toBeCloseTo((4 - 0.06) / Math.sqrt(1.03 + 0.001), 12)
  })

  it('starts Glorot-uniform, or at zero in the last layer when asked', () => {
    const wide = new DenseNetwork({ inputs: 40, hidden: [20], outputs: 5, random: new SeededRandom(9) })
    const weights = wide.parameters()[0]!.value
    const limit = Math.sqrt(6 / 60)
    expect(Math.max(...weights.map(Math.abs))).toBeLessThanOrEqual(limit)
    const variance = weights.reduce((sum, w) => sum + w * w, 0) / weights.length
    expect(variance).toBeCloseTo(limit ** 2 / 3, 2)
    const zero = new DenseNetwork({ ...shape, random: new SeededRandom(9), zeroLastLayer: true })
    expect([...zero.forward(drawn(rows * shape.inputs, 10), rows, false)].every((value) => value === 0)).toBe(true)
  })

  it('comes back from a snapshot bit for bit, and to a saved state', () => {
    const random = new SeededRandom(11)
    const network = new DenseNetwork({ ...shape, activation: 'none', batchNorm: true, normaliseInputs: true, random })
    const x = drawn(rows * shape.inputs, 12)
    network.forward(x, rows, true)
    const state = network.saveState()
    const before = network.forward(x, rows, false).slice()
    const restored = DenseNetwork.restore(structuredClone(network.snapshot()))
    expect(restored.forward(x, rows, false)).toEqual(before)
    network.parameters()[0]!.value.fill(3)
    expect(network.forward(x, rows, false)).not.toEqual(before)
    network.loadState(state)
    expect(network.forward(x, rows, false)).toEqual(before)
  })

  it('refuses too short an input and a state of another shape', () => {
    const network = new DenseNetwork({ ...shape, random: new SeededRandom(13) })
    const mismatch = expect.objectContaining({ code: 'dimension_mismatch' })
    expect(() => network.forward(new Float64Array(7), 2, false)).toThrowError(mismatch)
    expect(() => {
      network.loadState(new Float64Array(7))
    }).toThrowError(mismatch)
    expect(() => new DenseNetwork({ ...shape, hidden: [0], random: new SeededRandom(1) })).toThrowError(
      expect.objectContaining({ code: 'invalid_option' }),
    )
  })
})
