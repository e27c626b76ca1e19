import { selectMatrixRows } from '../../../routing/numeric/matrix.ts'
import { SeededRandom, shuffle } from '../../../routing/numeric/random-source.ts'
import { RidgeQualityPredictor } from '../../../routing/prediction/ridge-quality-predictor.ts'
import type { Finding } from '../../evaluation-result.ts'
import { studentInterval } from '../../metrics/interval.ts'
import { predictedGains } from './gains-of-predictor.ts'
import { GapRecovery } from './gap-recovery.ts'
import type { PairCase } from './pair-case.ts'

/** One shuffle may favour some prompts by chance; the mean over many may not. */
const shuffles = 10

/** Fewer with a gap to recover, and Student's interval leans on two or three draws. */
const fewestShuffles = 6

/**
 * The control: ridge fitted on the labels of other prompts, each pair of labels kept together, so that the gap stays
 * and nothing is to be learned. @returns APGR of each shuffle.
 */
export function shuffledApgr({ training, prompts, test }: PairCase): number[] {
  const { rows, seed } = training
  const random = new SeededRandom(Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995)
  const order = rows.contexts.map((_, row) => row)
  return Array.from({ length: shuffles }, () => {
    shuffle(order, random)
    const quality = selectMatrixRows(rows.quality, order, rows.llms.length)
    const gains = predictedGains(RidgeQualityPredictor.fit({ ...rows, quality }), prompts)
    return new GapRecovery(gains, test.weak, test.strong).metrics().apgr
  })
}

/** Confirmed where Student's interval over all shuffles and seeds holds .5 or lies below it, from six shuffles on. */
export function shuffledFinding(apgr: readonly number[]): Finding[] {
  const finite = apgr.filter(Number.isFinite)
  if (finite.length < 2) return []
  const { mean, low, high } = studentInterval(finite)
  return [
    {
      id: 'control-shuffled-labels',
      source: 'pointsman',
      claim: 'Fitted on the labels of other prompts, a router recovers no more of the gap than random routing.',
      verdict: finite.length < fewestShuffles ? 'undecided' : low! <= 0.5 ? 'confirmed' : 'refuted',
      evidence: `Ridge on shuffled labels: APGR ${mean.toFixed(3)} [${low!.toFixed(3)}, ${high!.toFixed(3)}] over ${finite.length} shuffles; random routing has .5.`,
    },
  ]
}
