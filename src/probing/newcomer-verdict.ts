import type { ProbeTally } from './probe-tally.ts'

/** Fewer graded probes say too little to send anybody's requests there. */
export const fewestGradedProbes = 20

/** Calls after which a newcomer is given up if all of them failed, and after which if nearly all did. */
const callsUntilHopeless = 10
const callsUntilJudged = 20

/** Of the first calls: beyond it, going on would be money for nothing. */
const mostEarlyFailures = 0.8

/** Below it answers are taken for garbage: whoever says the same to everything is right now and then. */
const leastMeanQuality = 0.05

/** Of all: what is left is what it did not fail at, and would flatter it. */
const mostFailures = 0.5

/**
 * Whether a run should end before its time, as the newcomer answers nothing that could be graded.
 *
 * @param lastError of a failed call, for people.
 * @returns the reason, or undefined: go on.
 */
export function earlyRefusal({ done, failed, empty }: ProbeTally, lastError: string | undefined): string | undefined {
  const said = lastError === undefined ? '' : `; the last one: ${lastError}`
  if (done >= callsUntilHopeless && failed === done && empty < done)
    return `all of the first ${done} calls failed${said}`
  if (done < callsUntilJudged) return undefined
  if (empty === done) return `all of the first ${done} answers were empty`
  return failed >= mostEarlyFailures * done ? `${failed} of the first ${done} calls failed${said}` : undefined
}

/**
 * Why an LLM is not admitted after its probes; undefined: nothing speaks against it. Never admitted without enough answers
 * that could be graded, nor when they are worth next to nothing, nor when it charged more than it was allowed to.
 */
export function refusalOf(
  tally: ProbeTally,
  spending: { readonly spentUsd: number; readonly capUsd: number | undefined },
): string | undefined {
  const { done, graded, failed, meanQuality } = tally
  const { spentUsd, capUsd } = spending
  if (capUsd !== undefined && spentUsd > capUsd) {
    return `its calls cost $${spentUsd.toPrecision(3)} in all, more than the cap of $${capUsd}`
  }
  if (graded < fewestGradedProbes) {
    return `${graded} of ${done} answers could be graded; at least ${fewestGradedProbes} are needed`
  }
  if (failed > mostFailures * done) return `${failed} of ${done} probes failed`
  if (meanQuality >= leastMeanQuality) return undefined
  return `its ${graded} graded answers are worth ${meanQuality.toFixed(3)} on average; below ${leastMeanQuality} they are taken for garbage`
}
