import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerOf, noSignal } from './__fixtures__/answer-of.ts'
import { createNumberGrader, finalNumber } from './number-grader.ts'

async function quality(text: string, answer: number, tolerance: { absolute?: number; relative?: number } = {}) {
  const grader = createNumberGrader({ kind: 'number', answer, absolute: 0, relative: 1e-6, ...tolerance })
  return (await grader.grade(answerOf(text), noSignal)).quality
}

/** Answers as LLMs write them, and what they say. */
const right: readonly (readonly [string, number])[] = [
  ['42', 42],
  ['42.', 42],
  ['The answer is 42.', 42],
  ['**42**', 42],
  ['$42$', 42],
  ['\\boxed{42}', 42],
  ['$$\\boxed{1{,}234}$$', 1234],
  ['The final answer is $\\boxed{\\text{42 km}}$.', 42],
  ['\\(x = 42\\)', 42],
  ['Therefore, \\[ \\boxed{\\frac{3}{4}} \\]', 0.75],
  ['\\boxed{-\\dfrac{1}{2}}', -0.5],
  ['\\boxed{3 \\times 10^{8}}', 3e8],
  ['It is 1,234,567.', 1234567],
  ['It is 1 234 567 people.', 1234567],
  ['12,34,567 rupees', 1234567],
  ['1.234.567,89 €', 1234567.89],
  ['3,5 kg', 3.5],
  ['25%', 25],
  ['25%', 0.25],
  ['25\\%', 0.25],
  ['12.5 percent', 0.125],
  ['3/4', 0.75],
  ['1 3/4 cups', 1.75],
  ['2½ hours', 2.5],
  ['½', 0.5],
  ['-7', -7],
  ['\u22127', -7],
  ['The temperature is \u22125.5 °C.', -5.5],
  ['x = -3', -3],
  ['x = - 3', -3],
  ['$-5', -5],
  ['-$5.00', -5],
  ['$18', 18],
  ['It costs $1,250.50 in total.', 1250.5],
  ['6.022e23', 6.022e23],
  ['6.022 × 10^23', 6.022e23],
  ['6.022 × 10²³ per mole', 6.022e23],
  ['1.6 x 10^-19 C', 1.6e-19],
  ['10^6', 1e6],
  ['42 km²', 42],
  ['42 m^2', 42],
  ['9.81 m/s^2', 9.81],
  ['42km', 42],
  ['3 + 4 = 7', 7],
  ['First 3 × 4 = 12, then 12 + 5 = 17.', 17],
  ['There are 3 boxes of 4.\nSo the total is 12 apples.', 12],
  ['Step 1: add 2.\nStep 2: 5 + 2 = 7\n\nAnswer: 7', 7],
  ['Natalia sold 48/2 = 24 clips.\n#### 72', 72],
  ['**Answer:** 72 clips in 2 months', 72],
  ['The answer is **18** dollars (9 eggs at 2 dollars each).', 18],
  ['She needs **15** pages for 3 days.', 15],
  ['The answer is 7 (not 8).', 7],
  ['It is 7 (rounded from 6.98).', 7],
  ['- 5 apples', 5],
  ['5–10, so at most 10', 10],
  ['The population is 3 million.', 3e6],
  ['The population is 3 million.', 3],
  ['Seven.', 7],
  ['There are twenty-one of them.', 21],
  ['<think>2 + 2 is 5?</think>4', 4],
  ['４２', 42],
  ['.5', 0.5],
  ['The 21st', 21],
  ['The answer is: 42\n\nI am 99% sure.', 42],
  ['The answer is\n\n42', 42],
  ['The answer is approximately 3.14', 3.14],
  ['**Answer: $1,200**', 1200],
  ['Total: 1 + 2 + 3 = **6**', 6],
  ['The answer is 5 (check: 5 * 2 = 10).', 5],
  ['The answer is 7 because 3 + 4 = 7, not 8.', 7],
  ['Answer: x = 5', 5],
  ['The answer is that the train travels 120 km in 2 hours, so 60 km/h.', 60],
  ['So, 5 apples + 3 apples = 8 apples in 2 baskets.', 8],
  ['If x = 5, the total is 12.', 12],
  ['$\\frac{22}{7}$', 22 / 7],
  ['2^10', 1024],
  ['2^{10}', 1024],
  ['5²', 25],
  ['1_000_000', 1e6],
  ['$90^\\circ$', 90],
  ['42 (forty-two)', 42],
  ['The area is 12 cm².', 12],
  ['\\(x = -\\frac{3}{2}\\)', -1.5],
  ['Final Answer: The final answer is $12$. I hope it is correct.', 12],
  ['minus 40 degrees', -40],
  ['It is negative $5.', -5],
  ['5 minus 3 is 2', 2],
  ['10**5', 1e5],
  ['3.0 * 10**5', 3e5],
  ['\\boxed{\\frac12}', 0.5],
  ['2.5M', 2.5e6],
  ['$1.5K', 1500],
  ['3.2bn', 3.2e9],
  ['1.234.567', 1234567],
  ['The answer is not 42 but 43', 43],
  ['4 buses are needed, since 140 / 40 = 3.5', 4],
  ['Since 140 / 40 = 3.5, 4 buses are needed', 4],
  ['There were 3 because 2 left, so 12 remain', 12],
  ['答案是8。', 8],
  ['La respuesta es 8.', 8],
  ['## Final Answer\n**42 apples**', 42],
  ['{"answer": 42}', 42],
]

const wrong: readonly (readonly [string, number])[] = [
  ['', 42],
  ['I do not know.', 42],
  ['41', 42],
  ['-42', 42],
  ['42', -42],
  ['The answer is 41, not 42', 42],
  ['H2O', 2],
  ['It is 42. No, the answer is 43.', 42],
  ['4.2', 42],
  ['420', 42],
  ['1.234', 1234],
  ['5 m', 5e6],
  ['10 minus 4', -10],
  ['The answer is not 42 but 43', 42],
  ['x² + y²', 2],
  ['NaN', 0],
  ['Infinity', 0],
]

describe('number grader', () => {
  it.each(right)('%j says %d', async (text, answer) => {
    expect(await quality(text, answer)).toBe(1)
  })

  it.each(wrong)('%j does not say %d', async (text, answer) => {
    expect(await quality(text, answer)).toBe(0)
  })

  it('takes the wider of the two tolerances', async () => {
    expect(await quality('3.14', Math.PI, { absolute: 0.01 })).toBe(1)
    expect(await quality('3.14', Math.PI, { relative: 0.001 })).toBe(1)
    expect(await quality('3.1', Math.PI, { absolute: 0.01, relative: 0.001 })).toBe(0)
    expect(await quality('0.00001', 0, { relative: 0.1 })).toBe(0)
  })

  it('reads every number that JavaScript writes', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const number = value === 0 ? 0 : value
        expect(finalNumber(`The answer is ${number}.`)?.[0]).toBe(number)
        expect(finalNumber(`I count ${number} of them`)?.[0]).toBe(number)
      }),
    )
  })

  it('reads groups of thousands as it reads the number without them', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(finalNumber(value.toLocaleString('en-US'))?.[0]).toBe(value)
      }),
    )
  })

  it('never fails, and takes time by the length', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => void finalNumber(text)))
    for (const piece of ['1', ' ', '1 ', '1,', '(', '**', '$1', '\\frac{', '-', '1/', "1'"])
      finalNumber(piece.repeat(50_000))
    for (const blank of ['\n', ' ', ' \n']) finalNumber(`answer${blank.repeat(200_000)}`)
  })
})
