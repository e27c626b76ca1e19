import { describe, expect, it } from 'vitest'
import { costQualityHull, fixedLlmPoints } from '../../routing/decision/cost-quality-hull.ts'
import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import { nextNormal, SeededRandom } from '../../routing/numeric/random-source.ts'
import { stackEmbeddings, summariseColumns } from '../../routing/prediction/training-rows.ts'
import { clusterErrors, predictByCluster, predictByMembership } from './cluster-errors.ts'
import { nearestProbes, predictByNeighbours } from './nearest-probes.ts'
import { plugInCurve } from './plug-in-curve.ts'
import { PromptClusters } from './prompt-clusters.ts'
import { zeroRouterPoints } from './zero-router.ts'

const d = 6

function randomContexts(count: number, seed: number): RoutingContext[] {
  const random = new SeededRandom(seed)
  return Array.from({ length: count }, () => {
    const embedding = Float32Array.from({ length: d }, () => nextNormal(random))
    const norm = Math.hypot(...embedding)
    return { embedderId: 'test', embedding: embedding.map((value) => value / norm), explicit: new Float32Array(0) }
  })
}

function randomLabels(count: number, llmCount: number, seed: number): Float64Array {
  const random = new SeededRandom(seed)
  return Float64Array.from({ length: count * llmCount }, (_, i) => (random.next() < (1 + (i % llmCount)) / 4 ? 1 : 0))
}

describe('special cases of UniRoute', () => {
  const probes = randomContexts(40, 1)
  const asked = randomContexts(25, 2)
  const quality = randomLabels(40, 3, 3)

  it('is ZeroRouter with one cluster: the curve is its hull’s LLMs', () => {
    const costUsd = Float64Array.from(quality, (_, i) => [1, 2, 5][i % 3]! + 0.1 * Math.sin(i))
    const labelled = { quality, costUsd }
    const test = { quality: randomLabels(25, 3, 4), costUsd: Float64Array.from({ length: 75 }, (_, i) => 1 + (i % 7)) }
    const one = PromptClusters.fit(probes, { clusters: 1, seed: 5 })
    const psi = clusterErrors(one.assign(probes), 1, quality, 3)
    const points = plugInCurve({
      llmCount: 3,
      predictedQuality: predictByCluster(one.assign(asked), psi),
      predictedCostUsd: summariseColumns(costUsd, 3).means,
      ...test,
    })
    const vertices = zeroRouterPoints(labelled, test, 3)
    expect(vertices.length).toBe(costQualityHull(fixedLlmPoints(quality, costUsd, 3)).length)
    // From the best to the cheapest, as μ rises.
    expect(points.reverse()).toEqual(
      vertices.map((point) => ({
        costUsd: expect.closeTo(point.costUsd, 9),
        quality: expect.closeTo(point.quality, 9),
      })),
    )
  })

  it('is 1-NN with a centroid on every labelled prompt', () => {
    const map = new PromptClusters(stackEmbeddings(probes), d)
    const byCluster = predictByCluster(map.assign(asked), clusterErrors(map.assign(probes), 40, quality, 3))
    const byNeighbour = predictByNeighbours(nearestProbes(asked, probes, 1), 1, quality, 3)
    expect(byCluster).toEqual(byNeighbour)
  })

  it('is K-NN with Φ = 1/k on the k nearest and Ψ = the errors themselves', () => {
    const k = 7
    const neighbours = nearestProbes(asked, probes, k)
    const phi = new Float64Array(asked.length * probes.length)
    neighbours.order.forEach((probe, i) => {
      phi[Math.floor(i / k) * probes.length + probe] = 1 / k
    })
    const errors = quality.map((value) => 1 - value)
    const psi = { clusters: 40, llmCount: 3, errors, counts: errors.map(() => 1) }
    const bilinear = predictByMembership(phi, psi)
    const direct = predictByNeighbours(neighbours, k, quality, 3)
    direct.forEach((value, cell) => {
      expect(bilinear[cell]).toBeCloseTo(value, 12)
    })
  })
})

describe('nearestProbes', () => {
  it('ranks by cosine against a full sort, without the prompt itself where asked', () => {
    const probes = randomContexts(30, 6)
    const { order, width } = nearestProbes(probes, probes, 5, true)
    const cosine = (a: number, b: number): number =>
      probes[a]!.embedding.reduce((sum, value, j) => sum + value * probes[b]!.embedding[j]!, 0)
    probes.forEach((_, row) => {
      const expected = [...probes.keys()].filter((i) => i !== row).sort((a, b) => cosine(row, b) - cosine(row, a))
      expect([...order.subarray(row * width, (row + 1) * width)]).toEqual(expected.slice(0, 5))
    })
  })
})
