import { createJudgeGrader } from '../../grading/judge-grader.ts'
import type { ChatRequest } from '../../providers/chat-provider.ts'
import { permissionReason } from '../../routing/decision/admissibility.ts'
import type { RoutingPreference } from '../../routing/decision/routing-preference.ts'
import type { RoutingDecision } from '../../routing/decision.ts'
import type { LlmId } from '../../routing/registry/llm.ts'
import type { AnswerReceipt, AnswerWriter } from '../answer-writer.ts'
import type { ChatToServe } from '../chat-to-serve.ts'
import type { GatewayServices } from '../gateway-services.ts'
import type { AnswerJudge, JudgementOutcome } from './answer-judge.ts'
import type { AnswerSaid } from './gathered-answer.ts'
import type { LiveJudgeParts } from './judge-settings.ts'
import { JudgedWriter } from './judged-writer.ts'
import { LiveJudgeLlm } from './live-judge-llm.ts'

interface Job {
  readonly decision: RoutingDecision
  readonly request: ChatRequest
  /** Whom the request allows to see it: the judge may have changed while it waited. */
  readonly preference: RoutingPreference
  readonly said: AnswerSaid
  readonly characters: number
}

const maxWaiting = 64
const maxAtOnce = 2
/** Of one prompt with its answer, and of all that wait: prompts and answers are kept in memory only, and not many of them. */
const maxCharacters = 200_000
const maxWaitingCharacters = 4_000_000

/**
 * Grades a share of live answers by an LLM, behind the answers' backs: nothing waits for it and nothing fails with it. Prompts and answers are
 * kept in memory until they are judged, and nowhere else. Each grade becomes a label of source `judge`.
 */
export class LiveJudge implements AnswerJudge {
  readonly #services: GatewayServices
  readonly #settings: LiveJudgeParts
  readonly #waiting: Job[] = []
  readonly #shutdown = new AbortController()
  readonly #running = new Set<Promise<void>>()
  #waitingCharacters = 0

  constructor(services: GatewayServices, settings: LiveJudgeParts) {
    this.#services = services
    this.#settings = settings
  }

  /** The writer itself, or one that hands its answer over when it is whole. Draws one number for each request it may judge. */
  watch(writer: AnswerWriter, decision: RoutingDecision, chat: ChatToServe): AnswerWriter {
    const { share, sources, random, llm: id } = this.#settings
    if (!sources.includes(decision.pinned ? 'named' : 'routed')) return writer
    if (random.next() >= share) return writer
    const { needs, preference, choices } = chat.routing
    if (needs.vision || needs.audio || needs.files || choices !== 1) return this.#leftOut('not_text', writer)
    const llm = this.#services.parts.router.pool.get(id)
    if (llm?.price === undefined) return this.#leftOut('no_judge', writer)
    if (permissionReason(llm, preference) !== undefined) return this.#leftOut('not_permitted', writer)
    return new JudgedWriter(writer, maxCharacters, (said, receipt) => this.#offer(chat, said, receipt))
  }

  /** Ends what is under way; what waits is not judged. Idempotent. */
  async close(): Promise<void> {
    this.#shutdown.abort()
    this.#waiting.length = 0
    await Promise.all(this.#running)
  }

  #leftOut(outcome: JudgementOutcome, writer: AnswerWriter): AnswerWriter {
    this.#services.metrics.judged(outcome)
    return writer
  }

  #offer(chat: ChatToServe, said: AnswerSaid | undefined, { decision, answered }: AnswerReceipt): void {
    if (this.#shutdown.signal.aborted) return
    const { request, routing } = chat
    // Not the size in memory, but what the judge would have to read.
    const characters = (said?.text.length ?? 0) + JSON.stringify(request.messages).length
    const leftOut = this.#reasonToLeaveOut(characters, answered)
    if (said === undefined || leftOut !== undefined) this.#services.metrics.judged(leftOut ?? 'too_long')
    else {
      this.#waiting.push({ decision, request, preference: routing.preference, said, characters })
      this.#waitingCharacters += characters
      this.#next()
    }
  }

  #reasonToLeaveOut(characters: number, answered: LlmId): JudgementOutcome | undefined {
    if (answered === this.#settings.llm) return 'own_answer'
    if (characters > maxCharacters) return 'too_long'
    const isFull = this.#waiting.length >= maxWaiting || this.#waitingCharacters + characters > maxWaitingCharacters
    return isFull ? 'dropped' : undefined
  }

  #next(): void {
    if (this.#running.size >= maxAtOnce) return
    const job = this.#waiting.shift()
    if (job === undefined) return
    this.#waitingCharacters -= job.characters
    const run = this.#judge(job).finally(() => {
      this.#running.delete(run)
      this.#next()
    })
    this.#running.add(run)
  }

  /** Never throws. */
  async #judge(job: Job): Promise<void> {
    const { metrics, parts } = this.#services
    const fields = { decisionId: job.decision.id, judge: this.#settings.llm }
    try {
      metrics.judged(await this.#outcomeOf(job))
    } catch (error) {
      if (this.#shutdown.signal.aborted) return
      metrics.judged('not_graded')
      parts.log.warn({ err: error, ...fields }, 'an answer could not be judged')
    }
  }

  async #outcomeOf({ decision, request, preference, said }: Job): Promise<JudgementOutcome> {
    const { parts } = this.#services
    const llm = parts.router.pool.get(this.#settings.llm)
    if (llm?.price === undefined) return 'no_judge'
    if (permissionReason(llm, preference) !== undefined) return 'not_permitted'
    const judge = new LiveJudgeLlm(this.#services, { ...llm, price: llm.price }, this.#settings)
    const spec = { kind: 'judge', rubric: this.#settings.rubric, reference: undefined, against: undefined } as const
    const answer = { request, text: said.text, toolCalls: said.toolCalls }
    const grade = await createJudgeGrader(spec, judge)
      .grade(answer, this.#shutdown.signal)
      .catch((error: unknown) => {
        if (judge.isOverCap) return undefined
        throw error
      })
    if (grade === undefined) return 'over_cap'
    return this.#teach(decision.id, grade.quality)
  }

  async #teach(decisionId: string, value: number): Promise<JudgementOutcome> {
    const { parts, storeHealth } = this.#services
    const receivedAtMs = Math.round(parts.clock.now())
    const said = { decisionId, source: 'judge', kind: 'score', value, receivedAtMs } as const
    const accepting = parts.feedback.accept({ ...said, keyId: undefined, idempotencyKey: undefined }, undefined)
    // Not behind the wait: what is committed after we gave up on it is still to be learned.
    accepting.then((receipt) => receipt.status === 'accepted' && parts.labels.accept(receipt.label), ignore)
    const { status } = await storeHealth.inTime(accepting)
    return status === 'accepted' || status === 'duplicate' ? 'graded' : 'not_stored'
  }
}

function ignore(): void {}
