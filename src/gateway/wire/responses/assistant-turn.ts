import type { ChatMessage, JsonObject } from '../../../providers/chat-provider.ts'
import type { ReasoningDetail } from '../../../providers/neutral/reasoning-details.ts'
import { hostedItem } from '../../../providers/parameters/request-parameters.ts'

interface Segment {
  readonly details: ReasoningDetail[]
  text: string | undefined
  refusal: string
  readonly hosted: JsonObject[]
}

/**
 * Collects the items of one assistant's turn. In the neutral form a message has one order: reasoning, content, tool
 * calls. Items in another order become several messages; calls go to the last one, right before their outputs.
 */
export class AssistantTurn {
  readonly #segments: Segment[] = []
  readonly #calls: JsonObject[] = []

  get empty(): boolean {
    return this.#segments.length === 0 && this.#calls.length === 0
  }

  addReasoning(details: readonly ReasoningDetail[]): void {
    if (details.length === 0) return
    const segment = this.#open()
    // Indices tell pieces apart, and each item begins to count anew.
    for (const detail of details) segment.details.push({ ...detail, index: segment.details.length })
  }

  addContent(text: string, refusal: string): void {
    const segment = this.#open()
    segment.text = text
    segment.refusal = refusal
  }

  /** An item of the API's own, such as what a hosted tool did: marked, for no other API can read it. */
  addHosted(item: JsonObject): void {
    const last = this.#segments.at(-1)
    const segment = last === undefined || last.text !== undefined ? this.#open() : last
    segment.hosted.push({ type: hostedItem, item })
  }

  addCall(call: JsonObject): void {
    this.#calls.push(call)
  }

  /** Ends the turn; the next one begins empty. */
  take(): readonly ChatMessage[] {
    if (this.empty) return []
    const segments = this.#segments.splice(0)
    const calls = this.#calls.splice(0)
    if (segments.length === 0) segments.push(newSegment())
    return segments.map((segment, index) => toMessage(segment, index === segments.length - 1 ? calls : []))
  }

  /** The last segment, or a new one where the last has its content. */
  #open(): Segment {
    const last = this.#segments.at(-1)
    if (last !== undefined && last.text === undefined && last.hosted.length === 0) return last
    const segment = newSegment()
    this.#segments.push(segment)
    return segment
  }
}

function newSegment(): Segment {
  return { details: [], text: undefined, refusal: '', hosted: [] }
}

function toMessage({ details, text, refusal, hosted }: Segment, calls: readonly JsonObject[]): ChatMessage {
  const spoken = text === undefined || (text === '' && (refusal !== '' || calls.length > 0)) ? null : text
  return {
    role: 'assistant',
    content: hosted.length > 0 ? hosted : spoken,
    ...(refusal === '' ? {} : { refusal }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
}
