import type { RoutingDecision } from '../../routing/decision.ts'
import type { Settlement } from '../../routing/outcome.ts'
import { influenceCapOf } from '../feedback/influence-cap.ts'
import type { GatewayServices } from '../gateway-services.ts'
import { type AskedRequest, type ImplicitLabel, ImplicitSignals, type SignReader } from './implicit-signals.ts'

/** Signs under way to the store; what comes on top is dropped, as a sign is worth no memory. */
const mostUnderWay = 1_000

/** Takes what callers do for feedback, after their answers and off their way. */
export class ImplicitFeedback implements SignReader {
  readonly #services: GatewayServices
  readonly #signals: ImplicitSignals
  #underWay = 0

  private constructor(services: GatewayServices, signals: ImplicitSignals) {
    this.#services = services
    this.#signals = signals
  }

  /** Undefined where nothing of the kind was asked for. */
  static of(services: GatewayServices): ImplicitFeedback | undefined {
    const { feedback, maxAnswerMs } = services.options
    const { retry, abort } = feedback.implicit
    if (!(retry || abort)) return undefined
    return new ImplicitFeedback(services, new ImplicitSignals({ retry, abort, maxAnswerMs }))
  }

  /** Takes one request whose settlement was handed to the store. Never throws, never waits. */
  settled(decision: RoutingDecision, settlement: Settlement, asked: AskedRequest): void {
    // What ends with the gateway was not left by its caller.
    if (this.#services.draining() || this.#underWay >= mostUnderWay) return
    this.#underWay += 1
    setImmediate(() => {
      void this.#give(this.#signals.ended(decision, settlement, asked)).finally(() => {
        this.#underWay -= 1
      })
    })
  }

  async #give(labels: readonly ImplicitLabel[]): Promise<void> {
    const { parts, metrics, options } = this.#services
    for (const label of labels) {
      const cap = influenceCapOf(label.keyId, parts.keys, options.feedback.influence)
      const receivedAtMs = Math.round(parts.clock.now())
      try {
        // The key of the decision itself: whether it may see it is no question.
        const message = { ...label, receivedAtMs, idempotencyKey: undefined }
        const receipt = await parts.feedback.accept(message, undefined, cap)
        metrics.feedbackEnded(receipt, label.weight ?? 1)
        if (receipt.status === 'accepted') parts.labels.accept(receipt.label)
      } catch (error) {
        parts.log.warn({ err: error, decisionId: label.decisionId }, 'A sign that a caller gave was lost')
      }
    }
  }
}
