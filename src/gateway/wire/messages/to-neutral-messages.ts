import type { ChatMessage, JsonObject } from '../../../providers/chat-provider.ts'
import type { NeutralToolCall } from '../../../providers/neutral/neutral-message.ts'
import type { ReasoningDetail } from '../../../providers/neutral/reasoning-details.ts'
import { isEnvelope, openEnvelope } from '../reasoning-envelope.ts'
import type { ContentBlock, KnownBlock, ToolResultBlock, ToolUseBlock } from './content-block.ts'
import { contentOf, type MessagesMessage } from './messages-request.ts'
import { cacheUpTo, toNeutralContent, toNeutralParts } from './to-neutral-parts.ts'

/**
 * One message of the Messages API in the neutral form: several where a user's turn brings tool results, or an assistant's
 * turn says its parts in another order; none where nothing is left of it.
 *
 * @param leftOut gets the types of blocks that have no counterpart: tools that Anthropic ran itself, and their output.
 */
export function toNeutralMessages(message: MessagesMessage, leftOut: Set<string>): readonly ChatMessage[] {
  const { role } = message
  const content = contentOf(message)
  if (typeof content === 'string') return [{ role, content }]
  if (role === 'assistant') return assistantMessages(content, leftOut)
  if (role === 'system') {
    // Changes of settings, which the native request alone can hold.
    for (const field in message) if (field !== 'role' && field !== 'content') leftOut.add(`messages.${field}`)
    if (content.length === 0) return []
  }
  if (role === 'system') return [{ role, content: toNeutralContent(content.flatMap(toNeutralParts)) }]
  return userMessages(content)
}

/** Tool results go first, whatever came before them: neutral tool messages stand right behind their calls. */
function userMessages(blocks: readonly ContentBlock[]): readonly ChatMessage[] {
  const messages: ChatMessage[] = []
  const parts: JsonObject[] = []
  for (const block of blocks) {
    if (block.type === 'tool_result') messages.push(toolMessage(block as ToolResultBlock))
    else parts.push(...toNeutralParts(block))
  }
  if (parts.length > 0 || messages.length === 0) messages.push({ role: 'user', content: toNeutralContent(parts) })
  return messages
}

function toolMessage(result: ToolResultBlock): ChatMessage {
  const { tool_use_id: id, content, is_error: isError } = result
  const blocks: readonly ContentBlock[] =
    typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? [])
  const parts = cacheUpTo(blocks.flatMap(toNeutralParts), result)
  return {
    role: 'tool',
    tool_call_id: id,
    content: toNeutralContent(parts),
    ...(isError === true ? { is_error: true } : {}),
  }
}

/** Reasoning and text that follow each other; a new one begins where reasoning follows text. */
interface Segment {
  readonly details: ReasoningDetail[]
  readonly parts: JsonObject[]
}

function assistantMessages(blocks: readonly ContentBlock[], leftOut: Set<string>): readonly ChatMessage[] {
  const segments: Segment[] = []
  const uses: ToolUseBlock[] = []
  const extras = new Map<string, JsonObject>()
  const current = (): Segment => {
    const last = segments.at(-1)
    if (last !== undefined) return last
    segments.push({ details: [], parts: [] })
    return segments.at(-1)!
  }
  const addReasoning = (details: readonly ReasoningDetail[]) => {
    if (details.length === 0) return
    if (current().parts.length > 0) segments.push({ details: [], parts: [] })
    const segment = current()
    for (const detail of details) segment.details.push({ ...detail, index: segment.details.length })
  }
  for (const block of blocks) {
    const known = block as KnownBlock
    if (known.type === 'tool_use') uses.push(known)
    else if (known.type === 'thinking' || known.type === 'redacted_thinking') {
      const cipher = known.type === 'thinking' ? (known.signature ?? '') : known.data
      if (!isEnvelope(cipher)) addReasoning(anthropicReasoning(known))
      else {
        const carried = openEnvelope(cipher)
        addReasoning(carried.details)
        for (const [id, extra] of carried.calls) extras.set(id, extra)
      }
    } else if (known.type === 'text' || known.type === 'compaction') current().parts.push(...toNeutralParts(block))
    else leftOut.add(block.type)
  }
  const calls = uses.map((use) => toolCall(use, extras.get(use.id)))
  if (calls.length > 0) current()
  return segments.map((segment, index) => toMessage(segment, index === segments.length - 1 ? calls : []))
}

/** Thinking without a signature was written by us, for an LLM of another API: nobody can read it again. */
function anthropicReasoning(block: KnownBlock & { type: 'thinking' | 'redacted_thinking' }): ReasoningDetail[] {
  const format = 'anthropic-claude-v1'
  if (block.type === 'redacted_thinking') return [{ type: 'reasoning.encrypted', data: block.data, format }]
  if (!block.signature) return []
  return [{ type: 'reasoning.text', text: block.thinking, signature: block.signature, format }]
}

function toolCall({ id, name, input }: ToolUseBlock, extra: JsonObject | undefined): NeutralToolCall {
  return {
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(input) },
    ...(extra === undefined ? {} : { extra_content: extra }),
  }
}

function toMessage({ details, parts }: Segment, calls: readonly NeutralToolCall[]): ChatMessage {
  return {
    role: 'assistant',
    content: parts.length === 0 && calls.length > 0 ? null : assistantContent(parts),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
}

/** Citations cut a sentence into several blocks, so that nothing goes between them. */
function assistantContent(parts: readonly JsonObject[]): string | readonly JsonObject[] {
  if (parts.some((part) => part.cache_control !== undefined)) return parts
  return parts.map((part) => part.text).join('')
}
