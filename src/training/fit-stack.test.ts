import { expect, test } from 'vitest'
import type { RoutingContext } from '../routing/embedding/routing-context.ts'
import type { TrainingRows } from '../routing/prediction/training-rows.ts'
import { fitStack } from './fit-stack.ts'

const rowCount = 400

/**
 * What one fold teaches is false in the other: LLM `a` is good where x = 1 in even rows and where x = −1 in odd ones, and
 * `b`, ten times as dear and .01 better, where `a` is not. Even rows have the higher level: .9 or .3 against .7 or .1.
 */
function contradictoryRows(count: number): TrainingRows {
  const contexts: RoutingContext[] = []
  const quality: number[] = []
  for (let row = 0; row < count; row++) {
    const x = row % 4 < 2 ? 1 : -1
    contexts.push({ embedderId: 'test', embedding: Float32Array.of(x, 0), explicit: Float32Array.of(x) })
    const isGood = (row % 2 === 0) === (x === 1)
    const [high, low] = row % 2 === 0 ? [0.9, 0.3] : [0.7, 0.1]
    quality.push(isGood ? high : low, 0.01 + (isGood ? low : high))
  }
  const cells = quality.length
  return {
    llms: ['a', 'b'],
    contexts,
    quality: Float64Array.from(quality),
    costUsd: Float64Array.from({ length: cells }, (_, cell) => (cell % 2 === 0 ? 0.1 : 1)),
    inputTokens: new Float64Array(cells).fill(Number.NaN),
    outputTokens: new Float64Array(cells).fill(Number.NaN),
  }
}

test('predictions out of fold shrink to means that have not seen the row’s fold', async () => {
  const { trust, outOfFold } = await fitContradictory()
  // Distrusted altogether, so that they are the means: those of the odd rows for the even ones and the other way round.
  expect(trust).toBe(0)
  for (let row = 0; row < rowCount; row++) {
    const mean = row % 2 === 0 ? 0.4 : 0.6
    expect(outOfFold[2 * row]).toBeCloseTo(mean, 12)
    expect(outOfFold[2 * row + 1]).toBeCloseTo(mean + 0.01, 12)
  }
})

async function fitContradictory() {
  const options = { seed: 1, folds: 2, prices: [undefined, undefined] }
  const { quality, outOfFold } = await fitStack(contradictoryRows(rowCount), options)
  return { trust: quality.trust, outOfFold }
}
