import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { topicContext, twoTopicRows } from '../../routing/prediction/quality-predictor.contract.ts'
import { clusterErrors, predictByMembership } from './cluster-errors.ts'
import { LearnedClusterMap, logLossGradient } from './learned-cluster-map.ts'

describe('LearnedClusterMap', () => {
  it('has the gradient of its loss, by finite differences', () => {
    const psi = clusterErrors(Int32Array.of(0, 1, 2, 0), 3, Float64Array.of(0.2, 0.9, 0.6, 0.3, 1, 0.1, 0.4, 0.5), 2)
    const quality = Float64Array.of(1, 0, 0.5, Number.NaN)
    const logits = Float64Array.of(0.3, -0.2, 0.5, 1, 0.1, -0.4)
    const softmax = (z: Float64Array): Float64Array =>
      z.map((value, i) => {
        const start = 3 * Math.floor(i / 3)
        const row = [...z.subarray(start, start + 3)].map((entry) => Math.exp(entry))
        return Math.exp(value) / row.reduce((a, b) => a + b, 0)
      })
    const loss = (z: Float64Array): number => {
      const gamma = predictByMembership(softmax(z), psi).map((value) => 1 - value)
      const terms = [...gamma].map((g, i) => {
        const error = 1 - quality[i]!
        return -(error * Math.log(g) + (1 - error) * Math.log(1 - g))
      })
      return ((terms[0]! + terms[1]!) / 2 + terms[2]!) / 2
    }
    const gradient = new Float64Array(6)
    logLossGradient(softmax(logits), Int32Array.of(0, 1), quality, psi, gradient)
    logits.forEach((_, i) => {
      const moved = (by: number): number => loss(logits.map((value, j) => (i === j ? value + by : value)))
      expect(gradient[i]).toBeCloseTo((moved(1e-6) - moved(-1e-6)) / 2e-6, 6)
    })
  })

  it.each(['mlp', 'linear'] as const)('learns which cluster’s errors fit a prompt (%s)', (kind) => {
    const rows = twoTopicRows(600, 7)
    // Clusters that have nothing to do with the topic in their order, but errors that tell topics apart.
    const topics = Int32Array.from(rows.contexts, (_, row) => 1 - (row % 2))
    const psi = clusterErrors(topics, 2, rows.quality, 3)
    const map = LearnedClusterMap.fit({ contexts: rows.contexts, quality: rows.quality, psi }, { kind, seed: 8 })
    const random = new SeededRandom(9)
    const phi = new Float64Array(2)
    for (const topic of [0, 1, 0, 1]) {
      map.write(topicContext(topic, random), phi)
      expect(phi[0]! + phi[1]!).toBeCloseTo(1, 12)
      expect(phi[1 - topic]).toBeGreaterThan(0.7)
    }
    const restored = LearnedClusterMap.restore(structuredClone(map.snapshot()))
    expect(restored.memberships(rows.contexts)).toEqual(map.memberships(rows.contexts))
  })
})
