import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerOf, noSignal } from './__fixtures__/answer-of.ts'
import { evenOut } from './even-out.ts'
import { createExactGrader } from './exact-grader.ts'
import { createTextGrader } from './text-grader.ts'

async function quality(text: string, answer: string, contains = false) {
  const grader = createTextGrader({ kind: 'text', answers: [answer, 'never said'], contains })
  return (await grader.grade(answerOf(text), noSignal)).quality
}

const same: readonly (readonly [string, string])[] = [
  ['Paris', 'paris'],
  ['Paris.', 'Paris'],
  ['**Paris**', 'Paris'],
  ['"Paris"', 'Paris'],
  ['“Paris”', 'Paris'],
  ['`Paris`', 'Paris'],
  ['  Paris\n', 'Paris'],
  ['The Eiffel Tower', 'Eiffel Tower'],
  ['Answer: Paris', 'Paris'],
  ['The answer is **Paris**.', 'Paris'],
  ['Let me think: London? No.\n\nFinal answer: Paris', 'Paris'],
  ['\\boxed{\\text{Paris}}', 'Paris'],
  ['<think>London?</think>\n\nParis', 'Paris'],
  ['don’t', "don't"],
  ['well\u2011known', 'well-known'],
  ['cafe\u0301', 'caf\u00e9'],
  ['ﬁne', 'fine'],
  ['１２', '12'],
  ['1,000', '1000'],
  ['\u22125', '-5'],
  ['New\u00a0York', 'New  York'],
  ['A', 'a'],
  ['The', 'the'],
  ['#1', '1'],
  ['U.S.A.', 'USA'],
  ['the U.S.', 'US'],
]

const other: readonly (readonly [string, string])[] = [
  ['London', 'Paris'],
  ['', 'Paris'],
  ['C', 'C#'],
  ['C', 'C++'],
  ['3.5', '35'],
  ['5', '-5'],
  ['50', '50%'],
  ['10:30', '1030'],
  ['Paris or London', 'Paris'],
  ['I think it is Paris', 'Paris'],
]

describe('text grader', () => {
  it.each(same)('%j is %j', async (text, answer) => {
    expect(await quality(text, answer)).toBe(1)
  })

  it.each(other)('%j is not %j', async (text, answer) => {
    expect(await quality(text, answer)).toBe(0)
  })

  it('finds an answer within a longer text at the bounds of words', async () => {
    expect(await quality('I think it is Paris, in France.', 'Paris', true)).toBe(1)
    expect(await quality('Parisian', 'Paris', true)).toBe(0)
    expect(await quality('The Tower of London', 'tower of london', true)).toBe(1)
  })

  it('evens out what is even already to itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        expect(evenOut(evenOut(text))).toBe(evenOut(text))
      }),
      { seed: 6 },
    )
  })
})

describe('exact grader', () => {
  it('compares the trimmed answer, character by character', async () => {
    const grader = createExactGrader({ kind: 'exact', answers: [' yes ', 'Yes'] })
    const quality = async (text: string) => (await grader.grade(answerOf(text), noSignal)).quality
    expect(await quality('yes\n')).toBe(1)
    expect(await quality('Yes')).toBe(1)
    expect(await quality('YES')).toBe(0)
    expect(await quality('yes.')).toBe(0)
  })
})
