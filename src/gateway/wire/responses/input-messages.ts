import { z } from 'zod'
import { type ChatMessage, isJsonObject, type JsonObject } from '../../../providers/chat-provider.ts'
import { GatewayError } from '../../gateway-error.ts'
import { requireValid } from '../invalid-request.ts'
import type { ReasoningEnvelope } from '../reasoning-envelope.ts'
import { AssistantTurn } from './assistant-turn.ts'
import { toAssistantContent, toNeutralContent, wrong } from './input-content.ts'
import { readReasoningItem } from './reasoning-item.ts'

type Path = readonly PropertyKey[]

/** An input item, and where its request names it. */
export interface PlacedItem {
  readonly item: unknown
  readonly path: Path
}

/** Where items of earlier turns stand in a request. */
export const keptPath = ['previous_response_id'] as const

const anyItem = z.looseObject({ type: z.string().nullish(), role: z.string().nullish(), id: z.string().nullish() })
const message = z.looseObject({ role: z.enum(['user', 'assistant', 'system', 'developer']) })
// A name may be empty: an LLM that calls nothing gets to see what it did.
const functionCall = z.looseObject({ call_id: z.string().min(1), name: z.string(), arguments: z.string() })
const customCall = z.looseObject({ call_id: z.string().min(1), name: z.string(), input: z.string() })
const callOutput = z.looseObject({ call_id: z.string().min(1) })

/**
 * The type of an item; those that leave it out are messages, or references when they have no role either.
 * @throws {GatewayError} `invalid_request`
 */
export function itemType(item: unknown, path: Path): string {
  const { type, role } = requireValid(anyItem, item, path)
  if (typeof type === 'string') return type
  return typeof role === 'string' ? 'message' : 'item_reference'
}

/**
 * Input items as neutral messages. Outputs of tools follow right behind their calls, wherever they stood; OpenAI too asks
 * for an output to each call, and a call to each output.
 *
 * @param items references resolved.
 * @throws {GatewayError} `invalid_request`
 */
export function toNeutralMessages(items: readonly PlacedItem[]): readonly ChatMessage[] {
  const reader = new ItemReader(items)
  try {
    return reader.read()
  } catch (error) {
    throw ofKeptItem(error) ?? error
  }
}

/** A place inside a kept item, as an upstream may have written it, is no place in the request: it is told in words. */
function ofKeptItem(error: unknown): GatewayError | undefined {
  const [param, ...inside] = error instanceof GatewayError ? (error.param ?? '').split('.') : []
  if (!(error instanceof GatewayError) || param !== keptPath[0] || inside.length === 0) return undefined
  const message = `An item of the response to continue cannot be sent again, for its '${inside.join('.')}'`
  return new GatewayError(error.code, message, { param, cause: error })
}

class ItemReader {
  readonly #items: readonly PlacedItem[]
  readonly #messages: ChatMessage[] = []
  readonly #turn = new AssistantTurn()
  /** By call id, in order, until its call takes it. */
  readonly #outputs = new Map<string, { readonly message: ChatMessage; readonly path: Path }[]>()
  readonly #calls: { readonly id: string; readonly path: Path }[] = []
  readonly #extras = new Map<string, JsonObject>()

  constructor(items: readonly PlacedItem[]) {
    this.#items = items
  }

  read(): readonly ChatMessage[] {
    const typed = this.#items.map(({ item, path }) => ({
      item: item as JsonObject,
      path,
      type: itemType(item, path),
    }))
    const reasoning = new Map<JsonObject, ReasoningEnvelope>()
    for (const { item, path, type } of typed) {
      if (type === 'function_call_output' || type === 'custom_tool_call_output') this.#readOutput(item, path)
      else if (type === 'reasoning') {
        const envelope = readReasoningItem(item)
        reasoning.set(item, envelope)
        for (const [id, extra] of envelope.calls) this.#extras.set(id, extra)
      }
    }
    for (const { item, path, type } of typed) this.#readItem(item, path, type, reasoning)
    this.#endTurn()
    for (const [id, [unclaimed]] of this.#outputs) {
      if (unclaimed === undefined) continue
      throw wrong([...unclaimed.path, 'call_id'], `No tool call found for function call output with call_id ${id}.`)
    }
    return this.#messages
  }

  #readItem(item: JsonObject, path: Path, type: string, reasoning: ReadonlyMap<JsonObject, ReasoningEnvelope>): void {
    switch (type) {
      case 'message':
        this.#readMessage(item, path)
        return
      case 'reasoning':
        this.#turn.addReasoning(reasoning.get(item)?.details ?? [])
        return
      case 'function_call':
      case 'custom_tool_call':
        this.#readCall(item, path, type)
        return
      case 'function_call_output':
      case 'custom_tool_call_output':
        this.#endTurn()
        return
      case 'item_reference':
        throw wrong(path, 'the referenced item is not known here')
      case 'additional_tools':
        // Tools of the whole request elsewhere: no other API adds them on the way.
        return
      default:
        this.#turn.addHosted(item)
    }
  }

  #readMessage(item: JsonObject, path: Path): void {
    const { role } = requireValid(message, item, path)
    const contentPath = [...path, 'content']
    if (role === 'assistant') {
      const { text, refusal } = toAssistantContent(item.content, contentPath)
      this.#turn.addContent(text, refusal)
      return
    }
    this.#endTurn()
    this.#messages.push({ role, content: toNeutralContent(item.content, contentPath) })
  }

  #readCall(item: JsonObject, path: Path, type: 'function_call' | 'custom_tool_call'): void {
    if (type === 'function_call') {
      const { call_id: id, name, arguments: text } = requireValid(functionCall, item, path)
      const extra = this.#extras.get(id)
      this.#turn.addCall({
        id,
        type: 'function',
        function: { name, arguments: text },
        ...(extra === undefined ? {} : { extra_content: extra }),
      })
      this.#calls.push({ id, path })
    } else {
      const { call_id: id, name, input } = requireValid(customCall, item, path)
      this.#turn.addCall({ id, type: 'custom', custom: { name, input } })
      this.#calls.push({ id, path })
    }
  }

  #readOutput(item: JsonObject, path: Path): void {
    const { call_id } = requireValid(callOutput, item, path)
    const content = toNeutralContent(item.output, [...path, 'output'])
    const output = { message: { role: 'tool', tool_call_id: call_id, content }, path }
    const earlier = this.#outputs.get(call_id)
    if (earlier === undefined) this.#outputs.set(call_id, [output])
    else earlier.push(output)
  }

  #endTurn(): void {
    this.#messages.push(...this.#turn.take())
    for (const { id, path } of this.#calls.splice(0)) {
      const output = this.#outputs.get(id)?.shift()
      if (output === undefined) throw wrong(path, `No tool output found for function call ${id}.`)
      this.#messages.push(output.message)
    }
  }
}

/** The `input` of a request as items: a text is one user message. */
export function inputItems(input: unknown): readonly unknown[] {
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }]
  return Array.isArray(input) ? input : []
}

/** The id of an item, where it has one. */
export function itemId(item: unknown): string | undefined {
  return isJsonObject(item) && typeof item.id === 'string' ? item.id : undefined
}
