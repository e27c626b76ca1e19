import type { PolicyName } from '../../policy-names.ts'
import type { StreamSetting } from './stream-setting.ts'

/** What one policy did with some prompts, without learning on the way: plain JSON. */
export interface StreamRun {
  readonly policy: PolicyName
  readonly setting: StreamSetting
  /** Row of each prompt in the prepared data. */
  readonly rows: readonly number[]
  /** The LLM whose answer was given. */
  readonly answered: readonly number[]
  /** Positions in `rows` whose answer came after τ, and scores 0. */
  readonly late: readonly number[]
  /** All LLMs paid for, where there was more than the one that answered. */
  readonly called?: readonly (readonly number[])[]
}

/** How a stream went while it was learned from, in windows of a hundred requests. */
export interface StreamCourse {
  readonly policy: PolicyName
  readonly setting: StreamSetting
  /** Mean of λ/(1+λ)·q − 1/(1+λ)·c/C_ref in each window. */
  readonly utility: readonly number[]
}

export interface StreamUnitOutput {
  readonly seed: number
  readonly runs: readonly StreamRun[]
  readonly courses: readonly StreamCourse[]
  /** What the reader must know of this unit. */
  readonly notes: readonly string[]
}
