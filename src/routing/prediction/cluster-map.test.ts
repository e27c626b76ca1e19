import { describe, expect, it } from 'vitest'
import type { RoutingContext } from '../embedding/routing-context.ts'
import { ClusterMap } from './cluster-map.ts'

function context(x: number, y: number): RoutingContext {
  return { embedderId: 'test', embedding: Float32Array.from([x, y]), explicit: new Float32Array(0) }
}

/** 60 rows at (1, 0) with value 1 and 40 at (0, 1) with value 0; the overall mean is .6. */
const contexts = [...Array(60).fill(context(1, 0)), ...Array(40).fill(context(0, 1))] as RoutingContext[]
const cells = Float64Array.from(contexts, ({ embedding }) => embedding[0]!)

describe('ClusterMap', () => {
  it('draws each cluster’s mean to the overall one by the pseudo-labels', () => {
    const map = ClusterMap.fit(contexts, cells, 1, { scales: [2], shrinkage: 10, seed: 1 })
    const out = new Float64Array(1)
    map.predict(context(0.9, 0.1), out)
    expect(out[0]).toBeCloseTo((60 * 1 + 10 * 0.6) / 70, 12)
    map.standardErrors(out)
    expect(out[0]).toBeCloseTo(Math.sqrt(0.24) / Math.sqrt(70), 12)
    map.predict(context(0, 1), out)
    expect(out[0]).toBeCloseTo((0 + 10 * 0.6) / 50, 12)
  })

  it('averages the scales and leaves out those with too few rows per cluster', () => {
    const out = new Float64Array(1)
    ClusterMap.fit(contexts, cells, 1, { scales: [1, 2, 64], shrinkage: 10, seed: 1 }).predict(context(1, 0), out)
    expect(out[0]).toBeCloseTo((0.6 + 66 / 70) / 2, 12)
  })

  it('keeps one cluster when even the smallest scale is too large', () => {
    const out = new Float64Array(1)
    const map = ClusterMap.fit(contexts.slice(0, 10), cells.slice(0, 10), 1, { scales: [4, 8], seed: 1 })
    map.predict(context(0, 1), out)
    expect(out[0]).toBeCloseTo(1, 12)
  })

  it('finds centroids on a sample when there are many rows, and means on all', () => {
    const many = Array.from({ length: 5000 }, (_, i) => (i % 2 === 0 ? context(1, 0) : context(0, 1)))
    const values = Float64Array.from(many, ({ embedding }) => embedding[0]!)
    const map = ClusterMap.fit(many, values, 1, { scales: [2], shrinkage: 10, seed: 3 })
    const out = new Float64Array(1)
    map.predict(context(1, 0), out)
    expect(out[0]).toBeCloseTo((2500 + 5) / 2510, 12)
  })
})
