import type { EmbeddingAnswer, EmbeddingCall, EmbeddingProvider } from '../providers/embedding-provider.ts'
import type { Attempt } from '../providers/resilience/attempt.ts'
import {
  completeWithFallback,
  FallbackError,
  type FallbackOptions,
  type FallbackTarget,
} from '../providers/resilience/fallback.ts'
import type { EmbeddingModel } from '../routing/registry/embedding-model.ts'
import type { AnswerTime } from './answer-watch.ts'
import type { Caller } from './authenticate.ts'
import { ChargeLedger } from './charge-ledger.ts'
import { GatewayError } from './gateway-error.ts'
import type { EmbeddingService } from './gateway-parts.ts'
import type { GatewayServices } from './gateway-services.ts'
import { reserveNanoUsd } from './spend-guard.ts'

/** A call for embeddings, parsed. */
export interface EmbeddingsToServe {
  readonly model: EmbeddingModel
  readonly call: EmbeddingCall
  /** What the call may cost, nano-USD. */
  readonly dearNanoUsd: number
  /** Unique; the charge is kept under it. */
  readonly id: string
  readonly receivedAtMs: number
  /** The longest time the caller gives the answer; the gateway's own limit holds all the same. Default: that limit. */
  readonly deadlineMs?: number | undefined
}

export interface ServedEmbeddings {
  readonly answer: EmbeddingAnswer
  /** Undefined: not known. */
  readonly costUsd: number | undefined
  /** Spent here before the first upstream call. */
  readonly overheadMs: number
}

/**
 * Serves one call for embeddings: caps, the charge's commit beside the upstream call, retries, and the settlement's commit
 * before the answer. There is nothing to choose, so that no decision is made and nothing is learned; the money is booked as a
 * decision's is ([decision 20](../../docs/decisions/0020-embeddings-are-charges.md)).
 *
 * @param time its signal goes upstream; it is told when the upstream has ended.
 * @throws {ProviderError | GatewayError}
 */
export async function serveEmbeddings(
  services: GatewayServices,
  embeddings: EmbeddingService,
  caller: Caller,
  request: EmbeddingsToServe,
  time: AnswerTime,
): Promise<ServedEmbeddings> {
  const { parts, options } = services
  const { model, call, id } = request
  const { signal } = time
  const provider = embeddings.providerFor(model)
  const reservation = reserveNanoUsd(services, caller, request.dearNanoUsd)
  const ledger = new ChargeLedger(services, embeddings, { id, model, keyId: caller.keyId }, reservation)
  const resilience: FallbackOptions = {
    deadlineMs: Math.min(options.maxAnswerMs, request.deadlineMs ?? Number.POSITIVE_INFINITY),
    ...parts.resilience,
  }
  if (ledger.mayCall !== undefined) await ledger.mayCall
  const overheadMs = Math.max(0, parts.clock.now() - request.receivedAtMs)
  try {
    const { answer, attempts } = await embedResiliently(provider, model, call, signal, resilience)
    time.upstreamEnded()
    const costNanoUsd = await ledger.settle({ status: 'completed', answer, attempts })
    return { answer, costUsd: costNanoUsd === undefined ? undefined : costNanoUsd / 1e9, overheadMs }
  } catch (error) {
    time.upstreamEnded()
    const attempts = error instanceof FallbackError ? error.attempts : undefined
    await ledger.settle({ status: signal.aborted ? 'aborted' : 'failed', answer: undefined, attempts })
    // An abort of our own has a reason that the caller, who is still there, should hear.
    throw signal.aborted && signal.reason instanceof GatewayError ? signal.reason : error
  }
}

/**
 * Calls as a chat completion is called, without another LLM to fall back on: vectors of two models do not compare. So the
 * same deadline, retries and breakers hold.
 */
async function embedResiliently(
  provider: EmbeddingProvider,
  { id, upstreamModel }: EmbeddingModel,
  call: EmbeddingCall,
  signal: AbortSignal,
  resilience: FallbackOptions,
): Promise<{ readonly answer: EmbeddingAnswer; readonly attempts: readonly Attempt[] }> {
  let answer: EmbeddingAnswer | undefined
  const target: FallbackTarget = {
    llmId: id,
    upstreamModel,
    provider: {
      async complete(_, ownSignal) {
        answer = await provider.embed(call, ownSignal)
        return { body: {}, usage: answer.usage, reportedModel: answer.reportedModel }
      },
      stream() {
        throw new Error('Embeddings are not streamed')
      },
      probe: () => Promise.resolve({ models: [] }),
      close: () => Promise.resolve(),
    },
  }
  const { attempts } = await completeWithFallback([target], { request: { messages: [] } }, signal, resilience)
  return { answer: answer!, attempts }
}
