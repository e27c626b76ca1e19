import type { ChargeStore } from '../../accounts/charge-store.ts'
import type { RandomSource } from '../../routing/numeric/random-source.ts'
import type { LlmId } from '../../routing/registry/llm.ts'

/** Of whose answers: those that the router chose the LLM for, those whose caller named it. */
export type JudgedSource = 'routed' | 'named'

/** Which live answers are judged, by whom, for how much. */
export interface JudgeSettings {
  readonly llm: LlmId
  /** Of live answers, [0, 1]; drawn before there is an answer, so that who is judged hangs on nothing it says. */
  readonly share: number
  /** Of the judge's own calls, per UTC day. They count for the gateway's cap too. */
  readonly dailyCapUsd: number
  /** What makes an answer good; undefined: correct, complete, as asked. */
  readonly rubric: string | undefined
  readonly sources: readonly JudgedSource[]
}

/** Beside the settings, what a live judge needs from outside. */
export interface LiveJudgeParts extends JudgeSettings {
  readonly random: RandomSource
  /** Where what it costs is kept. */
  readonly charges: ChargeStore
}

/** Whom the judge's calls are booked on; no key has such an id. */
export const judgeSpenderId = 'gateway:judge'
