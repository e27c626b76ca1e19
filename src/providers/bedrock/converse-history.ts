import { type ChatMessage, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { contentText, type NeutralToolCall, toolCallsOf } from '../neutral/neutral-message.ts'
import { reasoningDetailsOf } from '../neutral/reasoning-details.ts'
import { ToolCallIds } from '../neutral/tool-call-ids.ts'
import { untranslatable } from '../neutral/untranslatable.ts'
import type { BedrockTraits } from './bedrock-model.ts'
import { type ContentContext, cachePointOf, contentBlocks, textBlock } from './converse-content.ts'
import { DocumentNames } from './converse-document.ts'
import { converseNameRule, toolNameFor } from './converse-tools.ts'

export interface Turn {
  readonly role: 'user' | 'assistant'
  readonly content: readonly JsonObject[]
}

export interface History {
  readonly system: readonly JsonObject[]
  readonly turns: readonly Turn[]
}

export interface HistoryOptions {
  readonly traits: BedrockTraits
  /**
   * Tells calls of tools and their outputs as text: the API refuses such blocks in a request without tools, and has no way of
   * listing tools that may not be called.
   */
  readonly toolsAsText: boolean
  /** Leaves out what the model thought before. */
  readonly withoutReasoning: boolean
}

/** Deeper JSON is nobody's arguments, and writing it would exhaust the stack. */
const maxInputDepth = 200

/** What stands where a turn would be empty, and the API wants one. */
const nothing: JsonObject = { text: '(nothing)' }

/** The API wants a text beside every document. */
const besideDocuments: JsonObject = { text: '(see the document)' }

const base64 = /^[A-Za-z0-9+/]+={0,2}$/

/**
 * The messages of a conversation as Converse's system prompt and turns.
 *
 * - System and developer messages become blocks of the system prompt, later ones too; newer models take them among the turns, but
 *   which ones is not documented.
 * - Messages of one side in a row are one turn; outputs of tools come first in theirs. The first turn is the user's.
 * - Thinking goes back only where the same family of models signed or enciphered it.
 *
 * @throws {ProviderError} `upstream_rejected`, naming what cannot be said in this API.
 */
export function historyOf(messages: readonly ChatMessage[], options: HistoryOptions): History {
  const system: JsonObject[] = []
  const turns: { readonly role: Turn['role']; content: JsonObject[] }[] = []
  const writer = new TurnWriter(options)
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}]`
    if (message.role === 'system' || message.role === 'developer') {
      for (const block of writer.system(message, path)) system.push(block)
      continue
    }
    const { role, content } = writer.turn(message, path)
    if (content.length === 0) continue
    const last = turns.at(-1)
    // One by one: a caller's parts may be more than a call takes arguments.
    if (last?.role === role) for (const block of content) last.content.push(block)
    else turns.push({ role, content: [...content] })
  }
  if (turns[0]?.role !== 'user') turns.unshift({ role: 'user', content: [nothing] })
  for (const turn of turns) if (turn.role === 'user') turn.content = userContent(turn.content)
  const last = turns.at(-1)
  if (last?.role === 'assistant') trimEnd(last.content)
  return { system, turns }
}

class TurnWriter {
  readonly #options: HistoryOptions
  readonly #context: ContentContext
  readonly #ids = new ToolCallIds(converseNameRule)
  readonly #toolNames = new Map<string, string>()

  constructor(options: HistoryOptions) {
    this.#options = options
    this.#context = { traits: options.traits, documents: new DocumentNames() }
  }

  system(message: ChatMessage, path: string): readonly JsonObject[] {
    const blocks = this.#blocks(message, path)
    if (blocks.every((block) => 'text' in block || 'cachePoint' in block)) return blocks
    throw untranslatable(`${path}.content has more than text, which Bedrock’s system prompt does not take`)
  }

  turn(message: ChatMessage, path: string): Turn {
    switch (message.role) {
      case 'user':
        return { role: 'user', content: this.#blocks(message, path) }
      case 'assistant':
        return { role: 'assistant', content: this.#assistant(message, path) }
      case 'tool':
        return { role: 'user', content: this.#output(message, path) }
      default:
        throw untranslatable(
          `${path}.role is ${JSON.stringify(message.role)}, which Bedrock’s Converse API does not know`,
        )
    }
  }

  #blocks(message: ChatMessage, path: string): readonly JsonObject[] {
    const blocks = contentBlocks(message.content, path, this.#context)
    return blocks.length === 0 ? [] : [...blocks, ...cachePointOf(message, this.#options.traits)]
  }

  #assistant(message: ChatMessage, path: string): readonly JsonObject[] {
    const said = this.#blocks(message, path)
    if (said.some((block) => !('text' in block) && !('cachePoint' in block))) {
      throw untranslatable(`${path}.content has more than text, which Bedrock takes from users alone`)
    }
    const refusal = said.length === 0 ? textBlock(message.refusal) : undefined
    return [
      ...this.#reasoning(message),
      ...said,
      ...(refusal === undefined ? [] : [refusal]),
      ...toolCallsOf(message).flatMap((call) => [this.#call(call), ...cachePointOf({ ...call }, this.#options.traits)]),
    ]
  }

  #reasoning(message: ChatMessage): readonly JsonObject[] {
    const { traits, toolsAsText, withoutReasoning } = this.#options
    if (withoutReasoning || toolsAsText) return []
    return reasoningDetailsOf(message).flatMap((detail): readonly JsonObject[] => {
      if (detail.format !== traits.reasoningFormat) return []
      if (detail.type === 'reasoning.encrypted') {
        return base64.test(detail.data) ? [{ reasoningContent: { redactedContent: detail.data } }] : []
      }
      if (detail.type !== 'reasoning.text' || typeof detail.signature !== 'string' || detail.signature === '') return []
      return [{ reasoningContent: { reasoningText: { text: detail.text ?? '', signature: detail.signature } } }]
    })
  }

  #call({ id, function: { name, arguments: args } }: NeutralToolCall): JsonObject {
    this.#toolNames.set(id, name)
    if (this.#options.toolsAsText) return { text: `[called ${name} with ${args.trim() === '' ? '{}' : args}]` }
    return { toolUse: { toolUseId: this.#ids.call(id), name: toolNameFor(name), input: inputOf(args) } }
  }

  #output(message: ChatMessage, path: string): readonly JsonObject[] {
    const id = message.tool_call_id
    if (typeof id !== 'string') throw untranslatable(`${path}.tool_call_id is missing`)
    const { traits, toolsAsText } = this.#options
    const parts = contentBlocks(message.content, path, this.#context).filter((block) => !('cachePoint' in block))
    const isError = message.is_error === true
    if (toolsAsText) {
      const others = parts.filter((block) => !('text' in block))
      const verb = isError ? 'failed with' : 'returned'
      return [{ text: `[${this.#toolNames.get(id) ?? 'a tool'} ${verb}: ${contentText(message.content)}]` }, ...others]
    }
    // Empty content is refused where the status is an error.
    const content = parts.length === 0 && isError ? [nothing] : parts
    const toolResult = { toolUseId: this.#ids.output(id), content, ...(isError ? { status: 'error' } : {}) }
    const marks = Array.isArray(message.content) ? (message.content as readonly unknown[]) : []
    const marked = [message, ...marks].find((mark) => isJsonObject(mark) && isJsonObject(mark.cache_control))
    return [{ toolResult }, ...(isJsonObject(marked) ? cachePointOf(marked, traits) : [])]
  }
}

function userContent(content: readonly JsonObject[]): JsonObject[] {
  const outputs = content.filter((block) => 'toolResult' in block)
  // Cache points between outputs come behind them all: the API wants outputs first, and one after the other.
  const ordered =
    outputs.length === 0 ? [...content] : [...outputs, ...content.filter((block) => !('toolResult' in block))]
  const lacksText = ordered.some((block) => 'document' in block) && !ordered.some((block) => 'text' in block)
  return lacksText ? [...ordered, besideDocuments] : ordered
}

/** Models refuse a prefill that ends in white space. */
function trimEnd(content: JsonObject[]): void {
  const last = content.at(-1)
  if (typeof last?.text === 'string') content[content.length - 1] = { text: last.text.trimEnd() }
}

/**
 * Arguments that are no object (an LLM broke its JSON) are kept as a text under one name: the model shall see what was said in its
 * place, and a refusal would end a conversation that can go on.
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
