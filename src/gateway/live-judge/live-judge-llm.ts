import { askLlm, completionText } from '../../grading/ask-llm.ts'
import { GradingError } from '../../grading/grading-error.ts'
import type { JudgeAnswer, JudgeLlm } from '../../grading/grading-services.ts'
import type { ChatRequest } from '../../providers/chat-provider.ts'
import { FallbackError } from '../../providers/resilience/fallback.ts'
import type { Llm } from '../../routing/registry/llm.ts'
import { billedNanoUsd } from '../../routing/registry/token-bill.ts'
import type { TokenPrice } from '../../routing/registry/token-price.ts'
import { estimatedTokens } from '../../routing/request.ts'
import { ChargeLedger } from '../charge-ledger.ts'
import type { GatewayServices } from '../gateway-services.ts'
import { judgeSpenderId, type LiveJudgeParts } from './judge-settings.ts'

/** Asks the judge's LLM, booked as a charge under the judge's own cap and the gateway's. */
export class LiveJudgeLlm implements JudgeLlm {
  readonly #services: GatewayServices
  readonly #llm: Llm & { readonly price: TokenPrice }
  readonly #settings: LiveJudgeParts
  /** Whether a question was not asked because a cap did not allow it. */
  isOverCap = false

  constructor(services: GatewayServices, llm: Llm & { readonly price: TokenPrice }, settings: LiveJudgeParts) {
    this.#services = services
    this.#llm = llm
    this.#settings = settings
  }

  async ask(request: ChatRequest, signal: AbortSignal): Promise<JudgeAnswer> {
    const { parts } = this.#services
    const llm = this.#llm
    const spender = { keyId: judgeSpenderId, dailyCapUsd: this.#settings.dailyCapUsd }
    const reservation = parts.spend.reserve(spender, this.#dearNanoUsd(request), false)
    if (reservation === undefined) {
      this.isOverCap = true
      throw new GradingError('not_graded', 'The daily cap does not allow another judgement')
    }
    const books = {
      charges: this.#settings.charges,
      priceOf: (_: unknown, reported: string | undefined) =>
        parts.priceOf === undefined ? llm.price : parts.priceOf(llm, reported),
    }
    const charge = { id: parts.newId(), model: { id: llm.id, price: llm.price }, keyId: judgeSpenderId }
    const ledger = new ChargeLedger(this.#services, books, charge, reservation)
    if (ledger.mayCall !== undefined) await ledger.mayCall
    parts.router.callStarted(llm.id)
    try {
      const answer = await askLlm(llm, parts.providerFor(llm), request, signal, parts.resilience)
      const { completion, attempts } = answer
      const costNanoUsd = await ledger.settle({ status: 'completed', answer: completion, attempts })
      return { text: completionText(answer), costUsd: costNanoUsd === undefined ? undefined : costNanoUsd / 1e9 }
    } catch (error) {
      const attempts = error instanceof FallbackError ? error.attempts : undefined
      await ledger.settle({ status: signal.aborted ? 'aborted' : 'failed', answer: undefined, attempts })
      throw error
    } finally {
      parts.router.callEnded(llm.id, undefined)
    }
  }

  /** The whole question at its price, and the longest answer that it allows. */
  #dearNanoUsd({ messages, max_completion_tokens: cap }: ChatRequest): number {
    const inputTokens = Math.ceil(estimatedTokens(Buffer.byteLength(JSON.stringify(messages)), messages.length))
    const outputTokens = typeof cap === 'number' ? cap : 0
    return billedNanoUsd(this.#llm.price, { inputTokens, outputTokens }) ?? 0
  }
}
