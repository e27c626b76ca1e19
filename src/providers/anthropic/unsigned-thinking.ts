import { isJsonObject, type JsonObject } from '../chat-provider.ts'

/**
 * A native request without thinking blocks that carry no signature: they came from another LLM, whose thinking a gateway showed
 * in this form, and the API refuses them. The same object where there is none.
 */
export function withoutUnsignedThinking(body: JsonObject): JsonObject {
  const { messages } = body
  if (!Array.isArray(messages) || !messages.some((turn: unknown) => blocksOf(turn).some(isUnsigned))) return body
  const kept = messages.flatMap((turn: unknown) => {
    const blocks = blocksOf(turn)
    if (!isJsonObject(turn) || !blocks.some(isUnsigned)) return [turn]
    const content = blocks.filter((block) => !isUnsigned(block))
    // A turn that only thought said nothing.
    return content.length === 0 ? [] : [{ ...turn, content }]
  })
  return { ...body, messages: kept }
}

function blocksOf(turn: unknown): readonly unknown[] {
  return isJsonObject(turn) && turn.role === 'assistant' && Array.isArray(turn.content) ? turn.content : []
}

function isUnsigned(block: unknown): boolean {
  return isJsonObject(block) && block.type === 'thinking' && (block.signature === undefined || block.signature === '')
}
