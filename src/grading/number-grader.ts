import { announcedAnswer, boxedAnswer, withoutThinking } from './final-answer.ts'
import type { Grader } from './grader.ts'
import type { GraderSpec } from './grader-spec.ts'
import { type NumberRead, numbersIn } from './read-numbers.ts'
import { verdict } from './verdict.ts'

/** What an answer ends on is found in its end. */
const endCharacters = 20_000

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
export function finalNumber(whole: string): readonly number[] | undefined {
  const text = whole.slice(-endCharacters)
  const boxed = boxedAnswer(text)
  const announced = announcedAnswer(text)
  for (const place of [boxed, announced]) {
    const found = place === undefined ? undefined : numberOfStatement(place)
    if (found !== undefined) return found.readings
  }
  const lines = text
    .split('\n')
    .filter((line) => /[\p{L}\p{N}]/u.test(line))
    .reverse()
  for (const line of lines) {
    const found = numberOfLine(line)
    if (found !== undefined) return found.readings
  }
  return undefined
}

/** Behind an announcement a number stands soon, or it is explained first. */
const wordsBefore = 2

/** After "the answer is" the first number counts, in an equation the one behind its sign; where it is explained first, as in any line. */
function numberOfStatement(place: string): NumberRead | undefined {
  const plain = withoutAsides(place.replace(/\bnot\s{1,9}\S{1,40}\s{1,9}but\b/giu, ' '))
  const [clause = ''] = plain.split(/[;!?]|[.,](?=\s|$)|\b(?:because|since|which)\b/u)
  const first = clause.search(/\d|\\/u)
  const isSoon = first === -1 || clause.slice(0, first).trim().split(/\s+/u).length <= wordsBefore
  if (!isSoon) return numberOfLine(place)
  const right = clause.slice(Math.max(0, clause.lastIndexOf('='), clause.lastIndexOf('≈')))
  return numbersIn(right)[0] ?? numbersIn(clause)[0] ?? numberOfLine(place)
}

/** What is set in bold; else what an equation ends on, if that is not the middle of the sentence; else the last number outside of brackets. */
function numberOfLine(line: string): NumberRead | undefined {
  const bold = [...line.matchAll(/(\*\*|__)(.+?)\1/gu)].flatMap((match) => numbersIn(match[2] ?? '')).at(-1)
  const plain = withoutReason(withoutAsides(line))
  return bold ?? numberOfEquation(plain) ?? numbersIn(plain).at(-1)
}

function numberOfEquation(line: string): NumberRead | undefined {
  const sign = Math.max(line.lastIndexOf('='), line.lastIndexOf('≈'))
  if (sign === -1) return undefined
  const [clause = '', ...rest] = line.slice(sign).split(/[;!?]|[.,](?=\s|$)/u)
  return numbersIn(rest.join(' ')).length === 0 ? numbersIn(clause)[0] : undefined
}

/** "4 buses, since 140 / 40 = 3.5" ends on 4; "since 140 / 40 = 3.5, 4 buses" and "5 because …, so 12" on what comes last. */
function withoutReason(text: string): string {
  const reason = text.search(/\b(?:because|since)\b/iu)
  if (reason === -1 || /\b(?:so|thus|hence|therefore)\b/iu.test(text.slice(reason))) return text
  const before = text.slice(0, reason)
  return numbersIn(before).length > 0 ? before : text
}

/** Brackets hold asides, unless they hold all there is. */
function withoutAsides(text: string): string {
  const plain = text.replace(/\([^()]*\)/gu, ' ')
  return numbersIn(plain).length > 0 ? plain : text
}
