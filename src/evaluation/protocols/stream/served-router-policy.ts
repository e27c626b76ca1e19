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
  readonly expectedTokens: number | undefined
  readonly endMs: number
  readonly observed: Parameters<Router['callEnded']>[1]
}

/** How it is tried. */
export interface ServedRouterOptions {
  readonly lambda: number
  /** τ, ms; undefined: no times are known. */
  readonly timeLimitMs: number | undefined
  /** It is told w_l of the queues as MixLLM is, instead of seeing the times of its own calls only. Default false. */
  readonly seesQueues?: boolean
}

/**
 * Pointsman as it serves: its own `Router` over a fitted version, with exploration while it learns. Scores and thumbs reach
 * its residual learner, bills and lengths its cost estimates, whether or not anybody gives feedback, and times of calls its
 * completion times, when each call ends. Where load
 * is simulated, τ is its time limit and the LLMs declare the simulated speeds; else no times are known.
 */
export class ServedRouterPolicy implements StreamPolicy {
  readonly #from: StreamCase
  readonly #lambda: number
  readonly #policy: RoutingPolicy
  readonly #pool: LlmRegistry
  readonly #column: ReadonlyMap<string, number>
  readonly #timeLimitMs: number | undefined
  readonly #times: CompletionTimeModel
  readonly #queues: SeenQueues | undefined
  #router: Router
  #random: RandomSource | undefined
  #nowMs = 0
  readonly #decisions = new WeakMap<StreamRequest, RoutingDecision>()
  #latest: RoutingDecision | undefined
  #waitMs: Float64Array | undefined
  #isFrozen = false
  #labels = 0
  #open: OpenCall[] = []

  /** @param fitted from {@link rememberFitted}, shared by all streams of a case. */
  constructor(
    from: StreamCase,
    fitted: RememberedFit,
    { lambda, timeLimitMs, seesQueues = false }: ServedRouterOptions,
  ) {
    this.#from = from
    this.#lambda = lambda
    this.#timeLimitMs = timeLimitMs
    this.#queues = seesQueues ? new SeenQueues() : undefined
    this.#times = this.#queues ?? new CompletionTimeModel()
    const pool = registeredPool(from, timeLimitMs !== undefined)
    this.#pool = new LlmRegistry(pool)
    this.#column = new Map(pool.map((llm, i) => [llm.id, i]))
    // What bills teach belongs to one stream.
    const cost = TokenCostPredictor.restore(fitted.policy.cost.snapshot())
    this.#policy = new RoutingPolicy({ embedder: fitted.embedder, fitted: fitted.policy, pool, cost })
    this.#router = this.#newRouter({})
  }

  /** From now on it takes the best, explores no more and learns no bills; all calls have ended. What it knows of times stays. */
  freeze(): void {
    this.#nowMs = Number.POSITIVE_INFINITY
    this.#endCalls()
    this.hearNothing()
    this.#isFrozen = true
  }

  /** Nobody will give feedback: it explores no more, but bills, lengths and times still come in, as at any gateway. */
  hearNothing(): void {
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
    this.#waitMs = request.waitMs
    if (request.waitMs !== undefined) this.#queues?.see(this.#from.data.llms, request.waitMs)
    const decision = await this.#router.route(routed, { keyId: undefined, budgetUsd: undefined })
    this.#decisions.set(request, decision)
    this.#latest = decision
    return this.#column.get(decision.drawn)!
  }

  called({ llm, served, timeToFirstTokenMs, outputTokens, costUsd }: StreamCall, nowMs: number): void {
    const decision = this.#latest
    if (!this.#isFrozen && decision !== undefined) {
      this.#router.learnCost(decision, decision.drawn, costUsd, outputTokens)
    }
    if (served === undefined) return
    const { id } = this.#from.data.llms[llm]!
    const expectedTokens = decision?.candidates.find((candidate) => candidate.llm === id)?.outputTokens
    const inFlightAtStart = this.#router.callStarted(id, expectedTokens)
    // Of what it was told it need not learn again.
    const toldMs = this.#queues === undefined ? 0 : (this.#waitMs?.[llm] ?? 0)
    const observed = {
      timeToFirstTokenMs: timeToFirstTokenMs === undefined ? undefined : Math.max(0, timeToFirstTokenMs - toldMs),
      completionMs: Math.max(0, served.completionMs - toldMs),
      outputTokens,
      inFlightAtStart,
    }
    this.#open.push({ llm: id, expectedTokens, endMs: nowMs + served.completionMs, observed })
  }

  learn(request: StreamRequest, { quality, satisfied }: OnlineFeedback): void {
    const decision = this.#decisions.get(request)!
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
      weight: 1,
      noise: undefined,
      revises: undefined,
    })
  }

  #endCalls(): void {
    this.#open = this.#open.filter(({ llm, endMs, observed, expectedTokens }) => {
      if (endMs > this.#nowMs) return true
      this.#router.callEnded(llm, observed, expectedTokens)
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

/** Completion times from w_l as told, plus what the call itself takes; requests in flight are in the queues already. */
class SeenQueues extends CompletionTimeModel {
  readonly #waitMs = new Map<string, number>()

  see(llms: readonly { readonly id: string }[], waitMs: Float64Array): void {
    llms.forEach(({ id }, llm) => {
      this.#waitMs.set(id, waitMs[llm]!)
    })
  }

  override begin(): number {
    return 0
  }

  override expectedCompletionMs(llm: Llm, outputTokens: number): number {
    return (this.#waitMs.get(llm.id) ?? 0) + super.expectedCompletionMs(llm, outputTokens)
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
