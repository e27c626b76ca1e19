import { type ChatMessage, type ChatRequest, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { contentParts, contentText } from '../neutral/neutral-message.ts'
import { type ReasoningDetail, reasoningOfFormat } from '../neutral/reasoning-details.ts'
import { type ToolCallIdRule, toolCallIdFor } from '../neutral/tool-call-id.ts'

const callIdRule: ToolCallIdRule = { character: /[A-Za-z0-9_-]/, maxLength: 64 }

/** A conversation as the items of the Responses API. */
export function responsesInput(messages: ChatRequest['messages']): readonly JsonObject[] {
  const calls = new CallKinds()
  return messages.flatMap((message) => itemsOf(message, calls))
}

/** Which calls were of custom tools, so that their outputs are written as such; and the ids of calls that had none. */
class CallKinds {
  readonly #custom = new Set<string>()
  #functionCalls = 0

  custom(id: string): void {
    this.#custom.add(id)
  }

  outputType(id: string): string {
    return this.#custom.has(id) ? 'custom_tool_call_output' : 'function_call_output'
  }

  /** The old `function_call` has no id; its answer is the next `function` message. */
  nextFunctionCallId(): string {
    this.#functionCalls += 1
    return this.functionCallId()
  }

  functionCallId(): string {
    return `call_function_${this.#functionCalls}`
  }
}

function itemsOf(message: ChatMessage, calls: CallKinds): readonly JsonObject[] {
  switch (message.role) {
    case 'assistant':
      return assistantItems(message, calls)
    case 'tool': {
      const id = callIdOf(message.tool_call_id)
      return [{ type: calls.outputType(id), call_id: id, output: outputOf(message.content) }]
    }
    case 'function':
      return [{ type: 'function_call_output', call_id: calls.functionCallId(), output: contentText(message.content) }]
    default:
      return [{ type: 'message', role: message.role, content: inputContent(message.content) }]
  }
}

/**
 * Reasoning, then what was said, then the calls. Reasoning goes back only where something follows it: alone it would be
 * refused. `is_error` of outputs has no field here; their text says it.
 */
function assistantItems(message: ChatMessage, calls: CallKinds): readonly JsonObject[] {
  const said = saidParts(message)
  const items = said.length === 0 ? [] : [{ type: 'message', role: 'assistant', content: said }]
  const toolCalls = Array.isArray(message.tool_calls) ? message.tool_calls.filter(isJsonObject) : []
  const called = toolCalls.flatMap((call) => callItem(call, calls))
  const old = message.function_call
  if (isJsonObject(old)) {
    const { name, arguments: input } = old
    called.push({ type: 'function_call', call_id: calls.nextFunctionCallId(), name, arguments: input })
  }
  const rest = [...items, ...called]
  return rest.length === 0 ? [] : [...reasoningItems(message), ...rest]
}

function saidParts(message: ChatMessage): readonly JsonObject[] {
  const parts = contentParts(message.content).flatMap((part): JsonObject[] => {
    if (part.type === 'text') return part.text === '' ? [] : [{ type: 'output_text', text: part.text }]
    return part.type === 'refusal' ? [{ type: 'refusal', refusal: part.refusal }] : []
  })
  const { refusal } = message
  return typeof refusal === 'string' && refusal !== '' ? [...parts, { type: 'refusal', refusal }] : parts
}

function callItem(call: JsonObject, calls: CallKinds): readonly JsonObject[] {
  const id = callIdOf(call.id)
  if (isJsonObject(call.custom)) {
    calls.custom(id)
    return [{ type: 'custom_tool_call', call_id: id, name: call.custom.name, input: call.custom.input }]
  }
  if (!isJsonObject(call.function)) return []
  const { name, arguments: input } = call.function
  return [{ type: 'function_call', call_id: id, name, arguments: input }]
}

function callIdOf(id: unknown): string {
  return toolCallIdFor(typeof id === 'string' ? id : '', callIdRule)
}

/**
 * The API's own reasoning, as it gave it. An item without its cipher is left out: nothing is stored there, so that the summary
 * alone would name an item that cannot be found.
 */
function reasoningItems(message: ChatMessage): readonly JsonObject[] {
  const items = new Map<string, { summary: JsonObject[]; encrypted: string | undefined }>()
  for (const detail of reasoningOfFormat(message, 'openai-responses-v1')) {
    const key = itemKey(detail)
    const item = items.get(key) ?? { summary: [], encrypted: undefined }
    items.set(key, item)
    if (detail.type === 'reasoning.encrypted') item.encrypted = detail.data
    else if (detail.type === 'reasoning.summary') item.summary.push({ type: 'summary_text', text: detail.summary })
  }
  return [...items].flatMap(([id, { summary, encrypted }]) =>
    encrypted === undefined ? [] : [{ type: 'reasoning', id, summary, encrypted_content: encrypted }],
  )
}

/** Details of one item share its id; where a client lost it, their index, under a name such as the API gives. */
function itemKey({ id, index }: ReasoningDetail): string {
  return typeof id === 'string' && id !== '' ? id : `rs_${index ?? 0}`
}

function outputOf(content: unknown): unknown {
  const parts = contentParts(content)
  return parts.every((part) => part.type === 'text') ? contentText(content) : parts.flatMap(inputPart)
}

function inputContent(content: unknown): unknown {
  return typeof content === 'string' ? content : contentParts(content).flatMap(inputPart)
}

function inputPart(part: JsonObject): readonly JsonObject[] {
  if (part.type === 'text') return [{ type: 'input_text', text: part.text }]
  if (part.type === 'image_url' && isJsonObject(part.image_url)) {
    const { url, detail } = part.image_url
    return [{ type: 'input_image', image_url: url, detail: detail ?? 'auto' }]
  }
  if (part.type === 'file' && isJsonObject(part.file)) return [inputFile(part.file)]
  // A part we do not know goes as it is: the upstream says best what is wrong with it.
  return [part]
}

function inputFile({ file_data: data, file_url: url, file_id: id, filename }: JsonObject): JsonObject {
  if (id !== undefined) return { type: 'input_file', file_id: id }
  if (url !== undefined) return { type: 'input_file', file_url: url }
  return { type: 'input_file', file_data: data, filename: filename ?? defaultFilename(data) }
}

/** Data needs a name, by whose ending the API tells what it is. */
function defaultFilename(data: unknown): string {
  return typeof data === 'string' && data.startsWith('data:text/') ? 'file.txt' : 'file.pdf'
}
