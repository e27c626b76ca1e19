import { describe, expect, it } from 'vitest'
import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import { maxCentroidPrompts, PromptClusters } from './prompt-clusters.ts'

/** One of three topics, far apart. */
function prompt(topic: number): RoutingContext {
  const embedding = new Float32Array(3)
  embedding[topic] = 1
  return { embedderId: 'test', embedding, explicit: new Float32Array(0) }
}

describe('PromptClusters', () => {
  it('finds the topics of a long list that is sorted by them, and the same ones again', () => {
    const each = maxCentroidPrompts
    const sorted = [0, 1, 2].flatMap((topic) => Array.from({ length: each }, () => prompt(topic)))
    const clusters = PromptClusters.fit(sorted, { clusters: 3, seed: 5 })
    expect(new Set([0, 1, 2].map((topic) => clusters.nearest(prompt(topic)))).size).toBe(3)
    expect(PromptClusters.fit(sorted, { clusters: 3, seed: 5 }).snapshot()).toEqual(clusters.snapshot())
  })
})
