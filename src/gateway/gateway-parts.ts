import type { ChargeStore } from '../accounts/charge-store.ts'
import type { DailySpend } from '../accounts/daily-spend.ts'
import type { KeyRing } from '../accounts/key-ring.ts'
import type { ChatProvider } from '../providers/chat-provider.ts'
import type { EmbeddingProvider } from '../providers/embedding-provider.ts'
import type { FallbackOptions } from '../providers/resilience/fallback.ts'
import type { Clock } from '../routing/clock.ts'
import type { RoutingDecision } from '../routing/decision.ts'
import type { DecisionStore } from '../routing/decision-store.ts'
import type { FeedbackStore } from '../routing/feedback-store.ts'
import type { Label, Settlement } from '../routing/outcome.ts'
import type { PolicyVersionSummary } from '../routing/policy-store.ts'
import type { ObservedCall } from '../routing/prediction/completion-time-model.ts'
import type { EmbeddingModel } from '../routing/registry/embedding-model.ts'
import type { Llm, LlmId } from '../routing/registry/llm.ts'
import type { LlmRegistry } from '../routing/registry/llm-registry.ts'
import type { TokenPrice } from '../routing/registry/token-price.ts'
import type { RoutingRequest } from '../routing/request.ts'
import type { ResponseStore } from '../routing/response-store.ts'
import type { AlarmBoard } from './alarms/alarm-board.ts'
import type { SpendPacing } from './budgets/spend-pacing.ts'
import type { ServingState } from './feedback/serving-state.ts'
import type { LiveJudgeParts } from './live-judge/judge-settings.ts'
import type { Logger } from './logger.ts'
import type { OnboardingDesk } from './onboarding/onboarding-desk.ts'
import type { PolicyAdmin } from './policy-admin.ts'
import type { PoolEditor } from './pool-editor.ts'
import type { SingleReplay } from './replay/single-replay.ts'
import type { RolloutWatch } from './rollout/rollout-view.ts'

/** The router, as the gateway needs it. */
export interface RequestRouter {
  /** The live pool. */
  readonly pool: LlmRegistry
  /**
   * Decides; calls nothing and stores nothing.
   * @param attribution `budgetUsd`: what the caps still allow for this request; undefined when there is no cap. `dual`: what budgets that
   *   run short put on its price; default 0.
   * @throws {RoutingError} `no_admissible_llm`, `unknown_llm`
   */
  route(
    request: RoutingRequest,
    attribution: {
      readonly keyId: string | undefined
      readonly budgetUsd: number | undefined
      readonly dual?: number | undefined
    },
  ): Promise<RoutingDecision>
  /**
   * Counts a call in flight at once, so that a burst does not herd; returns the load before it.
   * @param outputTokens what each of its answers was expected to take; undefined: as much as usual.
   */
  callStarted(llm: LlmId, outputTokens?: number): number
  /**
   * @param observed undefined when the call taught nothing: it failed, was cut or aborted.
   * @param outputTokens as {@link callStarted} was told.
   */
  callEnded(llm: LlmId, observed: ObservedCall | undefined, outputTokens?: number): void
  /** Online cost and latency estimates. Never throws. */
  recordOutcome(decision: RoutingDecision, settlement: Settlement): void
}

/** Takes accepted labels off the request path. Never throws. */
export interface LabelSink {
  accept(label: Label): void
  /** A label with this sequence is in the store, but who learned of it is not known: to be read there if it was missed. */
  nudge?(sequence: number): void
}

/** What learning stands at, for people who ask what became of their feedback. */
export interface LearningView {
  serving(): ServingState
  versions(): Promise<readonly PolicyVersionSummary[]>
}

/** The embedding models served, where to call them, and where what they cost is kept. */
export interface EmbeddingService {
  list(): readonly EmbeddingModel[]
  providerFor(model: EmbeddingModel): EmbeddingProvider
  /** As {@link GatewayParts.priceOf}. */
  readonly priceOf?: ((model: EmbeddingModel, reportedModel: string | undefined) => TokenPrice | undefined) | undefined
  readonly charges: ChargeStore
}

/** What a gateway is joined from. Who opened a part closes it: the gateway closes none of them. */
export interface GatewayParts {
  readonly router: RequestRouter
  readonly labels: LabelSink
  /** Left out: feedback is not told what became of it. */
  readonly learning?: LearningView | undefined
  readonly decisions: DecisionStore
  /** Whether the stores are known to be gone for now, as nothing has to be written for `/readyz` to say so. */
  readonly storeLost?: (() => boolean) | undefined
  readonly feedback: FeedbackStore
  /** What callers of the Responses API asked to keep. */
  readonly responses: ResponseStore
  readonly keys: KeyRing
  /** Left out: the pool stays as it was opened. */
  readonly poolEditor?: PoolEditor
  /** Left out: nobody is probed. */
  readonly onboarding?: OnboardingDesk | undefined
  /** Left out: `/admin/policies` serves nothing. */
  readonly policyAdmin?: PolicyAdmin | undefined
  /** Left out: no version is ever tried beside the one that serves. */
  readonly rollout?: RolloutWatch | undefined
  /** Left out: no policy is judged by the log. */
  readonly replay?: SingleReplay | undefined
  readonly spend: DailySpend
  /** Left out: nothing is watched but quality, by the policy itself. */
  readonly alarms?: AlarmBoard | undefined
  /** Left out: caps are hard stops alone. */
  readonly pacing?: SpendPacing | undefined
  /** The provider that serves an LLM of the pool. */
  readonly providerFor: (llm: Llm) => ChatProvider
  /**
   * The price an answer is settled at, by the model id that the upstream says answered; undefined: not known. Left out: always
   * the LLM's own. Called once per answer.
   */
  readonly priceOf?: (llm: Llm, reportedModel: string | undefined) => TokenPrice | undefined
  /** Left out: `/v1/embeddings` serves none. */
  readonly embeddings?: EmbeddingService
  /** Left out: no live answer is judged. */
  readonly judge?: LiveJudgeParts | undefined
  /** Retries, breakers and deadlines around every call. */
  readonly resilience: FallbackOptions
  /** Fractions of a millisecond make the reported overhead finer. */
  readonly clock: Clock
  /** A new id for a request without one: unique, URL-safe. */
  readonly newId: () => string
  readonly log: Logger
}
