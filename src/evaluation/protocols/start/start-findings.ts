import type { Finding, Verdict } from '../../evaluation-result.ts'
import { describeFigure, judge, type Measured, promptInterval, seedInterval } from '../stream/measured.ts'
import { startWindows } from './start-plan.ts'

/** Utility with the starter less that from list prices, in one window at one λ. */
export interface StartGain {
  readonly lambda: number
  readonly window: string
  readonly figure: Measured
}

/** Utility; a loss below it would matter to nobody. Where losses above it are not ruled out nothing is claimed. */
export const negligibleLoss = 0.01

/** Better in the first 100 prompts at each λ (one family by Holm), and nowhere worse (another, over all windows and λ). */
export function startFindings(gains: readonly StartGain[]): Finding[] {
  if (gains.every(({ figure }) => isAlwaysZero(figure))) return [notUsed]
  const first = gains.filter(({ window }) => window === startWindows[0].name)
  const verdicts = judge(first.map(({ figure }) => figure))
  const better = first.map(
    ({ lambda, figure }, i): Finding => ({
      id: `starter-first-100-lambda-${lambda}`,
      source: 'pointsman',
      claim: `In the first 100 prompts the starter is worth more than list prices alone, at λ = ${lambda}`,
      verdict: verdicts[i]!,
      evidence: `Utility ${describeFigure(figure, 'quality')}.`,
    }),
  )
  return [...better, nowhereWorse(gains)]
}

/** A claim of no harm would be empty where nothing was done. */
const notUsed: Finding = {
  id: 'starter-not-used',
  source: 'pointsman',
  claim: 'In the first 100 prompts the starter is worth more than list prices alone',
  verdict: 'undecided',
  evidence: 'The starter knows too few LLMs of this pool and does not serve: with it and without it are the same.',
}

function isAlwaysZero({ mean, replicates, bySeed }: Measured): boolean {
  return mean === 0 && [...replicates, ...bySeed].every((value) => value === 0)
}

function nowhereWorse(gains: readonly StartGain[]): Finding {
  const verdicts = judge(gains.map(({ figure }) => figure))
  const worse = gains.filter((_, i) => verdicts[i] === 'refuted')
  const isRuledOut = ({ figure }: StartGain): boolean =>
    [promptInterval(figure), seedInterval(figure)].every(({ low }) => low !== null && low > -negligibleLoss)
  const open = gains.filter((gain) => !isRuledOut(gain))
  const verdict: Verdict = worse.length > 0 ? 'refuted' : open.length > 0 ? 'undecided' : 'confirmed'
  const list = (some: readonly StartGain[]) =>
    some.map(({ lambda, window, figure }) => `λ = ${lambda}, prompts ${window}: ${describeFigure(figure, 'quality')}`)
  const evidence = {
    refuted: () => `Worse: ${list(worse).join('; ')}.`,
    undecided: () =>
      `Of ${gains.length} none is shown to be worse, but a loss of ${negligibleLoss} is not ruled out: ${list(open).join('; ')}.`,
    confirmed: () => {
      const worst = gains.reduce((least, gain) => (gain.figure.mean < least.figure.mean ? gain : least))
      return `All ${gains.length} intervals lie above −${negligibleLoss}; the lowest mean: ${list([worst]).join('')}.`
    },
  }
  return {
    id: 'starter-nowhere-worse',
    source: 'pointsman',
    claim: `In no window and at no λ is the starter worse than list prices alone: no loss is shown, and none of ${negligibleLoss} of utility or more is possible`,
    verdict,
    evidence: evidence[verdict](),
  }
}
