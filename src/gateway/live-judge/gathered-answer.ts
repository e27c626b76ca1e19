import {
  type ChatCompletion,
  type ChunkEvent,
  type ForeignDialect,
  isJsonObject,
  type JsonObject,
} from '../../providers/chat-provider.ts'

interface GatheredCall {
  name: string
  arguments: string
}

/** What an answer says, as far as a judge can see it. */
export interface AnswerSaid {
  readonly text: string
  readonly toolCalls: readonly { readonly name: string; readonly arguments: string }[]
}

/** Of the first choice of a whole answer in any dialect. Thinking is no part of it. */
export function answerSaid({ body, dialect }: ChatCompletion): AnswerSaid {
  if (dialect === 'messages') return messagesAnswer(body)
  if (dialect === 'responses') return responsesAnswer(body)
  const choice = firstObject(body.choices)
  const message = isJsonObject(choice?.message) ? choice.message : {}
  const calls = objects(message.tool_calls).map(({ function: called }) => (isJsonObject(called) ? called : {}))
  return {
    text: typeof message.content === 'string' ? message.content : textsOf(objects(message.content)),
    toolCalls: calls.map((called) => ({ name: string(called.name), arguments: string(called.arguments) })),
  }
}

/** The same of a stream, event by event, in bounded memory. */
export class GatheredAnswer {
  readonly #maxCharacters: number
  #characters = 0
  #text = ''
  /** By their place in the answer. */
  readonly #calls = new Map<unknown, GatheredCall>()

  /** @param maxCharacters more is not kept, and {@link said} is undefined then: nobody judges half an answer. */
  constructor(maxCharacters: number) {
    this.#maxCharacters = maxCharacters
  }

  add({ chunk, dialect }: Pick<ChunkEvent, 'chunk' | 'dialect'>): void {
    if (this.#characters > this.#maxCharacters) return
    this.#addOf(chunk, dialect)
  }

  /** Undefined where it was too long. */
  get said(): AnswerSaid | undefined {
    if (this.#characters > this.#maxCharacters) return undefined
    return { text: this.#text, toolCalls: [...this.#calls.values()] }
  }

  #addOf(chunk: JsonObject, dialect: ForeignDialect | undefined): void {
    if (dialect === 'messages') this.#addMessages(chunk)
    else if (dialect === 'responses') this.#addResponses(chunk)
    else this.#addNeutral(chunk)
  }

  #addNeutral(chunk: JsonObject): void {
    const choice = firstObject(chunk.choices)
    if (choice === undefined || (choice.index !== undefined && choice.index !== 0)) return
    const delta = isJsonObject(choice.delta) ? choice.delta : {}
    this.#say(delta.content)
    for (const call of objects(delta.tool_calls)) {
      const called = isJsonObject(call.function) ? call.function : {}
      this.#call(call.index ?? 0, called.name, called.arguments)
    }
  }

  #addMessages(event: JsonObject): void {
    const block = isJsonObject(event.content_block) ? event.content_block : {}
    const delta = isJsonObject(event.delta) ? event.delta : {}
    if (event.type === 'content_block_start') {
      if (block.type === 'text') this.#say(block.text)
      if (block.type === 'tool_use') this.#call(event.index, block.name, undefined)
    }
    if (event.type !== 'content_block_delta') return
    if (delta.type === 'text_delta') this.#say(delta.text)
    if (delta.type === 'input_json_delta') this.#call(event.index, undefined, delta.partial_json)
  }

  #addResponses(event: JsonObject): void {
    const item = isJsonObject(event.item) ? event.item : {}
    if (event.type === 'response.output_text.delta') this.#say(event.delta)
    if (event.type === 'response.function_call_arguments.delta') this.#call(event.output_index, undefined, event.delta)
    if (event.type === 'response.output_item.added' && item.type === 'function_call') {
      this.#call(event.output_index, item.name, item.arguments)
    }
  }

  #say(text: unknown): void {
    if (typeof text !== 'string') return
    this.#text += text
    this.#characters += text.length
  }

  #call(place: unknown, name: unknown, piece: unknown): void {
    const call = this.#calls.get(place) ?? { name: '', arguments: '' }
    call.name += string(name)
    call.arguments += string(piece)
    this.#characters += string(name).length + string(piece).length
    this.#calls.set(place, call)
  }
}

function messagesAnswer(body: JsonObject): AnswerSaid {
  const blocks = objects(body.content)
  return {
    text: textsOf(blocks.filter(({ type }) => type === 'text')),
    toolCalls: blocks
      .filter(({ type }) => type === 'tool_use')
      .map(({ name, input }) => ({ name: string(name), arguments: JSON.stringify(input ?? {}) })),
  }
}

function responsesAnswer(body: JsonObject): AnswerSaid {
  const items = objects(body.output)
  const parts = items.filter(({ type }) => type === 'message').flatMap(({ content }) => objects(content))
  return {
    text: textsOf(parts.filter(({ type }) => type === 'output_text')),
    toolCalls: items
      .filter(({ type }) => type === 'function_call')
      .map((item) => ({ name: string(item.name), arguments: string(item.arguments) })),
  }
}

function textsOf(parts: readonly JsonObject[]): string {
  return parts.map(({ text }) => string(text)).join('')
}

function firstObject(list: unknown): JsonObject | undefined {
  return objects(list)[0]
}

function objects(list: unknown): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isJsonObject) : []
}

function string(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
