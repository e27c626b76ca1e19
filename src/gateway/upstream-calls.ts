import type { ChatCall, ChatProvider } from '../providers/chat-provider.ts'
import { ProviderError } from '../providers/provider-error.ts'
import type { FallbackTarget } from '../providers/resilience/fallback.ts'
import type { CandidateTerms, RoutingDecision } from '../routing/decision.ts'
import type { ObservedCall } from '../routing/prediction/completion-time-model.ts'
import type { Llm, LlmId } from '../routing/registry/llm.ts'
import type { GatewayParts } from './gateway-parts.ts'

type NeededParts = Pick<GatewayParts, 'router' | 'providerFor' | 'clock'>

interface CurrentCall {
  readonly llm: LlmId
  readonly inFlightAtStart: number
  readonly expectedTokens: number | undefined
}

/** The upstream calls of one request: whom to call in which order, and which LLM is being called right now. */
export class UpstreamCalls {
  /** The drawn LLM, then the other candidates by utility unless the caller named it, then the named one's fallbacks. */
  readonly targets: readonly FallbackTarget[]
  /** What the decision draws, with all that may be called. */
  readonly priced: { readonly drawn: LlmId; readonly candidates: readonly CandidateTerms[] }
  readonly #parts: NeededParts
  #current: CurrentCall | undefined
  readonly #decision: RoutingDecision
  readonly #byAlias: boolean
  readonly #reserveMore: (llm: LlmId) => boolean
  /** Money is set aside for one call of each. */
  readonly #reserved: Set<LlmId>
  readonly #called: LlmId[] = []
  #firstCallAtMs: number | undefined

  /**
   * @param reserveMore sets aside what a call of a further LLM may cost; false when a cap does not allow it. The money of
   *   a failed call stays aside meanwhile: whether it was billed is not known before all has ended.
   * @param fallbacks called after the candidates, in this order; none of them is one.
   */
  constructor(
    parts: NeededParts,
    decision: RoutingDecision,
    maxFallbacks: number,
    reserveMore: (llm: LlmId) => boolean,
    fallbacks: readonly CandidateTerms[] = [],
    byAlias = false,
  ) {
    this.#parts = parts
    this.#decision = decision
    this.#byAlias = byAlias
    this.#reserveMore = reserveMore
    this.#reserved = new Set([decision.drawn])
    this.priced =
      fallbacks.length === 0 ? decision : { drawn: decision.drawn, candidates: [...decision.candidates, ...fallbacks] }
    const targets: FallbackTarget[] = []
    for (const id of [...callOrder(decision, maxFallbacks), ...fallbacks.map(({ llm }) => llm)]) {
      const llm = parts.router.pool.get(id)
      // Gone since the decision was made: the next one serves.
      if (llm !== undefined) targets.push(this.#toTarget(llm))
    }
    this.targets = targets
  }

  /** When the first upstream call began; undefined before it. */
  get firstCallAtMs(): number | undefined {
    return this.#firstCallAtMs
  }

  /** One entry per LLM in a row, however often it was called again. */
  get called(): readonly LlmId[] {
    return this.#called
  }

  /** Ends the counting, and tells what the call showed at the load it met; harmless when called again. */
  end(observed: Omit<ObservedCall, 'inFlightAtStart'> | undefined): void {
    if (this.#current === undefined) return
    const { llm, inFlightAtStart, expectedTokens } = this.#current
    this.#current = undefined
    const seen = observed === undefined ? undefined : { ...observed, inFlightAtStart }
    this.#parts.router.callEnded(llm, seen, expectedTokens)
  }

  #toTarget(llm: Llm): FallbackTarget {
    const provider = this.#parts.providerFor(llm)
    return {
      llmId: llm.id,
      upstreamModel: llm.upstreamModel,
      reasoningEffort: llm.reasoningEffort,
      reasons: llm.capabilities.reasoning,
      asWritten: isAsWritten(this.#decision, llm.id, this.#byAlias),
      maxOutputTokens: llm.capabilities.maxOutputTokens,
      provider: announceCalls(provider, () => this.#callBegins(llm.id)),
    }
  }

  #callBegins(llm: LlmId): void {
    if (this.#current?.llm === llm) return
    if (!this.#reserved.has(llm)) {
      if (!this.#reserveMore(llm)) {
        throw new ProviderError(
          'upstream_unavailable',
          `What is left of the daily budget does not allow ${llm} as well`,
        )
      }
      this.#reserved.add(llm)
    }
    this.#firstCallAtMs ??= this.#parts.clock.now()
    this.end(undefined)
    this.#called.push(llm)
    const { choices } = this.#decision
    // Answers asked for together are written side by side.
    const together = this.priced.candidates.find((candidate) => candidate.llm === llm)?.outputTokens
    const expectedTokens = together === undefined ? undefined : together / choices
    this.#current = { llm, inFlightAtStart: this.#parts.router.callStarted(llm, expectedTokens), expectedTokens }
  }
}

/** See `ChatCall.asWritten`: the caller named this LLM, not one that takes its place, nor another that an alias leads here. */
export function isAsWritten({ pinned, drawn }: RoutingDecision, llm: LlmId, byAlias: boolean): boolean {
  return pinned && llm === drawn && !byAlias
}

function callOrder(decision: RoutingDecision, maxFallbacks: number): readonly LlmId[] {
  if (decision.pinned) return [decision.drawn]
  const others = decision.candidates
    .filter(({ llm }) => llm !== decision.drawn)
    .sort((a, b) => b.utility - a.utility)
    .slice(0, maxFallbacks)
  return [decision.drawn, ...others.map(({ llm }) => llm)]
}

/** The same provider, asking before a call begins. Streams pass through untouched: nothing is added per event. */
function announceCalls(provider: ChatProvider, begins: () => void): ChatProvider {
  return {
    async complete(call: ChatCall, signal: AbortSignal) {
      begins()
      return provider.complete(call, signal)
    },
    stream(call: ChatCall, signal: AbortSignal) {
      begins()
      return provider.stream(call, signal)
    },
    probe: (signal) => provider.probe(signal),
    close: () => provider.close(),
  }
}
