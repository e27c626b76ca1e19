import { isJsonObject, type JsonObject } from '../chat-provider.ts'
import { ProviderError } from '../provider-error.ts'

/** As the API says it, over the generations: of a foreign signature, another model or account, a history that was edited. */
const refusalWords =
  /signature.*thinking|thinking.*(?:signature|cannot be modified|must contain|start with)|bound to a different/is

/**
 * Whether a request was refused because of thinking in its history. Newer Claudes bind it to the model, the account and all that
 * went before, so that what one LLM thought may not be shown to the next; nothing in the block tells beforehand.
 */
export function refusesThinking(error: unknown): boolean {
  if (!(error instanceof ProviderError) || error.code !== 'upstream_rejected') return false
  const said = error.upstreamError?.message
  return typeof said === 'string' && refusalWords.test(said)
}

/** A Messages request without any thinking in its history; the same object where there is none. */
export function withoutThinking(body: JsonObject): JsonObject {
  return withoutBlocks(body, ({ type }) => type === 'thinking' || type === 'redacted_thinking')
}

/**
 * A native request without thinking blocks that carry no signature: they came from another LLM, whose thinking a gateway showed
 * in this form, and the API refuses them. The same object where there is none.
 */
export function withoutUnsignedThinking(body: JsonObject): JsonObject {
  return withoutBlocks(
    body,
    ({ type, signature }) => type === 'thinking' && (signature === undefined || signature === ''),
  )
}

function withoutBlocks(body: JsonObject, isUnwanted: (block: JsonObject) => boolean): JsonObject {
  const { messages } = body
  const unwanted = (block: unknown) => isJsonObject(block) && isUnwanted(block)
  if (!Array.isArray(messages) || !messages.some((turn: unknown) => blocksOf(turn).some(unwanted))) return body
  const kept = messages.flatMap((turn: unknown) => {
    const blocks = blocksOf(turn)
    if (!isJsonObject(turn) || !blocks.some(unwanted)) return [turn]
    const content = blocks.filter((block) => !unwanted(block))
    // A turn that only thought said nothing.
    return content.length === 0 ? [] : [{ ...turn, content }]
  })
  return { ...body, messages: kept }
}

function blocksOf(turn: unknown): readonly unknown[] {
  return isJsonObject(turn) && turn.role === 'assistant' && Array.isArray(turn.content) ? turn.content : []
}
