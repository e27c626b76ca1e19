import { isJsonObject, type JsonObject } from '../../../providers/chat-provider.ts'
import type { EmitEvent, ItemPlace } from './output-reasoning.ts'

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

interface TextPart {
  readonly type: 'output_text'
  text: string
  readonly annotations: JsonObject[]
  readonly logprobs: unknown[]
}

interface RefusalPart {
  readonly type: 'refusal'
  refusal: string
}

/** One message item as it is written: text and refusals, a part each time they change over. */
export class OutputMessage {
  readonly place: ItemPlace
  readonly #emit: EmitEvent
  readonly #parts: (TextPart | RefusalPart)[] = []
  /** Whether the last part is still written. */
  #writing = false

  constructor(place: ItemPlace, emit: EmitEvent) {
    this.place = place
    this.#emit = emit
    emit({ type: 'response.output_item.added', output_index: place.index, item: this.#item('in_progress') })
  }

  addText(text: string, logprobs: readonly unknown[]): void {
    const part = this.#textPart()
    part.text += text
    part.logprobs.push(...logprobs)
    this.#emit({ type: 'response.output_text.delta', ...this.#where(), delta: text, logprobs })
  }

  addRefusal(refusal: string): void {
    let part = this.#last('refusal')
    if (part === undefined) {
      part = { type: 'refusal', refusal: '' }
      this.#start(part)
    }
    part.refusal += refusal
    this.#emit({ type: 'response.refusal.delta', ...this.#where(), delta: refusal })
  }

  addAnnotation(annotation: JsonObject): void {
    const part = this.#textPart()
    part.annotations.push(annotation)
    this.#emit({
      type: 'response.output_text.annotation.added',
      ...this.#where(),
      annotation_index: part.annotations.length - 1,
      annotation,
    })
  }

  /** Ends the item and returns it. */
  done(status: ItemStatus): JsonObject {
    this.#endPart()
    const item = this.#item(status)
    this.#emit({ type: 'response.output_item.done', output_index: this.place.index, item })
    return item
  }

  #textPart(): TextPart {
    const last = this.#last('output_text')
    if (last !== undefined) return last
    const part: TextPart = { type: 'output_text', text: '', annotations: [], logprobs: [] }
    this.#start(part)
    return part
  }

  #last<Type extends 'output_text' | 'refusal'>(type: Type) {
    const part = this.#parts.at(-1)
    return part?.type === type ? (part as Extract<TextPart | RefusalPart, { readonly type: Type }>) : undefined
  }

  #start(part: TextPart | RefusalPart): void {
    this.#endPart()
    this.#parts.push(part)
    this.#writing = true
    this.#emit({ type: 'response.content_part.added', ...this.#where(), part: copyOf(part) })
  }

  #endPart(): void {
    const part = this.#parts.at(-1)
    if (!this.#writing || part === undefined) return
    this.#writing = false
    const where = this.#where()
    if (part.type === 'output_text') {
      this.#emit({ type: 'response.output_text.done', ...where, text: part.text, logprobs: [...part.logprobs] })
    } else {
      this.#emit({ type: 'response.refusal.done', ...where, refusal: part.refusal })
    }
    this.#emit({ type: 'response.content_part.done', ...where, part: copyOf(part) })
  }

  #where(): JsonObject {
    return { item_id: this.place.id, output_index: this.place.index, content_index: this.#parts.length - 1 }
  }

  #item(status: ItemStatus): JsonObject {
    return { id: this.place.id, type: 'message', status, role: 'assistant', content: this.#parts.map(copyOf) }
  }
}

/** Parts grow, events are sent later. */
function copyOf(part: TextPart | RefusalPart): JsonObject {
  if (part.type === 'refusal') return { ...part }
  return { ...part, annotations: [...part.annotations], logprobs: [...part.logprobs] }
}

/** Chat completions nest what this API has flat. */
export function toAnnotation(annotation: unknown): JsonObject | undefined {
  if (!isJsonObject(annotation)) return undefined
  const { type, url_citation: citation } = annotation
  return type === 'url_citation' && isJsonObject(citation) ? { type, ...citation } : annotation
}
