import type { ProbeOutcome } from '../routing/probe-store.ts'

/** Counts over the outcomes of one LLM on one set. */
export interface ProbeTally {
  /** Probes with an outcome, good or not. */
  readonly done: number
  readonly graded: number
  /** Without a quality: the call failed, or the answer could not be graded. */
  readonly failed: number
  /** Answers without a text and without a tool call. */
  readonly empty: number
  /** Mean over the graded; NaN where there is none. */
  readonly meanQuality: number
}

/** How far a run is, for people. */
export interface ProbeProgress extends ProbeTally {
  /** Probes that are asked in all. */
  readonly total: number
  readonly costUsd: number
  /** Expected milliseconds to the end; undefined until a few answers have come. */
  readonly msLeft: number | undefined
}

/** As an outcome says it of an answer with nothing in it. */
export const emptyAnswer = 'the answer was empty'

export function tallyOf(outcomes: Iterable<ProbeOutcome>): ProbeTally {
  let [done, graded, empty, sum] = [0, 0, 0, 0]
  for (const { quality, error } of outcomes) {
    done++
    if (error === emptyAnswer) empty++
    if (quality === undefined) continue
    graded++
    sum += quality
  }
  return { done, graded, failed: done - graded, empty, meanQuality: sum / graded }
}
