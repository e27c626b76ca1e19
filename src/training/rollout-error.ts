/**
 * `unknown_version`: not among the versions kept. `version_not_loadable`: its embedder is gone. `already_serving`: there is nothing to
 * change. `nothing_before`: no earlier version to go back to. `no_candidate`: none is on trial or held, or another one than was named.
 * `candidate_on_trial`: its trial has to end first. `rollout_conflict`: others kept changing the rollout meanwhile.
 */
export type RolloutErrorCode =
  | 'unknown_version'
  | 'version_not_loadable'
  | 'already_serving'
  | 'nothing_before'
  | 'no_candidate'
  | 'candidate_on_trial'
  | 'rollout_conflict'

/** The rollout cannot change that way. The message says what to do. */
export class RolloutError extends Error {
  override readonly name = 'RolloutError'
  readonly code: RolloutErrorCode

  constructor(code: RolloutErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
