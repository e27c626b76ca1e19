import { expect, test } from 'vitest'
import type { StoredDecision } from '../routing/decision-store.ts'
import type { Label } from '../routing/outcome.ts'
import { logCells, meanLabel } from './log-cells.ts'

const said = (source: string, kind: Label['kind'], value: number, more: Partial<Label> = {}) =>
  ({ llm: 'a', source, kind, value, weight: 1, noise: undefined, ...more }) as Label

test('scores over thumbs, the last word of a source, by weight and noise', () => {
  expect(meanLabel([said('user', 'thumbs', 0), said('judge', 'score', 0.8)])).toBe(0.8)
  expect(meanLabel([said('user', 'score', 0.2), said('user', 'score', 0.6)])).toBe(0.6)
  expect(meanLabel([said('u', 'thumbs', 1), said('v', 'thumbs', 0, { weight: 3 })])).toBeCloseTo(0.25, 12)
  // Half the usual deviation counts four times.
  expect(meanLabel([said('u', 'score', 1, { noise: 0.15 }), said('v', 'score', 0)])).toBeCloseTo(0.8, 12)
})

test('what has no weight counts for nothing, a score neither', () => {
  expect(meanLabel([said('user', 'score', 0.2, { weight: 0 })])).toBeUndefined()
  expect(meanLabel([said('user', 'score', 0.2, { weight: 0 }), said('v', 'thumbs', 1)])).toBe(1)
})

test('the bill and length are those of the LLM that answered, per answer', () => {
  const cells = logCells(
    [said('user', 'score', 0.5), said('expert', 'score', 1, { llm: 'b' })],
    stored({ choices: 2, maxOutputTokens: undefined }),
  )
  expect(cells).toEqual([
    { llm: 'a', quality: 0.5, costUsd: 0.001, inputTokens: 10, outputTokens: 20 },
    { llm: 'b', quality: 1, costUsd: Number.NaN, inputTokens: Number.NaN, outputTokens: Number.NaN },
  ])
})

test('an answer that its cap ended tells nothing of length and bill', () => {
  const [cell] = logCells([said('user', 'score', 0.5)], stored({ choices: 1, maxOutputTokens: 40 }))
  expect(cell).toEqual({ llm: 'a', quality: 0.5, costUsd: Number.NaN, inputTokens: 10, outputTokens: Number.NaN })
})

function stored(decision: { choices: number; maxOutputTokens: number | undefined }): StoredDecision {
  const settlement = {
    status: 'completed',
    answered: 'a',
    billedNanoUsd: 2e6,
    usage: { inputTokens: 10, outputTokens: 40 },
  }
  return { decision, settlement } as unknown as StoredDecision
}
