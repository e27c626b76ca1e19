import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerOf, noSignal } from './__fixtures__/answer-of.ts'
import { chosenOption, createChoiceGrader } from './choice-grader.ts'

const options = ['London', 'Paris', 'Paris, Texas', 'A small town']
const grader = createChoiceGrader({ kind: 'choice', answer: 'B', options })

const right = [
  'B',
  'b',
  'B.',
  '(B)',
  'B)',
  '**B**',
  'B) Paris',
  'B. Paris',
  'B: Paris',
  '**B) Paris**',
  'B - Paris',
  'Option B',
  'Answer: B',
  'Answer: (b)',
  '**Answer: B**',
  '**Answer:** B',
  'The answer is B.',
  'The correct answer is (B) Paris.',
  'The correct answer is **B**',
  'The correct option is B, because A is in England.',
  'Final answer: $\\boxed{B}$',
  '\\boxed{\\text{B}}',
  '\\boxed{\\text{(B) Paris}}',
  'Paris',
  'paris.',
  'The answer is Paris.',
  'It is Paris, of course.',
  'Let me think. London is in England.\n\nAnswer: B',
  'A and C can be ruled out.\nThe answer is B',
  '<think>A? No.</think>B',
  'I would choose (B).',
  '"B"',
  'B is correct.',
  'Option (B)',
  'Answer: B (Paris)',
  '**B. Paris** - because London is in England',
  'I believe the answer is B, Paris.',
  'The correct choice would be B',
  'La réponse est B.',
  'B\n\nExplanation:\nA) London is in England.',
  'B\n\nParis is the capital of France.',
  'B\n\nExplanation: Paris is the capital of France. London (A) is in England.',
  '**B**\n\n(A) is in England, C is in Texas.',
  'The answer is B rather than C.',
  'The answer is B because C is in Texas.',
  'B is the correct answer, since D is no capital.',
  'B is correct because A is in England.',
  'The correct answer is B, not A.',
  '- A. London\n- B. Paris\n\nTherefore, **B** is correct.',
  '{"answer": "B"}',
  'The answer is <b>B</b>',
  '```\nB\n```',
  '\u2705 **B) Paris**',
  '答案是B',
]

const wrong = [
  '',
  'A',
  'C',
  '(C)',
  'C) Paris, Texas',
  'Paris, Texas',
  'A or B',
  'B or C',
  'The answer is A or B.',
  'Both B and C',
  '(A) and (B)',
  'London and Paris',
  'B) London',
  'E',
  'A good question. I do not know.',
  'None of these.',
  'Berlin',
  'The answer is B. No, the answer is A.',
  'But why?',
  'A, B',
  'B, C',
  'Both A and B',
  'It could be A or B',
  'A\nB\nC',
  'B as well as C',
  'A is correct.',
  'A. London: no\nB. Paris: yes\nC. Paris, Texas: no',
]

describe('choice grader', () => {
  it.each(right)('%j names B', async (text) => {
    expect((await grader.grade(answerOf(text), noSignal)).quality).toBe(1)
  })

  it.each(wrong)('%j does not name B alone', async (text) => {
    expect((await grader.grade(answerOf(text), noSignal)).quality).toBe(0)
  })

  it('tells the article from the letter', () => {
    const texts = ['yes', 'no']
    expect(chosenOption('A', texts)).toBe('A')
    expect(chosenOption('(A) Yes', texts)).toBe('A')
    expect(chosenOption('A dog has four legs', texts)).toBeUndefined()
    expect(chosenOption('The answer is A', texts)).toBe('A')
    expect(
      chosenOption(
        'I',
        Array.from({ length: 10 }, (_, i) => `option number ${i}`),
      ),
    ).toBe('I')
  })

  it.each([
    'I choose A',
    'I choose A.',
    "It's A",
    'A is correct.',
    'A is the correct answer.',
    'Option A is correct.',
    'A because no',
  ])('takes the A of %j for a letter', (text) => {
    expect(chosenOption(text, ['yes', 'no way', 'perhaps'])).toBe('A')
  })

  it.each(['A not so easy question', 'As is often so', 'It is A Coruña', 'A correct answer takes more time'])(
    'takes the A of %j for a word',
    (text) => {
      expect(chosenOption(text, ['yes', 'no way', 'perhaps'])).toBeUndefined()
    },
  )

  it('reads each letter in each usual form', () => {
    fc.assert(
      fc.property(
        fc.nat(9),
        fc.constantFrom('@', '(@)', '@.', 'Answer: @', 'The answer is @.', '**@**', '\\boxed{@}'),
        (i, form) => {
          const texts = Array.from({ length: 10 }, (_, k) => `thing${k}`)
          const letter = String.fromCharCode(65 + i)
          expect(chosenOption(form.replace('@', letter), texts)).toBe(letter)
          expect(chosenOption(form.replace('@', `thing${i}`), texts)).toBe(letter)
        },
      ),
    )
  })

  it('never fails, and takes time by the length', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => void chosenOption(text, ['x', 'y'])),
    )
    for (const piece of [' ', '*', '(', 'B ', 'B, ', '"', 'answer']) chosenOption(piece.repeat(50_000), ['x', 'y'])
    for (const blank of ['\n', ' ', ' \n']) chosenOption(`answer${blank.repeat(200_000)}`, ['x', 'y'])
  })
})
