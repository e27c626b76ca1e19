import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { twoLlmLog } from './__fixtures__/two-llm-log.ts'
import { servedChanged } from './changing-spread.ts'

function changedForB(chances: readonly number[]): boolean {
  const log = twoLlmLog(chances)
  return servedChanged(log, { probability: Float64Array.from({ length: 2 * log.rows }, (_, place) => place % 2) })
}

function constant(rows: number, chance: number): number[] {
  return new Array<number>(rows).fill(chance)
}

describe('servedChanged', () => {
  test('is false of a policy that stays as it is, true of one that came to draw an LLM, or ceased to', () => {
    expect(changedForB(constant(1000, 0.05))).toBe(false)
    expect(changedForB([...constant(200, 0.01), ...constant(800, 0.5)])).toBe(true)
    expect(changedForB([...constant(200, 0.5), ...constant(800, 0.01)])).toBe(true)
  })

  test('hand-worked: 25 rows of spread 16, then 2,000 of spread 2, come to .91 of the variance; of 100 and 2, to .53', () => {
    expect(changedForB([...constant(25, 1 / 16), ...constant(2000, 0.5)])).toBe(false)
    expect(changedForB([...constant(25, 1 / 100), ...constant(2000, 0.5)])).toBe(true)
  })

  test('rare heavy weights that nothing foretells are no change', () => {
    const random = new SeededRandom(4)
    expect(changedForB(Array.from({ length: 5000 }, () => (random.next() < 0.01 ? 0.002 : 0.6)))).toBe(false)
  })

  test('a target that nothing is asked of, or a log without rows, has not changed', () => {
    expect(changedForB([])).toBe(false)
    expect(changedForB(constant(100, 1))).toBe(false)
  })
})
