import type { JsonObject } from '../../../providers/chat-provider.ts'
import type { ReasoningDetail } from '../../../providers/neutral/reasoning-details.ts'
import { sealEnvelope } from '../reasoning-envelope.ts'
import { responsesFormat } from './reasoning-item.ts'

/** Takes an event of a response, but for its sequence number. */
export type EmitEvent = (event: JsonObject) => void

/** Where an output item stands. */
export interface ItemPlace {
  readonly id: string
  readonly index: number
}

const noKey = Symbol('no part yet')

/** The key of a cipher of this API among the pieces of an item. */
const ownCipher = 'own cipher'

/**
 * One reasoning item as it is written. Its text is its summary, whoever's thinking it is: that is what clients show. What
 * only its own vendor can read goes into `encrypted_content`: OpenAI's cipher as it is, others' in an envelope.
 */
export class OutputReasoning {
  readonly place: ItemPlace
  /** The id under which its upstream knows it. */
  readonly upstreamId: string | undefined
  readonly #emit: EmitEvent
  readonly #parts: string[] = []
  readonly #details: ReasoningDetail[] = []
  /** Where each piece is that may go on, by kind and index. */
  readonly #places = new Map<string, number>()
  #openPart: number | undefined | typeof noKey = noKey

  constructor(place: ItemPlace, upstreamId: string | undefined, emit: EmitEvent) {
    this.place = place
    this.upstreamId = upstreamId
    this.#emit = emit
    emit({ type: 'response.output_item.added', output_index: place.index, item: this.#item() })
  }

  /** @param part which piece of the thinking it continues; undefined where its upstream does not tell. */
  addText(text: string, part: number | undefined): void {
    if (text === '') return
    if (this.#openPart !== part) this.#startPart(part)
    const at = this.#parts.length - 1
    this.#parts[at] += text
    this.#emit({ type: 'response.reasoning_summary_text.delta', ...this.#place(), summary_index: at, delta: text })
  }

  addDetail(detail: ReasoningDetail): void {
    if (detail.type === 'reasoning.text') this.addText(detail.text ?? '', detail.index)
    else if (detail.type === 'reasoning.summary') this.addText(detail.summary, detail.index)
    this.#keep(detail)
  }

  /** Whether it holds a cipher of this very API: an item has one. */
  get hasOwnCipher(): boolean {
    return this.#places.has(ownCipher)
  }

  /** Continues the latest piece of the same place and kind, as deltas of a stream do. Ciphers come whole. */
  #keep(next: ReasoningDetail): void {
    const key = isOwnCipher(next) ? ownCipher : `${next.type} ${next.index}`
    const at = this.#places.get(key)
    const before = at === undefined ? undefined : this.#details[at]
    const merged = before === undefined ? undefined : joined(before, next)
    if (at !== undefined && merged !== undefined) this.#details[at] = merged
    else {
      this.#places.set(key, this.#details.length)
      this.#details.push(next)
    }
  }

  /** Ends the item and returns it. */
  done(): JsonObject {
    this.#endPart()
    const item = this.#item()
    this.#emit({ type: 'response.output_item.done', output_index: this.place.index, item })
    return item
  }

  #startPart(part: number | undefined): void {
    this.#endPart()
    this.#openPart = part
    this.#parts.push('')
    this.#emit({
      type: 'response.reasoning_summary_part.added',
      ...this.#place(),
      summary_index: this.#parts.length - 1,
      part: { type: 'summary_text', text: '' },
    })
  }

  #endPart(): void {
    if (this.#openPart === noKey) return
    this.#openPart = noKey
    const summary_index = this.#parts.length - 1
    const text = this.#parts[summary_index] ?? ''
    const where = { ...this.#place(), summary_index }
    this.#emit({ type: 'response.reasoning_summary_text.done', ...where, text })
    this.#emit({ type: 'response.reasoning_summary_part.done', ...where, part: { type: 'summary_text', text } })
  }

  #place(): JsonObject {
    return { item_id: this.place.id, output_index: this.place.index }
  }

  #item(): JsonObject {
    const encrypted = encryptedContent(this.#details)
    return {
      id: this.place.id,
      type: 'reasoning',
      summary: this.#parts.map((text) => ({ type: 'summary_text', text })),
      ...(encrypted === undefined ? {} : { encrypted_content: encrypted }),
    }
  }
}

function encryptedContent(details: readonly ReasoningDetail[]): string | undefined {
  const foreign = details.some(
    (detail) =>
      detail.format !== responsesFormat &&
      (detail.type === 'reasoning.encrypted' ||
        (detail.type === 'reasoning.text' && detail.signature !== undefined && detail.signature !== null)),
  )
  if (foreign) return sealEnvelope({ details, calls: new Map() })
  const encrypted = details.find((detail) => detail.type === 'reasoning.encrypted')
  return encrypted?.data
}

export function isOwnCipher({ type, format }: ReasoningDetail): boolean {
  return type === 'reasoning.encrypted' && format === responsesFormat
}

/** Two pieces as one; undefined where the second stands by itself. */
function joined(before: ReasoningDetail, next: ReasoningDetail): ReasoningDetail | undefined {
  if (before.type === 'reasoning.text' && next.type === 'reasoning.text') {
    const text = (before.text ?? '') + (next.text ?? '')
    return { ...before, ...withoutNothing(next), type: 'reasoning.text', text }
  }
  if (before.type === 'reasoning.summary' && next.type === 'reasoning.summary') {
    const summary = before.summary + next.summary
    return { ...before, ...withoutNothing(next), type: 'reasoning.summary', summary }
  }
  return undefined
}

/** So that a field that came once is not lost to a later delta that says it is null. */
function withoutNothing(detail: ReasoningDetail): Partial<ReasoningDetail> {
  return Object.fromEntries(Object.entries(detail).filter(([, value]) => value !== undefined && value !== null))
}
