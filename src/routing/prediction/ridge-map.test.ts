import { describe, expect, it } from 'vitest'
import type { RoutingContext } from '../embedding/routing-context.ts'
import { nextNormal, SeededRandom } from '../numeric/random-source.ts'
import { RidgeMap } from './ridge-map.ts'

const d = 4

function randomContext(random: SeededRandom): RoutingContext {
  const embedding = Float32Array.from({ length: d }, () => nextNormal(random))
  const norm = Math.hypot(...embedding)
  return { embedderId: 'test', embedding: embedding.map((value) => value / norm), explicit: new Float32Array(1) }
}

describe('RidgeMap', () => {
  it('recovers a linear function of the embedding', () => {
    const random = new SeededRandom(1)
    const contexts = Array.from({ length: 400 }, () => randomContext(random))
    const truth = (context: RoutingContext): number => 0.5 + 0.2 * context.embedding[0]! - 0.1 * context.embedding[3]!
    const map = RidgeMap.fit(contexts, Float64Array.from(contexts, truth), 1, 1e-6)
    const out = new Float64Array(1)
    for (let i = 0; i < 10; i++) {
      const context = randomContext(random)
      map.predict(context, out)
      expect(out[0]).toBeCloseTo(truth(context), 6)
    }
  })

  it('states a standard error near the spread of refits on fresh labels', () => {
    const random = new SeededRandom(2)
    const contexts = Array.from({ length: 200 }, () => randomContext(random))
    const probe = randomContext(random)
    const noise = 0.3
    const out = new Float64Array(1)
    const values: number[] = []
    let stated = 0
    for (let refit = 0; refit < 300; refit++) {
      const labels = Float64Array.from(contexts, ({ embedding }) => embedding[0]! + noise * nextNormal(random))
      const map = RidgeMap.fit(contexts, labels, 1, 1e-3)
      map.predict(probe, out)
      values.push(out[0]!)
      map.standardErrors(out)
      stated += out[0]! / 300
    }
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
    // The spread of 300 refits is itself known to about 1/√600 = 4 %.
    expect(Math.abs(stated / spread - 1)).toBeLessThan(0.16)
  })

  it('doubles the variance where half of the labels are known', () => {
    const random = new SeededRandom(3)
    const contexts = Array.from({ length: 2000 }, () => randomContext(random))
    const cells = new Float64Array(4000)
    for (let row = 0; row < 2000; row++) {
      const label = nextNormal(random)
      cells[2 * row] = label
      cells[2 * row + 1] = row % 2 === 0 ? label : Number.NaN
    }
    const map = RidgeMap.fit(contexts, cells, 2)
    const out = new Float64Array(2)
    map.predict(contexts[0]!, out)
    map.standardErrors(out)
    expect((out[1]! / out[0]!) ** 2).toBeCloseTo(2, 0)
  })
})
