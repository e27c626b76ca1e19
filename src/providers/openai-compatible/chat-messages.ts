import { createHash } from 'node:crypto'
import { type ChatMessage, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { isSaid } from '../neutral/is-said.ts'
import { contentText } from '../neutral/neutral-message.ts'
import { reasoningDetailsOf } from '../neutral/reasoning-details.ts'
import { toolCallIdFor } from '../neutral/tool-call-id.ts'
import type { MessageDialect, NeutralAddition } from './openai-dialect.ts'

/** OpenAI's own limit: longer ids are a 400 there. */
const shortId = { character: /[A-Za-z0-9_-]/, maxLength: 40 }

const additions: readonly NeutralAddition[] = [
  'reasoning_details',
  'reasoning_content',
  'reasoning',
  'cache_control',
  'extra_content',
]

/** Messages as one upstream takes them; computed once per provider. */
export class MessageMender {
  readonly #dialect: MessageDialect
  /** Fields that must go from a message. */
  readonly #unwanted: readonly string[]
  readonly #dropsCacheControl: boolean
  readonly #dropsExtraContent: boolean

  constructor(dialect: MessageDialect) {
    this.#dialect = dialect
    const foreign = additions.filter((name) => !dialect.keeps.includes(name))
    this.#unwanted = [...foreign, 'is_error']
    this.#dropsCacheControl = !dialect.keeps.includes('cache_control')
    this.#dropsExtraContent = !dialect.keeps.includes('extra_content')
  }

  /** The same list where nothing has to be mended, which costs some look-ups per message. */
  messages(messages: readonly ChatMessage[]): readonly ChatMessage[] {
    let mended: ChatMessage[] | undefined
    const moved: JsonObject[] = []
    for (let index = 0; index < messages.length; index++) {
      const message = messages[index]!
      // What tools showed must not stand between the outputs of one turn.
      if (moved.length > 0 && message.role !== 'tool') mended?.push({ role: 'user', content: moved.splice(0) })
      if (saysNothing(message)) {
        mended ??= messages.slice(0, index)
        continue
      }
      const better = this.#isPlain(message) ? message : this.#message(message, moved)
      if (better !== message) mended ??= messages.slice(0, index)
      mended?.push(better)
    }
    if (moved.length > 0) mended?.push({ role: 'user', content: moved })
    return mended ?? messages
  }

  /** Tools without marks that the upstream does not know. */
  tools(tools: unknown): unknown {
    if (!this.#dropsCacheControl || !Array.isArray(tools)) return tools
    const isMarked = (tool: unknown) => isJsonObject(tool) && tool.cache_control !== undefined
    return tools.some(isMarked) ? tools.map((tool) => (isMarked(tool) ? without(tool, 'cache_control') : tool)) : tools
  }

  /** Nothing to mend: most messages. Where other fields are refused, no other field may be there either. */
  #isPlain(message: ChatMessage): boolean {
    return this.#dialect.fields === undefined ? isPlain(message) : isBare(message)
  }

  #message(message: ChatMessage, moved: JsonObject[]): ChatMessage {
    let mended: { [field: string]: unknown } | undefined
    const set = (field: string, value: unknown) => {
      mended ??= { ...message }
      if (value === undefined) delete mended[field]
      else mended[field] = value
    }
    const { role, content, tool_calls: calls } = message
    if (role === 'assistant' && message.reasoning_details !== undefined) {
      const thought = this.#thoughtOf(message)
      if (thought !== undefined) set('reasoning_content', thought)
    }
    for (const field of this.#unwanted) if (message[field] !== undefined) set(field, undefined)
    const sentRole = role === 'developer' && this.#dialect.developerRole !== true ? 'system' : role
    if (sentRole !== role) set('role', sentRole)
    const { fields } = this.#dialect
    if (fields !== undefined) {
      // A refusal is what was said: without it the turn would say nothing.
      if (!isSaid(content) && typeof message.refusal === 'string') set('content', message.refusal)
      const known = Object.hasOwn(fields, sentRole) ? fields[sentRole]! : noFields
      for (const field in message) if (isRefused(field, message[field], known)) set(field, undefined)
    }
    if (Array.isArray(content)) {
      const parts = role === 'tool' ? this.#outputParts(content, moved) : this.#parts(content)
      if (parts !== content) set('content', parts)
    }
    if (Array.isArray(calls)) {
      const better = this.#toolCalls(calls)
      if (better !== calls) set('tool_calls', better)
    }
    if (typeof message.tool_call_id === 'string') {
      const id = this.#toolCallId(message.tool_call_id)
      if (id !== message.tool_call_id) set('tool_call_id', id)
    }
    return (mended as ChatMessage | undefined) ?? message
  }

  /**
   * Thinking that came as plain text and was kept in another dialect's terms, for upstreams that want their own back with
   * a tool loop. Thinking that is signed or encrypted is some other API's.
   */
  #thoughtOf(message: ChatMessage): string | undefined {
    if (!this.#dialect.keeps.includes('reasoning_content') || message.reasoning_content !== undefined) return undefined
    const text = reasoningDetailsOf(message)
      .filter(({ format }) => format === undefined || format === 'unknown')
      .map((detail) => (detail.type === 'reasoning.text' ? (detail.text ?? '') : ''))
      .join('')
    return text === '' ? undefined : text
  }

  #toolCalls(calls: readonly unknown[]): readonly unknown[] {
    return mapped(calls, (call) => {
      if (!isJsonObject(call)) return call
      const kept = this.#dropsExtraContent && call.extra_content !== undefined ? without(call, 'extra_content') : call
      const id = typeof call.id === 'string' ? this.#toolCallId(call.id) : call.id
      return id === call.id ? kept : { ...kept, id }
    })
  }

  #toolCallId(id: string): string {
    switch (this.#dialect.toolCallIds) {
      case 'short':
        return id.length <= shortId.maxLength ? id : toolCallIdFor(id, shortId)
      case 'nine_alphanumerics':
        if (/^[A-Za-z0-9]{9}$/.test(id)) return id
        return createHash('sha256').update(id).digest('hex').slice(0, 9)
      default:
        return id
    }
  }

  #parts(parts: readonly unknown[]): readonly unknown[] {
    return mapped(parts, (part) => {
      if (!isJsonObject(part)) return part
      const kept = this.#dropsCacheControl && part.cache_control !== undefined ? without(part, 'cache_control') : part
      return kept.type === 'file' && isJsonObject(kept.file) ? this.#file(kept, kept.file) : kept
    })
  }

  /** An output is text alone, except where images may stand in it too. */
  #outputParts(parts: readonly unknown[], moved: JsonObject[]): unknown {
    const known = this.#parts(parts)
    if (this.#dialect.toolParts === true || known.every((part) => isJsonObject(part) && part.type === 'text'))
      return known
    for (const part of known) if (isJsonObject(part) && part.type !== 'text') moved.push(part)
    const text = contentText(known)
    return text === '' ? '(see the next message)' : text
  }

  #file(part: JsonObject, file: JsonObject): JsonObject {
    const { files } = this.#dialect
    const { file_url: url, file_data: data, filename } = file
    const source = url ?? data
    if (files !== 'document_url' && typeof data === 'string' && filename === undefined) {
      return { ...part, file: { ...file, filename: defaultFilename(data) } }
    }
    if (files === undefined || typeof source !== 'string') return part
    if (files === 'url_as_data') {
      if (url === undefined) return part
      return { ...part, file: { filename: filename ?? 'file.pdf', file_data: url } }
    }
    return {
      type: 'document_url',
      document_url: source,
      ...(typeof filename === 'string' ? { document_name: filename } : {}),
    }
  }
}

/** Data needs a name, by whose ending the API tells what it is; other APIs' documents have none. */
function defaultFilename(data: string): string {
  return data.startsWith('data:text/') ? 'file.txt' : 'file.pdf'
}

/** Text of a turn and nothing else: most messages. Written out, which costs less than fields looked up by variable names. */
function isPlain(message: ChatMessage): boolean {
  return (
    typeof message.content === 'string' &&
    message.role !== 'developer' &&
    message.name === undefined &&
    message.tool_calls === undefined &&
    message.tool_call_id === undefined &&
    message.reasoning_details === undefined &&
    message.reasoning_content === undefined &&
    message.reasoning === undefined &&
    message.cache_control === undefined &&
    message.extra_content === undefined &&
    message.is_error === undefined
  )
}

/** The same where every other field has to go. */
function isBare(message: ChatMessage): boolean {
  if (typeof message.content !== 'string' || message.role === 'developer') return false
  for (const field in message) if (field !== 'role' && field !== 'content') return false
  return true
}

const noFields: ReadonlySet<string> = new Set(['role', 'content'])

/** Of what may stay, all but the content is left out where it is null. */
function isRefused(field: string, value: unknown, known: ReadonlySet<string>): boolean {
  return !known.has(field) || (field !== 'content' && !isSaid(value))
}

/** A turn of reasoning alone, as other APIs have them: chat completions refuse an assistant without content or calls. */
function saysNothing(message: ChatMessage): boolean {
  return (
    message.role === 'assistant' &&
    (message.content === null || message.content === undefined) &&
    !isSaid(message.tool_calls) &&
    !isSaid(message.function_call) &&
    !isSaid(message.refusal) &&
    !isSaid(message.audio)
  )
}

/** The same list where no item changes. */
function mapped(list: readonly unknown[], change: (item: unknown) => unknown): readonly unknown[] {
  let changed: unknown[] | undefined
  for (const [index, item] of list.entries()) {
    const better = change(item)
    if (better !== item) changed ??= list.slice(0, index)
    changed?.push(better)
  }
  return changed ?? list
}

function without(object: JsonObject, field: string): JsonObject {
  const { [field]: _, ...rest } = object
  return rest
}
