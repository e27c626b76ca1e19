import { costQualityHull, fixedLlmPoints } from '../../routing/decision/cost-quality-hull.ts'
import type { TrainingRows } from '../../routing/prediction/training-rows.ts'
import { EvaluationError } from '../evaluation-error.ts'
import type { StaticChoices, StaticPrompts } from '../protocols/static/static-policy.ts'
import { mostCandidates, tunedPolicy } from './tuned-policy.ts'

/** LLMs as indices into the pool, from the cheapest to the dearest. */
export type Cascade = readonly number[]

/** Thresholds strictly between 0 and 1; both ends are one more setting each. */
const innerThresholds = 59

/**
 * AutoMix (Aggarwal et al. 2024, arXiv:2310.12963) in style, re-implemented from its description: a cheap LLM answers and checks its own answer; below
 * a threshold the next LLM of the cascade is asked. Knob: the threshold; at 0 the first answer stands unchecked, beyond 1 the last LLM is
 * asked at once.
 *
 * Deviations: **the verifier is simulated** from the recorded quality (see `simulatedVerifier`: 20 % errors either way at the threshold ½), as no
 * data set records one; a row of this policy says so in its setting `simulatedVerifier`. A check is billed as one more call of the
 * LLM that answered. The rule is the threshold, not the POMDP. Its authors cascade two given LLMs: here the cascade, of two to four LLMs on
 * the training hull, is tuned, and one threshold serves all its steps.
 */
export const automix = tunedPolicy<Cascade>({
  name: 'automix',
  candidates: ({ rows }) => cascades(rows),
  fit: () => (cascade) => ({ choose: (prompts) => runCascade(cascade, prompts) }),
})

/**
 * All LLMs of the training hull in one cascade (of more than four the first three and the last), then its pairs, those
 * furthest apart on the hull first and of equals the cheapest, as far as the validation budget goes. A hull of one LLM is
 * that LLM alone.
 */
export function cascades(rows: TrainingRows): Cascade[] {
  const fixed = fixedLlmPoints(rows.quality, rows.costUsd, rows.llms.length)
  const hull = costQualityHull(fixed).map(({ llmIndex }) => llmIndex)
  if (hull.length === 1) return [hull]
  const pairs = hull
    .flatMap((first, i) => hull.slice(i + 1).map((second, j) => ({ pair: [first, second], apart: j })))
    .sort((a, b) => b.apart - a.apart)
    .map(({ pair }) => pair)
  const whole = hull.length > 4 ? [...hull.slice(0, 3), hull.at(-1)!] : hull
  const found = hull.length > 2 ? [whole, ...pairs] : pairs
  return found.slice(0, mostCandidates)
}

/** @throws {EvaluationError} `unfit_data` when nobody stands in for the verifier. */
export function runCascade(cascade: Cascade, prompts: StaticPrompts): StaticChoices {
  const { verifierConfidence } = prompts
  if (verifierConfidence === undefined) {
    throw new EvaluationError('unfit_data', 'a cascade needs somebody to verify answers')
  }
  const count = prompts.contexts.length
  const settings = innerThresholds + 2
  const confidences = Array.from(
    { length: count },
    (_, prompt) => new Map(cascade.map((llm) => [llm, verifierConfidence(prompt, llm)])),
  )
  const answeredBy = new Uint16Array(settings * count)
  const alsoCalled: number[][] = []
  for (let setting = 0; setting < settings; setting++) {
    const threshold = setting / (settings - 1)
    for (let prompt = 0; prompt < count; prompt++) {
      const { answer, others } = walk(cascade, threshold, (llm) => confidences[prompt]!.get(llm)!)
      answeredBy[setting * count + prompt] = answer
      alsoCalled.push(others)
    }
  }
  return { settings, answeredBy, alsoCalled }
}

/**
 * One prompt's way through the cascade.
 *
 * @returns the LLM whose answer is given, and every other call in order: answers rejected and checks made.
 */
export function walk(
  cascade: Cascade,
  threshold: number,
  confidence: (llm: number) => number,
): { readonly answer: number; readonly others: number[] } {
  const last = cascade.at(-1)!
  if (threshold <= 0) return { answer: cascade[0]!, others: [] }
  if (threshold >= 1) return { answer: last, others: [] }
  const others: number[] = []
  for (const llm of cascade) {
    if (llm === last) break
    others.push(llm)
    if (confidence(llm) >= threshold) return { answer: llm, others }
    others.push(llm)
  }
  return { answer: last, others }
}
