import { announcedAnswer, boxedAnswer, withoutThinking } from './final-answer.ts'
import type { Grader } from './grader.ts'
import type { GraderSpec } from './grader-spec.ts'
import { type NumberRead, numbersIn } from './read-numbers.ts'
import { verdict } from './verdict.ts'

/** Two decimal fractions written alike may differ by this much in binary. */
const rounding = 1e-12

/** 1 where the number the answer ends on is within the tolerance; the wider of the two counts. 0 otherwise, also where there is none. */
export function createNumberGrader({ answer, absolute, relative }: Extract<GraderSpec, { kind: 'number' }>): Grader {
  const tolerance = Math.max(absolute, (relative + rounding) * Math.abs(answer))
  return {
    grade: async ({ text }) => {
      const readings = finalNumber(withoutThinking(text))
      if (readings === undefined) return verdict(false, 'no number in it')
      return verdict(readings.some((value) => Math.abs(value - answer) <= tolerance))
    },
  }
}

/**
 * The number that a text settles on, in each way it can be read (25 % is 25 and .25; 3 million is 3 and 3,000,000): the one boxed, else the
 * one announced, else the one of the last line that has one. Undefined: there is none.
 */
export function finalNumber(text: string): readonly number[] | undefined {
  const boxed = boxedAnswer(text)
  const announced = announcedAnswer(text)
  for (const place of [boxed, announced]) {
    const found = place === undefined ? undefined : numberOfStatement(place)
    if (found !== undefined) return found.readings
  }
  const lines = text.split('\n').reverse()
  for (const line of lines) {
    const found = numberOfLine(line)
    if (found !== undefined) return found.readings
  }
  return undefined
}

/** After "the answer is" the first number counts, and in an equation the one behind its last sign. */
function numberOfStatement(place: string): NumberRead | undefined {
  const right = place.slice(Math.max(place.lastIndexOf('='), place.lastIndexOf('≈')) + 1)
  return numbersIn(right)[0] ?? numbersIn(place)[0]
}

/** What is set in bold; else the last number outside of brackets, which hold asides; else the last. */
function numberOfLine(line: string): NumberRead | undefined {
  const bold = [...line.matchAll(/(\*\*|__)(.+?)\1/gu)].flatMap((match) => numbersIn(match[2] ?? '')).at(-1)
  return bold ?? numbersIn(line.replace(/\([^()]*\)/gu, ' ')).at(-1) ?? numbersIn(line).at(-1)
}
