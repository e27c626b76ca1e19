import { containsPhrase, evenOut } from './even-out.ts'
import { boxedAnswer, finalAnswer, withoutThinking } from './final-answer.ts'
import type { Grader } from './grader.ts'
import type { GraderSpec } from './grader-spec.ts'
import { graded } from './verdict.ts'

/**
 * 1 where the answer, evened out, is one of the answers: the whole of it, what it announces ("The answer is …") or what it boxes. With
 * `contains` also where the phrase stands anywhere in it, at the bounds of words: a denial ("not Paris") then counts too.
 */
export function createTextGrader({ answers, contains }: Extract<GraderSpec, { kind: 'text' }>): Grader {
  const right = answers.map(evenOut)
  return graded((answer) => {
    const text = withoutThinking(answer.text)
    const whole = evenOut(text)
    if (right.includes(whole)) return true
    const final = finalAnswer(text)
    if (final !== undefined && right.includes(evenOut(unwrapped(final)))) return true
    return contains && right.some((phrase) => containsPhrase(whole, phrase))
  })
}

function unwrapped(final: string): string {
  return (boxedAnswer(final) ?? final).replace(/^\\(?:text|mathrm|textbf)\s*\{(.*)\}$/su, '$1')
}
