import { expect, test } from 'vitest'
import { nextNormal, SeededRandom } from '../routing/numeric/random-source.ts'
import { RidgeMap } from '../routing/prediction/ridge-map.ts'
import { RidgeSmoother } from './ridge-smoother.ts'

test('gives what a ridge regression of that column predicts for its own rows', () => {
  const random = new SeededRandom(7)
  const contexts = Array.from({ length: 60 }, () => ({
    embedderId: 'e',
    embedding: Float32Array.from({ length: 6 }, () => nextNormal(random)),
    explicit: Float32Array.from({ length: 3 }, () => nextNormal(random)),
  }))
  const cells = Float64Array.from({ length: 120 }, () => nextNormal(random))
  const interactions = { coordinates: 2, scale: 0.5 }
  const smoother = new RidgeSmoother(contexts, { penalty: 10, interactions })
  const map = RidgeMap.fit(contexts, cells, 2, 10, interactions)
  const [fitted, predicted] = [new Float64Array(120), new Float64Array(2)]
  for (const column of [0, 1]) smoother.smooth(cells, fitted, 2, column)
  contexts.forEach((context, row) => {
    map.predict(context, predicted)
    expect(fitted[row * 2]).toBeCloseTo(predicted[0]!, 10)
    expect(fitted[row * 2 + 1]).toBeCloseTo(predicted[1]!, 10)
  })
})
