export type { Clock } from './clock.ts'
export {
  type CreateRouterOptions,
  createRouter,
  LearningRouter,
  type RecordedOutcome,
  type RouteInput,
} from './create-router.ts'
export type { Exclusion, ExclusionReason } from './decision/admissibility.ts'
export { defaultExploration, type ExplorationOptions, noExploration } from './decision/choice.ts'
export { defaultLambda, defaultPreference, type RoutingPreference } from './decision/routing-preference.ts'
export type { TrialTally, TrialTerms } from './decision/version-trial.ts'
export type { CandidateTerms, RoutingDecision } from './decision.ts'
export type { Embedder } from './embedding/embedder.ts'
export { HashedNgramEmbedder } from './embedding/hashed-ngram-embedder.ts'
export type { RoutingContext } from './embedding/routing-context.ts'
export { RoutingError, type RoutingErrorCode } from './errors.ts'
export { type RandomSource, SeededRandom } from './numeric/random-source.ts'
export type { Feedback, Label, Settlement } from './outcome.ts'
export type { SnapshotData } from './policy-store.ts'
export { CompletionTimeModel, type ObservedCall } from './prediction/completion-time-model.ts'
export type { CostEstimates, CostPredictor } from './prediction/cost-predictor.ts'
export { type FittedPolicy, restorePolicy, snapshotPolicy } from './prediction/fitted-policy.ts'
export type { QualityPredictor } from './prediction/quality-predictor.ts'
export {
  type DescribeOptions,
  type NewcomerProbes,
  withDescribedLlm,
} from './prediction/universal/described-policy.ts'
export type { LlmDescription } from './prediction/universal/llm-description.ts'
export { type ProbeLabels, UniversalModel } from './prediction/universal/universal-model.ts'
export { type Llm, type LlmCapabilities, type LlmId, unknownLlmProperties } from './registry/llm.ts'
export type { LlmAlias } from './registry/llm-aliases.ts'
export { LlmRegistry } from './registry/llm-registry.ts'
export type { ParameterSupport } from './registry/parameter-support.ts'
export { type ReasoningEffort, reasoningEfforts } from './registry/reasoning-effort.ts'
export { billedCostUsd, billedNanoUsd } from './registry/token-bill.ts'
export {
  expectedCostUsd,
  type PriceTier,
  type TokenPrice,
  type TokenRates,
  type TokenUsage,
} from './registry/token-price.ts'
export {
  noNeeds,
  plainRequest,
  plainShape,
  type RequestNeeds,
  type RequestShape,
  type RoutingRequest,
} from './request.ts'
export { type Attribution, defaultRouterOptions, Router, type RouterOptions, type RouterParts } from './router.ts'
export { defaultLearning, type LearningOptions, RoutingPolicy } from './routing-policy.ts'
export { restoreStarter, type StarterModel } from './starter/starter-model.ts'
export { type NamesOf, type StarterPolicy, starterPolicy } from './starter/starter-policy.ts'
