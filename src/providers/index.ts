export { type AnthropicOptions, AnthropicProvider } from './anthropic/anthropic-provider.ts'
export type {
  ChatCall,
  ChatCompletion,
  ChatEvent,
  ChatMessage,
  ChatProvider,
  ChatRequest,
  JsonObject,
} from './chat-provider.ts'
export {
  type DiscoveredProvider,
  type DiscoverOptions,
  type Discovery,
  discoverProviders,
  type FoundKey,
} from './discover.ts'
export { openUpstream, type UpstreamSettings } from './open-upstream.ts'
export {
  type OpenAiCompatibleOptions,
  OpenAiCompatibleProvider,
} from './openai-compatible/openai-compatible-provider.ts'
export type { MessageDialect, OpenAiDialect } from './openai-compatible/openai-dialect.ts'
export {
  type ProviderPreset,
  providerPreset,
  providerPresets,
} from './openai-compatible/presets.ts'
export { steeringParameters } from './openai-compatible/steering-parameters.ts'
export {
  type ParameterColumn,
  type ParameterHandling,
  type ParameterName,
  parameterNames,
} from './parameters/parameter.ts'
export { parameterSupportOf } from './parameters/parameter-support-of.ts'
export { type ParameterApi, parameterTable, type ReachedLlm } from './parameters/parameter-table.ts'
export { type RequestParameters, requestParameters } from './parameters/request-parameters.ts'
export { loadPriceBook, type ModelFacts, type PriceBook } from './price-book.ts'
export { mayHaveBeenBilled, ProviderError, type ProviderErrorCode } from './provider-error.ts'
export { type ProviderKind, providerKinds } from './provider-kind.ts'
export type { Attempt } from './resilience/attempt.ts'
export {
  type CallPermit,
  CircuitBreaker,
  type CircuitBreakerOptions,
  CircuitBreakers,
  type CircuitState,
} from './resilience/circuit-breaker.ts'
export { DeadlineProvider, type Deadlines } from './resilience/deadline-provider.ts'
export {
  completeWithFallback,
  type FallbackCompletion,
  FallbackError,
  type FallbackOptions,
  type FallbackStream,
  type FallbackTarget,
  streamWithFallback,
} from './resilience/fallback.ts'
export type { RetryOptions } from './resilience/retry-schedule.ts'
export { RetryingProvider, type RetryingProviderOptions } from './resilience/retrying-provider.ts'
export { systemTimers, type Timers } from './resilience/timers.ts'
export { simulatedLlms } from './simulated/simulated-pool.ts'
export { SimulatedProvider, type SimulatedProviderOptions } from './simulated/simulated-provider.ts'
export { checkReply, generateTask } from './simulated/task-suite.ts'
export type { Task, TaskKindName } from './simulated/tasks/task-kind.ts'
