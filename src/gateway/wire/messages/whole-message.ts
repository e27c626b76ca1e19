import { type ChatCompletion, isJsonObject, type JsonObject } from '../../../providers/chat-provider.ts'
import { type ContentBlockOptions, ContentBlockStream, type MessagesEvent } from './content-block-stream.ts'
import { toMessagesUsage } from './messages-usage.ts'
import { firstChoice, toMessagesStop } from './stop-reason.ts'

/** What names an answer of ours. */
export interface MessageHead {
  readonly id: string
  readonly model: string
}

/** A message before it says anything; `message_start` sends it. */
export function emptyMessage({ id, model }: MessageHead): JsonObject {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: toMessagesUsage(undefined),
  }
}

/** A whole neutral answer as a message. */
export function toMessage(completion: ChatCompletion, head: MessageHead, options: ContentBlockOptions): JsonObject {
  const choice = firstChoice(completion.body)
  const content: JsonObject[] = []
  const blocks = new ContentBlockStream((event) => collect(content, event), options)
  blocks.add(isJsonObject(choice?.message) ? asDelta(choice.message) : {})
  blocks.end()
  return {
    ...emptyMessage(head),
    content: content.map(withInput),
    ...toMessagesStop(choice, blocks),
    usage: toMessagesUsage(completion.usage),
  }
}

/** Whole calls have no index: their place tells them apart. */
function asDelta(message: JsonObject): JsonObject {
  const calls = message.tool_calls
  if (!Array.isArray(calls)) return message
  return {
    ...message,
    tool_calls: calls.map((call: unknown, index) => (isJsonObject(call) ? { ...call, index } : call)),
  }
}

/** As clients put a message together from its stream. */
function collect(content: JsonObject[], event: MessagesEvent): void {
  if (event.type === 'content_block_start' && isJsonObject(event.content_block))
    content.push({ ...event.content_block })
  if (event.type !== 'content_block_delta' || !isJsonObject(event.delta)) return
  const block = content.at(-1)!
  const { text, thinking, signature, partial_json: json } = event.delta
  if (typeof text === 'string') block.text = `${String(block.text)}${text}`
  if (typeof thinking === 'string') block.thinking = `${String(block.thinking)}${thinking}`
  if (typeof signature === 'string') block.signature = signature
  if (typeof json === 'string') block.input = `${typeof block.input === 'string' ? block.input : ''}${json}`
}

function withInput(block: JsonObject): JsonObject {
  return typeof block.input === 'string' ? { ...block, input: toInput(block.input) } : block
}

/**
 * A call's arguments as the object that this API wants. What is none (the LLM wrote broken JSON, or was cut short) comes under
 * the name that Anthropic's documentation of fine-grained tool streaming gives it, so that the caller can say so to the LLM.
 */
function toInput(json: string): JsonObject {
  try {
    const input: unknown = JSON.parse(json)
    if (isJsonObject(input)) return input
  } catch {
    // Told below.
  }
  return { INVALID_JSON: json }
}
