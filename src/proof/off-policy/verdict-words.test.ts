import { expect, test } from 'vitest'
import type { TargetEstimate } from './estimate-target.ts'
import type { LogVerdict } from './log-verdict.ts'
import { verdictWords } from './verdict-words.ts'

const mean = { value: 0.0123, low: 0.004, high: 0.0206, standardError: 0.004 }

function estimate(verdict: LogVerdict): TargetEstimate {
  const utility = { target: mean, served: mean, difference: mean }
  return {
    verdict,
    results: [{ estimator: 'dr', quality: undefined, costUsd: undefined, utility }],
  } as unknown as TargetEstimate
}

test('a verdict is told with its interval', () => {
  expect(verdictWords(estimate({ kind: 'better', refusals: [] }))).toBe(
    'better than what served: +0.0123 in utility, 95 % interval +0.0040 to +0.0206',
  )
  expect(verdictWords(estimate({ kind: 'same', refusals: [] }))).toBe('it would have chosen as was chosen')
})

test('a refusal tells each reason once, and what would help', () => {
  const hits = { reason: 'few_hits', found: 3.8, needed: 50 } as const
  const words = verdictWords(
    estimate({
      kind: 'unknown',
      refusals: [
        { ...hits, of: 'quality' },
        { ...hits, of: 'cost' },
        { reason: 'heavy_weight', of: 'cost', found: 0.08, needed: 0.05 },
      ],
    }),
  )
  expect(words).toBe(
    'the log can’t say: 3.8 labelled draws agree with it where it departs from the usual choice, 50 are needed; one of the billed draws has 8 % of all the weight, at most 5 % may. What would help: more traffic, or more exploration (routing.exploration)',
  )
})

test('where choices are beyond the log nothing else matters', () => {
  const words = verdictWords(
    estimate({
      kind: 'unknown',
      refusals: [
        { reason: 'few_hits', of: 'quality', found: 0, needed: 50 },
        { reason: 'unsupported', of: 'cost', found: 1, needed: 0.005 },
      ],
    }),
  )
  expect(words).toContain('100 % of its choices could not have been drawn')
  expect(words).not.toContain('agree with it')
})

test('without a decision that can judge it there is nothing to say', () => {
  expect(verdictWords(undefined)).toContain('no decision')
})
