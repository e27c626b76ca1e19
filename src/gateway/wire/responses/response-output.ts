import { isJsonObject, type JsonObject } from '../../../providers/chat-provider.ts'
import { contentText } from '../../../providers/neutral/neutral-message.ts'
import {
  type ReasoningDetail,
  reasoningDetailsOf,
  reasoningText,
} from '../../../providers/neutral/reasoning-details.ts'
import { ProviderError } from '../../../providers/provider-error.ts'
import { sealEnvelope } from '../reasoning-envelope.ts'
import { outputItemId } from './item-id.ts'
import { type ItemStatus, OutputMessage, toAnnotation } from './output-message.ts'
import { type EmitEvent, type ItemPlace, isOwnCipher, OutputReasoning } from './output-reasoning.ts'
import { OutputToolCall, readToolCallPiece, type ToolCallPiece } from './output-tool-call.ts'

/** Many times the items of any answer: each is held until the end, and told of in the last event. */
const maxItems = 10_000

/** A call whose name has not come yet. */
type PendingCall = { piece: ToolCallPiece; text: string }

/**
 * Turns the deltas of a neutral answer into the output items of a response and the events that build them up. A whole
 * answer is one delta; however an answer is cut, the items come to the same.
 *
 * Reasoning ends where content begins, content where a call begins. Calls stay open to the end: their pieces may come
 * interleaved.
 */
export class ResponseOutput {
  readonly #decisionId: string
  readonly #emit: EmitEvent
  /** By output index; a hole is an item that is still written. */
  readonly #items: JsonObject[] = []
  #count = 0
  #reasoning: OutputReasoning | undefined
  #message: OutputMessage | undefined
  readonly #calls = new Map<number, OutputToolCall | PendingCall>()
  /** Calls whose place another one took, as upstreams do that number all of them 0; by their ids, to which pieces may come back. */
  readonly #overtaken = new Map<string, OutputToolCall | PendingCall>()
  /** Of reasoning items. */
  readonly #takenIds = new Set<string>()

  /** @param decisionId makes the ids of the items, with their place. */
  constructor(decisionId: string, emit: EmitEvent) {
    this.#decisionId = decisionId
    this.#emit = emit
  }

  /** @param logprobs of the delta's text, in the form that both APIs share. */
  add(delta: JsonObject, logprobs: readonly unknown[] = []): void {
    this.#addReasoning(delta)
    const { content, refusal, annotations, tool_calls: calls } = delta
    // Mistral's reasoning models answer in parts.
    const text = typeof content === 'string' ? content : contentText(content)
    if (text !== '') this.#openMessage().addText(text, logprobs)
    if (typeof refusal === 'string' && refusal !== '') this.#openMessage().addRefusal(refusal)
    for (const sent of listOf(annotations)) {
      const annotation = toAnnotation(sent)
      if (annotation !== undefined) this.#openMessage().addAnnotation(annotation)
    }
    for (const [position, sent] of listOf(calls).entries()) {
      if (isJsonObject(sent)) this.#addCallPiece(readToolCallPiece(sent), position)
    }
  }

  /** Ends all items and returns them. */
  finish(status: ItemStatus): readonly JsonObject[] {
    this.#endReasoning()
    this.#endMessage(status)
    const open = [...this.#overtaken.values(), ...this.#calls.values()].map((call) => this.#named(call))
    for (const call of open.sort((a, b) => a.place.index - b.place.index)) {
      this.#items[call.place.index] = call.done(status)
    }
    this.#overtaken.clear()
    this.#calls.clear()
    return [...this.#items]
  }

  #addReasoning(delta: JsonObject): void {
    const details = reasoningDetailsOf(delta)
    const said = details.some((detail) => detailText(detail) !== '')
    if (!said) {
      const plain = reasoningText({ ...delta, reasoning_details: undefined })
      if (plain !== '') this.#openReasoning(undefined, true).addText(plain, undefined)
    }
    for (const detail of details) {
      // An item has one cipher: where ids do not tell items apart, this does.
      if (isOwnCipher(detail) && this.#reasoning?.hasOwnCipher === true) this.#endReasoning()
      this.#openReasoning(detail.id ?? undefined, detailText(detail) !== '').addDetail(detail)
    }
  }

  /** @param speaks a signature alone, which may come late, does not end the message that is written. */
  #openReasoning(upstreamId: string | undefined, speaks: boolean): OutputReasoning {
    if (speaks) this.#endMessage('completed')
    const open = this.#reasoning
    const same = upstreamId === undefined || upstreamId === open?.upstreamId
    if (open !== undefined && same) return open
    this.#endReasoning()
    // An id names one item only, also where a late signature comes back to an earlier one.
    const isNew = upstreamId !== undefined && !this.#takenIds.has(upstreamId)
    if (isNew) this.#takenIds.add(upstreamId)
    const place = this.#place('rs', isNew ? upstreamId : undefined)
    this.#reasoning = new OutputReasoning(place, upstreamId, this.#emit)
    return this.#reasoning
  }

  #openMessage(): OutputMessage {
    this.#endReasoning()
    this.#message ??= new OutputMessage(this.#place('msg'), this.#emit)
    return this.#message
  }

  #addCallPiece(piece: ToolCallPiece, position: number): void {
    this.#endReasoning()
    this.#endMessage('completed')
    const key = piece.index ?? position
    let call = this.#calls.get(key)
    const id = call === undefined ? undefined : idOf(call)
    if (call !== undefined && piece.id !== undefined && id !== undefined && id !== piece.id) {
      this.#overtaken.set(id, call)
      call = this.#overtaken.get(piece.id)
      this.#overtaken.delete(piece.id)
      if (call !== undefined) this.#calls.set(key, call)
    }
    if (call instanceof OutputToolCall) {
      call.addText(piece.text)
      if (piece.extra !== undefined) this.#carryExtra(call.callId, piece.extra)
      return
    }
    const whole = call === undefined ? piece : joinPieces(call.piece, piece)
    const pending: PendingCall = { piece: whole, text: (call?.text ?? '') + piece.text }
    this.#calls.set(key, whole.name === '' ? pending : this.#named(pending))
  }

  #named(call: OutputToolCall | PendingCall): OutputToolCall {
    if (call instanceof OutputToolCall) return call
    const { piece, text } = call
    const callId = piece.id ?? `call_${this.#decisionId}_${this.#count}`
    if (piece.extra !== undefined) this.#carryExtra(callId, piece.extra)
    const named = new OutputToolCall(this.#place(piece.custom ? 'ctc' : 'fc'), callId, piece, this.#emit)
    named.addText(text)
    return named
  }

  /** This API has no field for it at a call, and Gemini asks for it back: an item of its own carries it. */
  #carryExtra(callId: string, extra: JsonObject): void {
    const { id, index } = this.#place('rs')
    const sealed = sealEnvelope({ details: [], calls: new Map([[callId, extra]]) })
    const item = { id, type: 'reasoning', summary: [], encrypted_content: sealed }
    this.#emit({ type: 'response.output_item.added', output_index: index, item })
    this.#emit({ type: 'response.output_item.done', output_index: index, item })
    this.#items[index] = item
  }

  #endReasoning(): void {
    if (this.#reasoning === undefined) return
    this.#items[this.#reasoning.place.index] = this.#reasoning.done()
    this.#reasoning = undefined
  }

  #endMessage(status: ItemStatus): void {
    if (this.#message === undefined) return
    this.#items[this.#message.place.index] = this.#message.done(status)
    this.#message = undefined
  }

  #place(prefix: string, id?: string): ItemPlace {
    const index = this.#count
    if (index >= maxItems) {
      throw new ProviderError('upstream_invalid_response', `The upstream's answer has over ${maxItems} items`)
    }
    this.#count += 1
    return { id: id ?? outputItemId(prefix, this.#decisionId, index), index }
  }
}

function joinPieces(before: ToolCallPiece, next: ToolCallPiece): ToolCallPiece {
  return {
    ...before,
    id: before.id ?? next.id,
    name: before.name + next.name,
    custom: before.custom || next.custom,
    extra: next.extra ?? before.extra,
  }
}

function idOf(call: OutputToolCall | PendingCall): string | undefined {
  return call instanceof OutputToolCall ? call.callId : call.piece.id
}

function detailText(detail: ReasoningDetail): string {
  if (detail.type === 'reasoning.text') return detail.text ?? ''
  return detail.type === 'reasoning.summary' ? detail.summary : ''
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
