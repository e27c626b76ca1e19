export type { EstimatedMean } from './off-policy/clustered-mean.ts'
export type { ChoiceRules } from './off-policy/decide-again.ts'
export {
  type Comparison,
  type EstimateOptions,
  type EstimatorResult,
  estimateTarget,
  type TargetEstimate,
  type UtilityScale,
} from './off-policy/estimate-target.ts'
export { defaultVerdictRules, type LogVerdict, type Refusal, type VerdictRules } from './off-policy/log-verdict.ts'
export { loggedChoice } from './off-policy/logged-choice.ts'
export {
  type LoggedChoice,
  loggingChoices,
  type OffPolicyLog,
  OffPolicyLogBuilder,
  type TargetChoices,
} from './off-policy/off-policy-log.ts'
export { type PreparedLog, prepareLog } from './off-policy/prepare-log.ts'
export { type ReplayOptions, type ReplayReport, replayLog } from './off-policy/replay-log.ts'
export {
  explorationTarget,
  fixedTarget,
  lambdaTarget,
  priceTarget,
  type TargetChoice,
  type TargetPolicy,
  withoutTarget,
} from './off-policy/target-policy.ts'
export { verdictWords } from './off-policy/verdict-words.ts'
export { versionTarget } from './off-policy/version-target.ts'
