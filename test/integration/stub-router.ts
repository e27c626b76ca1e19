import type { RequestRouter } from '../../src/gateway/gateway-parts.ts'
import type { CandidateTerms, RoutingDecision } from '../../src/routing/decision.ts'
import { RoutingError } from '../../src/routing/errors.ts'
import type { Settlement } from '../../src/routing/outcome.ts'
import type { ObservedCall } from '../../src/routing/prediction/completion-time-model.ts'
import type { Llm } from '../../src/routing/registry/llm.ts'
import type { LlmRegistry } from '../../src/routing/registry/llm-registry.ts'
import type { RoutingRequest } from '../../src/routing/request.ts'

/** Draws the first LLM of the pool, then the second by utility, and so on. Remembers what it was told. */
export class StubRouter implements RequestRouter {
  readonly pool: LlmRegistry
  readonly requests: RoutingRequest[] = []
  readonly budgets: (number | undefined)[] = []
  readonly outcomes: { readonly decision: RoutingDecision; readonly settlement: Settlement }[] = []
  readonly ended: { readonly llm: string; readonly observed: ObservedCall | undefined }[] = []
  readonly inFlight = new Map<string, number>()
  /** What every candidate is predicted to cost at the 90 % point of its length; half of that on average. */
  predictedCostP90Usd: number | undefined = 0.001
  /** The same for single LLMs. */
  readonly costP90UsdOf = new Map<string, number>()
  #count = 0

  constructor(pool: LlmRegistry) {
    this.pool = pool
  }

  async route(
    request: RoutingRequest,
    attribution: { readonly keyId: string | undefined; readonly budgetUsd: number | undefined },
  ): Promise<RoutingDecision> {
    this.requests.push(request)
    this.budgets.push(attribution.budgetUsd)
    const llms = request.pinnedLlm === undefined ? this.pool.list() : [this.pool.require(request.pinnedLlm)]
    const drawn = llms[0]
    if (drawn === undefined) throw new RoutingError('no_admissible_llm', 'No LLM may serve this request')
    this.#count += 1
    return {
      id: `d${String(this.#count).padStart(8, '0')}`,
      createdAtMs: Date.now(),
      keyId: attribution.keyId,
      conversationId: request.conversationId,
      policyVersion: 'unfitted',
      labelSequence: 0,
      cold: true,
      pinned: request.pinnedLlm !== undefined,
      rule: 'utility',
      preference: request.preference,
      inputTokens: request.inputTokens,
      maxOutputTokens: request.maxOutputTokens,
      choices: request.choices,
      context: { embedderId: 'stub', embedding: new Float32Array(2), explicit: new Float32Array(1) },
      candidates: llms.map((llm, index) => this.#terms(llm, index, llms.length)),
      excluded: [],
      drawn: drawn.id,
      propensity: 1 / llms.length,
      budgetDual: 0,
      experiment: undefined,
    }
  }

  callStarted(llm: string): number {
    const before = this.inFlight.get(llm) ?? 0
    this.inFlight.set(llm, before + 1)
    return before
  }

  callEnded(llm: string, observed: ObservedCall | undefined): void {
    this.inFlight.set(llm, (this.inFlight.get(llm) ?? 0) - 1)
    this.ended.push({ llm, observed })
  }

  recordOutcome(decision: RoutingDecision, settlement: Settlement): void {
    this.outcomes.push({ decision, settlement })
  }

  #terms(llm: Llm, index: number, count: number): CandidateTerms {
    const costP90Usd = this.costP90UsdOf.get(llm.id) ?? this.predictedCostP90Usd
    const costUsd = costP90Usd === undefined ? undefined : costP90Usd / 2
    return {
      llm: llm.id,
      qualitySource: 'prior',
      offlineQuality: 0.5,
      quality: 0.5,
      uncertainty: 0.1,
      outputTokens: 100,
      offlineCostUsd: costUsd,
      costUsd,
      costP90Usd,
      completionMs: 100,
      latencyPenalty: 0,
      utility: 1 - index / 10,
      probability: 1 / count,
    }
  }
}
