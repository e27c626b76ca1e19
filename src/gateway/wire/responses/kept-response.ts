import type { JsonObject } from '../../../providers/chat-provider.ts'
import { isJsonObject } from '../../../providers/chat-provider.ts'
import type { StoredResponse } from '../../../routing/response-store.ts'
import { itemId, itemType } from './input-messages.ts'
import { inputItemId } from './item-id.ts'
import type { PriorState } from './stored-state.ts'

/** What is known of a response beside its body. */
export interface KeptFacts {
  readonly decisionId: string
  readonly createdAtMs: number
  readonly keyId: string | undefined
  readonly conversationId: string
}

/** Longer ids are the caller's own play, and are not looked up. */
const maxIdChars = 256

/** How OpenAI's ids of input items begin; a type that is not listed has its own name before its id. */
const idPrefixes: Readonly<Record<string, string>> = {
  message: 'msg',
  reasoning: 'rs',
  function_call: 'fc',
  function_call_output: 'fco',
  custom_tool_call: 'ctc',
  custom_tool_call_output: 'ctco',
}

/** A response with its own input, as it is kept. Every item gets an id: they are listed and referred to by it. */
export function toKept(response: JsonObject, { own, previousId }: PriorState, facts: KeptFacts): StoredResponse {
  const input = own.map((item, index) => identified(item, facts.decisionId, index))
  const output: readonly unknown[] = Array.isArray(response.output) ? response.output : []
  return {
    id: facts.decisionId,
    createdAtMs: Math.round(facts.createdAtMs),
    keyId: facts.keyId,
    conversationId: facts.conversationId,
    previousId,
    input: JSON.stringify(input),
    response: JSON.stringify(response),
    itemIds: [...input, ...output].flatMap((item) => itemId(item) ?? []).filter((id) => id.length <= maxIdChars),
  }
}

/** In the full form, as OpenAI lists input: with its type, its content as parts. */
function identified(item: unknown, decisionId: string, place: number): unknown {
  if (!isJsonObject(item)) return item
  const type = itemType(item, [])
  const prefix = idPrefixes[type] ?? type
  const named = { ...item, type, id: itemId(item) ?? inputItemId(prefix, decisionId, place) }
  if (type !== 'message' || typeof item.content !== 'string') return named
  const part =
    item.role === 'assistant'
      ? { type: 'output_text', text: item.content, annotations: [] }
      : { type: 'input_text', text: item.content }
  return { status: 'completed', ...named, content: [part] }
}
