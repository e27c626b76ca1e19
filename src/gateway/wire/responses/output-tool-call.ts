import { isJsonObject, type JsonObject } from '../../../providers/chat-provider.ts'
import type { ItemStatus } from './output-message.ts'
import type { EmitEvent, ItemPlace } from './output-reasoning.ts'

/** A piece of a tool call, read leniently. */
export interface ToolCallPiece {
  readonly index: number | undefined
  readonly id: string | undefined
  readonly custom: boolean
  readonly name: string
  readonly text: string
  readonly extra: JsonObject | undefined
}

export function readToolCallPiece(piece: JsonObject): ToolCallPiece {
  const { index, id, type, extra_content: extra } = piece
  const custom = type === 'custom' || isJsonObject(piece.custom)
  const said = custom ? piece.custom : piece.function
  const body = isJsonObject(said) ? said : {}
  return {
    index: typeof index === 'number' ? index : undefined,
    id: typeof id === 'string' && id !== '' ? id : undefined,
    custom,
    name: typeof body.name === 'string' ? body.name : '',
    text: textOf(custom ? body.input : body.arguments),
    extra: isJsonObject(extra) ? extra : undefined,
  }
}

/** Some upstreams send arguments as an object. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return isJsonObject(value) ? JSON.stringify(value) : ''
}

/** One call of a tool as it is written. Shown once its name is known. */
export class OutputToolCall {
  readonly place: ItemPlace
  readonly callId: string
  readonly #custom: boolean
  readonly #name: string
  readonly #emit: EmitEvent
  #text = ''

  constructor(place: ItemPlace, callId: string, { custom, name }: ToolCallPiece, emit: EmitEvent) {
    this.place = place
    this.callId = callId
    this.#custom = custom
    this.#name = name
    this.#emit = emit
    emit({ type: 'response.output_item.added', output_index: place.index, item: this.#item('in_progress') })
  }

  addText(delta: string): void {
    if (delta === '') return
    this.#text += delta
    const type = this.#custom ? 'response.custom_tool_call_input.delta' : 'response.function_call_arguments.delta'
    this.#emit({ type, ...this.#where(), delta })
  }

  /** Ends the item and returns it. */
  done(status: ItemStatus): JsonObject {
    if (this.#custom) this.#emit({ type: 'response.custom_tool_call_input.done', ...this.#where(), input: this.#text })
    else {
      this.#emit({
        type: 'response.function_call_arguments.done',
        ...this.#where(),
        name: this.#name,
        arguments: this.#text,
      })
    }
    const item = this.#item(status)
    this.#emit({ type: 'response.output_item.done', output_index: this.place.index, item })
    return item
  }

  #where(): JsonObject {
    return { item_id: this.place.id, output_index: this.place.index }
  }

  #item(status: ItemStatus): JsonObject {
    const call = { call_id: this.callId, name: this.#name }
    return this.#custom
      ? { id: this.place.id, type: 'custom_tool_call', status, ...call, input: this.#text }
      : { id: this.place.id, type: 'function_call', status, ...call, arguments: this.#text }
  }
}
