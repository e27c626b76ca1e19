import { type ChatMessage, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { toolCallsOf } from '../neutral/neutral-message.ts'
import { reasoningOfFormat } from '../neutral/reasoning-details.ts'
import { messagesToolIdRule, ToolCallIds } from '../neutral/tool-call-ids.ts'
import { untranslatable } from '../neutral/untranslatable.ts'
import { type ContentBlock, contentBlocks, withCache } from './messages-content.ts'
import { toolNameFor } from './messages-tools.ts'

export interface Turn {
  readonly role: 'user' | 'assistant'
  readonly content: readonly ContentBlock[]
}

export interface History {
  readonly system: readonly ContentBlock[]
  readonly turns: readonly Turn[]
}

/** Deeper JSON is nobody's arguments, and writing it would exhaust the stack. */
const maxInputDepth = 200

/** What stands where a turn would be empty, and the API wants one. */
const nothing: ContentBlock = { type: 'text', text: '(nothing)' }

/**
 * The messages of a conversation as Anthropic's system prompt and turns.
 *
 * - System and developer messages become blocks of the system prompt, later ones too. Newer models take them among the turns,
 *   but only in some places and not on every platform; as a user's words they would lose their authority.
 * - Messages of one side in a row are one turn; outputs of tools come first in theirs, as the API demands.
 * - Thinking goes back only where it has Anthropic's signature: no other is valid.
 * - Ids of tool calls are made valid and, where another LLM gave one twice, distinct; an output belongs to the latest call.
 *
 * @throws {ProviderError} `upstream_rejected`, naming what cannot be said in this API.
 */
export function historyOf(messages: readonly ChatMessage[]): History {
  const system: ContentBlock[] = []
  const turns = new Turns()
  const ids = new ToolCallIds(messagesToolIdRule)
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}]`
    switch (message.role) {
      case 'system':
      case 'developer':
        system.push(...contentBlocks(message.content, path))
        break
      case 'user':
        turns.add('user', contentBlocks(message.content, path))
        break
      case 'assistant':
        turns.add('assistant', assistantBlocks(message, path, ids))
        break
      case 'tool':
      case 'function':
        turns.add('user', [toolResult(message, path, ids)])
        break
      default:
        throw untranslatable(`${path}.role is ${JSON.stringify(message.role)}, which Anthropic’s API does not know`)
    }
  }
  return { system, turns: turns.finished() }
}

class Turns {
  readonly #turns: { readonly role: Turn['role']; readonly content: ContentBlock[] }[] = []

  add(role: Turn['role'], blocks: readonly ContentBlock[]): void {
    const last = this.#turns.at(-1)
    if (last?.role === role) last.content.push(...blocks)
    else this.#turns.push({ role, content: [...blocks] })
  }

  /** Turns without content are left out, and then those that they kept apart are one. */
  finished(): readonly Turn[] {
    const kept = new Turns()
    for (const { role, content } of this.#turns) if (content.length > 0) kept.add(role, content)
    const turns = kept.#turns
    if (turns[0]?.role !== 'user') turns.unshift({ role: 'user', content: [nothing] })
    for (const turn of turns) if (turn.role === 'user') outputsFirst(turn.content)
    const last = turns.at(-1)
    if (last?.role === 'assistant') trimEnd(last.content)
    return turns
  }
}

function outputsFirst(content: ContentBlock[]): void {
  const rank = ({ type }: ContentBlock) => (type === 'tool_result' ? 0 : 1)
  content.sort((a, b) => rank(a) - rank(b))
}

/** The API refuses a prefill that ends in white space. */
function trimEnd(content: ContentBlock[]): void {
  const last = content.at(-1)
  if (last?.type !== 'text') return
  const text = String(last.text).trimEnd()
  if (text !== '') content[content.length - 1] = { ...last, text }
  else if (content.length > 1) content.pop()
  else content[0] = nothing
}

function assistantBlocks(message: ChatMessage, path: string, ids: ToolCallIds): readonly ContentBlock[] {
  const said = contentBlocks(message.content, path)
  const refusal = typeof message.refusal === 'string' && message.refusal !== '' && said.length === 0
  return [
    ...thinkingBlocks(message),
    ...said,
    ...(refusal ? [{ type: 'text', text: message.refusal }] : []),
    ...toolCallsOf(message).map((call) =>
      withCache(toolUse(ids.call(call.id), call.function.name, call.function.arguments), { ...call }),
    ),
    ...functionCall(message, ids),
  ]
}

function thinkingBlocks(message: ChatMessage): readonly ContentBlock[] {
  return reasoningOfFormat(message, 'anthropic-claude-v1').flatMap((detail): readonly ContentBlock[] => {
    if (detail.type === 'reasoning.encrypted') return [{ type: 'redacted_thinking', data: detail.data }]
    if (detail.type !== 'reasoning.text') return []
    const { text, signature } = detail
    // Without a signature the API refuses the block. With one the text may be empty: the model was told not to show it.
    const signed = typeof signature === 'string' && signature !== ''
    return signed ? [{ type: 'thinking', thinking: text ?? '', signature }] : []
  })
}

function functionCall(message: ChatMessage, ids: ToolCallIds): readonly ContentBlock[] {
  const call = message.function_call
  if (!isJsonObject(call) || typeof call.name !== 'string') return []
  return [toolUse(ids.call(functionId(call.name)), call.name, typeof call.arguments === 'string' ? call.arguments : '')]
}

/** The form of old has no ids: its outputs follow their call at once, and name the function. */
function functionId(name: unknown): string {
  return `function_${typeof name === 'string' ? name : ''}`
}

function toolUse(id: string, name: string, args: string): ContentBlock {
  return { type: 'tool_use', id, name: toolNameFor(name), input: inputOf(args) }
}

/**
 * The API takes objects only. Arguments that are none (an LLM broke its JSON) are kept as a text under one name: the model shall
 * see what was said in its place, `{}` would be a lie, and a refusal would end a conversation that can go on.
 */
function inputOf(args: string): JsonObject {
  if (args.trim() === '') return {}
  try {
    const input: unknown = JSON.parse(args)
    if (isJsonObject(input) && !nestsDeeper(input, maxInputDepth)) return input
  } catch {
    // As below.
  }
  return { unparsed_arguments: args }
}

function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => nestsDeeper(inner, levels - 1))
}

function toolResult(message: ChatMessage, path: string, ids: ToolCallIds): ContentBlock {
  const id = message.role === 'function' ? functionId(message.name) : message.tool_call_id
  if (typeof id !== 'string') throw untranslatable(`${path}.tool_call_id is missing`)
  const content = contentBlocks(message.content, path)
  // One plain text keeps the short form; a mark on its part would get lost in it.
  const text = content.length === 1 && content[0]?.type === 'text' && content[0].cache_control === undefined
  const result: ContentBlock = {
    type: 'tool_result',
    tool_use_id: ids.output(id),
    ...(content.length === 0 ? {} : { content: text ? content[0]!.text : content }),
    ...(message.is_error === true ? { is_error: true } : {}),
  }
  return withCache(result, message)
}
