import { describe, expect, it } from 'vitest'
import { bootstrapWeights } from '../../metrics/prompt-bootstrap.ts'
import { sampleGoal, sampleStream } from './__fixtures__/sample-stream.ts'
import { RegretRiseSums } from './regret-rise.ts'
import { realiseRun } from './score-run.ts'

function sumsOf(prompts: number, orders: number) {
  const sums = new RegretRiseSums(new Map(Array.from({ length: prompts }, (_, row) => [row, row] as const)))
  const stream = sampleStream({ scenario: 'quality-drop' }, prompts)
  // The one stays with the workhorse, .8 and then .6; the other has had .9 all the time: .1 behind, then .3.
  const stays = realiseRun(stream, new Uint16Array(prompts).fill(1), sampleGoal)
  const dear = realiseRun(stream, new Uint16Array(prompts).fill(3), sampleGoal)
  for (let order = 0; order < orders; order++) sums.add(stream, stays, dear)
  return sums
}

describe('RegretRiseSums', () => {
  it('takes what was there before from what is there late', () => {
    const groups = Int32Array.from({ length: 1200 }, (_, row) => row)
    const weights = Array.from({ length: 30 }, (_, replicate) => bootstrapWeights(groups, 1200, replicate))
    const { byOrder, byPrompt } = sumsOf(1200, 3).rise(weights)!
    for (const value of [byOrder.mean, byOrder.low, byOrder.high, byPrompt.mean, byPrompt.low, byPrompt.high]) {
      expect(value).toBeCloseTo(0.2, 12)
    }
  })

  it('says nothing of a stream that is too short', () => {
    expect(sumsOf(1000, 3).rise([])).toBeUndefined()
  })
})
