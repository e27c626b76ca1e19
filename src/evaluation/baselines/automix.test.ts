import { describe, expect, it } from 'vitest'
import { answersOf, contextAt, promptsAt, twoTopics } from './__fixtures__/two-topics.ts'
import { automix, cascades, runCascade, walk } from './automix.ts'

describe('walk', () => {
  const confidence = (llm: number): number => [0.2, 0.6, 0.1][llm]!

  it('checks each answer, pays for both, and stops at the first that is good enough', () => {
    expect(walk([0, 1, 2], 0.5, confidence)).toEqual({ answer: 1, others: [0, 0, 1] })
    expect(walk([0, 1, 2], 0.15, confidence)).toEqual({ answer: 0, others: [0] })
  })

  it('does not check the last, nor anything where the threshold leaves no choice', () => {
    expect(walk([0, 1, 2], 0.7, confidence)).toEqual({ answer: 2, others: [0, 0, 1, 1] })
    expect(walk([0, 1, 2], 0, confidence)).toEqual({ answer: 0, others: [] })
    expect(walk([0, 1, 2], 1, confidence)).toEqual({ answer: 2, others: [] })
  })
})

describe('cascades', () => {
  it('are the training hull and the pairs of its LLMs, the furthest apart first', () => {
    const { rows } = twoTopics(4)
    expect(cascades(rows)).toEqual([[0, 1]])
    // A third LLM on the hull between the two, and one under it.
    const wide = {
      ...rows,
      llms: ['dear', 'cheap', 'middle', 'poor'],
      quality: Float64Array.of(1, 0.5, 0.9, 0.4),
      costUsd: Float64Array.of(10, 1, 3, 5),
      contexts: rows.contexts.slice(0, 1),
    }
    expect(cascades(wide)).toEqual([
      [1, 2, 0],
      [1, 0],
      [1, 2],
      [2, 0],
    ])
    expect(cascades({ ...wide, quality: Float64Array.of(0.1, 0.9, 0.2, 0.3) })).toEqual([[1]])
  })
})

describe('automix', () => {
  it('escalates a prompt once the threshold passes the confidence of the check', () => {
    const asked = { ...promptsAt(contextAt(1, 0), contextAt(0, 1)), verifierConfidence: (prompt: number) => prompt / 2 }
    const choices = runCascade([0, 1], asked)
    // Confidence 0: escalated at every threshold above 0. Confidence ½: at those above ½, which setting 30 of 0 … 60 is.
    expect(answersOf(choices, 0)).toEqual(Array.from({ length: 61 }, (_, setting) => (setting > 0 ? 1 : 0)))
    expect(answersOf(choices, 1)).toEqual(Array.from({ length: 61 }, (_, setting) => (setting > 30 ? 1 : 0)))
    expect(choices.alsoCalled?.slice(0, 4)).toEqual([[], [], [0, 0], [0]])
  })

  it('tunes its cascade on the training rows, and refuses to run without a verifier', async () => {
    const fitted = await automix.fit(twoTopics(40))
    expect(() => fitted.choose(promptsAt(contextAt(1, 0)))).toThrowError(
      expect.objectContaining({ code: 'unfit_data' }),
    )
  })
})
