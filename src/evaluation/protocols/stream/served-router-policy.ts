import { noExploration } from '../../../routing/decision/choice.ts'
import { defaultPreference } from '../../../routing/decision/routing-preference.ts'
import type { RoutingDecision } from '../../../routing/decision.ts'
import type { Embedder } from '../../../routing/embedding/embedder.ts'
import type { RoutingContext } from '../../../routing/embedding/routing-context.ts'
import type { RandomSource } from '../../../routing/numeric/random-source.ts'
import { CompletionTimeModel } from '../../../routing/prediction/completion-time-model.ts'
import type { FittedPolicy } from '../../../routing/prediction/fitted-policy.ts'
import type { QualityPredictor } from '../../../routing/prediction/quality-predictor.ts'
import { TokenCostPredictor } from '../../../routing/prediction/token-cost-predictor.ts'
import { type Llm, unknownLlmProperties } from '../../../routing/registry/llm.ts'
import { LlmRegistry } from '../../../routing/registry/llm-registry.ts'
import { plainRequest } from '../../../routing/request.ts'
import { Router, type RouterOptions } from '../../../routing/router.ts'
import { RoutingPolicy } from '../../../routing/routing-policy.ts'
import { declaredSpeed } from '../../mixllm/simulated-latency.ts'
import type { OnlineFeedback } from '../../online/online-policy.ts'
import type { StreamCall, StreamPolicy, StreamRequest } from './replay-stream.ts'
import type { StreamCase } from './stream-case.ts'

interface OpenCall {
  readonly llm: string
  readonly endMs: number
  readonly observed: Parameters<Router['callEnded']>[1]
}

/**
 * Pointsman as it serves: its own `Router` over a fitted version, with exploration while it learns. Scores and thumbs reach
 * its residual learner, bills its cost estimates, times of calls its completion times, when each call ends. Where load
 * is simulated, τ is its time limit and the LLMs declare the simulated speeds; else no times are known.
 */
export class ServedRouterPolicy implements StreamPolicy {
  readonly #from: StreamCase
  readonly #lambda: number
  readonly #policy: RoutingPolicy
  readonly #pool: LlmRegistry
  readonly #column: ReadonlyMap<string, number>
  readonly #timeLimitMs: number | undefined
  readonly #times = new CompletionTimeModel()
  #router: Router
  #random: RandomSource | undefined
  #nowMs = 0
  #decision: RoutingDecision | undefined
  #labels = 0
  #open: OpenCall[] = []

  /** @param fitted from {@link rememberFitted}, shared by all streams of a case. */
  constructor(from: StreamCase, fitted: RememberedFit, lambda: number, timeLimitMs: number | undefined) {
    this.#from = from
    this.#lambda = lambda
    this.#timeLimitMs = timeLimitMs
    const pool = registeredPool(from, timeLimitMs !== undefined)
    this.#pool = new LlmRegistry(pool)
    this.#column = new Map(pool.map((llm, i) => [llm.id, i]))
    // What bills teach belongs to one stream.
    const cost = TokenCostPredictor.restore(fitted.policy.cost.snapshot())
    this.#policy = new RoutingPolicy({ embedder: fitted.embedder, fitted: fitted.policy, pool, cost })
    this.#router = this.#newRouter({})
  }

  /** From now on it takes the best and explores no more; all calls have ended. What it knows of times stays. */
  freeze(): void {
    this.#nowMs = Number.POSITIVE_INFINITY
    this.#endCalls()
    this.#router = this.#newRouter({ exploration: noExploration, explorationWidth: 0 })
  }

  async choose(request: StreamRequest, random: RandomSource): Promise<number> {
    this.#random = random
    this.#nowMs = request.nowMs
    this.#endCalls()
    const routed = plainRequest(request.text!, {
      inputTokens: request.inputTokens,
      preference: { ...defaultPreference, lambda: this.#lambda },
    })
    this.#decision = await this.#router.route(routed, { keyId: undefined, budgetUsd: undefined })
    return this.#column.get(this.#decision.drawn)!
  }

  called({ llm, served, timeToFirstTokenMs, outputTokens }: StreamCall, nowMs: number): void {
    if (served === undefined) return
    const { id } = this.#from.data.llms[llm]!
    const { completionMs } = served
    const inFlightAtStart = this.#router.callStarted(id)
    const observed = { timeToFirstTokenMs, completionMs, outputTokens, inFlightAtStart }
    this.#open.push({ llm: id, endMs: nowMs + served.completionMs, observed })
  }

  learn(_request: StreamRequest, feedback: OnlineFeedback): void {
    const decision = this.#decision!
    const { costUsd, outputTokens } = feedback
    const bill = Number.isNaN(costUsd) ? undefined : costUsd
    this.#router.learnCost(decision, decision.drawn, bill, outputTokens)
    const { quality, satisfied } = feedback
    const value = quality ?? (satisfied === undefined ? undefined : Number(satisfied))
    if (value === undefined) return
    this.#labels++
    this.#router.learn({
      sequence: this.#labels,
      decisionId: decision.id,
      llm: decision.drawn,
      context: decision.context,
      offlineQuality: decision.candidates.find((candidate) => candidate.llm === decision.drawn)?.offlineQuality,
      source: 'stream',
      kind: quality === undefined ? 'thumbs' : 'score',
      value,
      revises: undefined,
    })
  }

  #endCalls(): void {
    this.#open = this.#open.filter(({ llm, endMs, observed }) => {
      if (endMs > this.#nowMs) return true
      this.#router.callEnded(llm, observed)
      return false
    })
  }

  #newRouter(options: Partial<RouterOptions>): Router {
    const limit = this.#timeLimitMs === undefined ? {} : { timeLimitMs: this.#timeLimitMs }
    let ids = 0
    return new Router(
      {
        pool: this.#pool,
        policy: this.#policy,
        times: this.#times,
        random: { next: () => this.#random!.next() },
        clock: { now: () => 0 },
        newId: () => `d${ids++}`,
      },
      { ...options, ...limit },
    )
  }
}

/** A fitted version whose embeddings and offline estimates are worked out once per prompt, however many streams ask. */
export interface RememberedFit {
  readonly embedder: Embedder
  readonly policy: FittedPolicy
}

export function rememberFitted(from: StreamCase, policy: FittedPolicy): RememberedFit {
  const embeddings = new Map<string, Float32Array>()
  from.contexts.forEach((context, row) => {
    if (context !== undefined) embeddings.set(from.data.prompts[row]!.text, context.embedding)
  })
  const { id, dimension } = from.embedder
  const embedder = { id, dimension, embed: (text: string) => embeddings.get(text) ?? from.embedder.embed(text) }
  return { embedder, policy: { ...policy, quality: new RememberedQuality(policy.quality) } }
}

class RememberedQuality implements QualityPredictor {
  readonly #predictor: QualityPredictor
  readonly #known = new WeakMap<Float32Array, Float64Array>()

  constructor(predictor: QualityPredictor) {
    this.#predictor = predictor
  }

  get llms() {
    return this.#predictor.llms
  }

  predict(context: RoutingContext, quality: Float64Array, uncertainty?: Float64Array): void {
    if (uncertainty !== undefined) {
      this.#predictor.predict(context, quality, uncertainty)
      return
    }
    let known = this.#known.get(context.embedding)
    if (known === undefined) {
      known = new Float64Array(quality.length)
      this.#predictor.predict(context, known)
      this.#known.set(context.embedding, known)
    }
    quality.set(known)
  }

  snapshot() {
    return this.#predictor.snapshot()
  }
}

function registeredPool(from: StreamCase, declaresTimes: boolean): Llm[] {
  return from.data.llms.map((llm) => ({
    ...unknownLlmProperties,
    id: llm.id,
    provider: 'stream',
    upstreamModel: llm.id,
    price: llm.price,
    ...(declaresTimes ? declaredSpeed(llm) : {}),
  }))
}
