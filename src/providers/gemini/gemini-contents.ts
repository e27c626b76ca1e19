import { type ChatMessage, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { contentParts, contentText, type NeutralToolCall, toolCallsOf } from '../neutral/neutral-message.ts'
import { reasoningOfFormat } from '../neutral/reasoning-details.ts'
import type { ToolCallIdRule } from '../neutral/tool-call-id.ts'
import { ToolCallIds } from '../neutral/tool-call-ids.ts'
import type { GeminiTraits } from './gemini-model.ts'
import { inputParts } from './gemini-parts.ts'
import { untranslatable } from './untranslatable.ts'

/** One turn of a conversation as Google has it. */
export interface GeminiContent {
  readonly role: 'user' | 'model'
  readonly parts: JsonObject[]
}

/**
 * Documented for histories that another LLM wrote: takes the place of the signature that Gemini 3 asks for on the function
 * calls of the current turn (ai.google.dev, thought signatures, FAQ).
 */
const noSignature = 'skip_thought_signature_validator'

/** No rule is documented; what is no text at all cannot be sent. */
const toolIdRule: ToolCallIdRule = { character: /\P{Cs}/u, maxLength: 256 }

/**
 * The messages of a conversation as Google's turns: messages of one side in a row are one turn, system messages are taken
 * out, tools' outputs are the user's, in the order of their calls, under the name of the function. Outputs stand in a turn of
 * their own: some models refuse anything else beside them (google-gemini/gemini-cli#16135).
 *
 * Thoughts are sent back where Google signed them, all other reasoning is dropped; calls that nobody signed get the value
 * that says so, where the model asks for one.
 *
 * @throws {ProviderError} `upstream_rejected` for what cannot be said.
 */
export function toContents(
  messages: readonly ChatMessage[],
  traits: GeminiTraits,
): { readonly system: readonly JsonObject[]; readonly contents: readonly GeminiContent[] } {
  const turns = new Turns(traits)
  for (const [index, message] of messages.entries()) turns.add(message, `messages.${index}`)
  return turns.end()
}

class Turns {
  readonly #traits: GeminiTraits
  readonly #system: JsonObject[] = []
  readonly #contents: GeminiContent[] = []
  readonly #ids = new ToolCallIds(toolIdRule)
  /** By the id that Google reads: the function, and when it was called. */
  readonly #calls = new Map<string, { readonly name: string; readonly order: number }>()
  #endsWithOutputs = false
  /** Of the tool messages in a row that are being read. */
  #outputs: { readonly order: number; readonly parts: readonly JsonObject[] }[] = []

  constructor(traits: GeminiTraits) {
    this.#traits = traits
  }

  add(message: ChatMessage, path: string): void {
    if (message.role === 'tool' || message.role === 'function') {
      this.#addOutput(message, path)
      return
    }
    this.#flushOutputs()
    switch (message.role) {
      case 'system':
      case 'developer':
        for (const part of inputParts(message.content, `${path}.content`)) this.#system.push(part)
        return
      case 'user':
        this.#push('user', inputParts(message.content, `${path}.content`))
        return
      case 'assistant':
        this.#push('model', this.#modelParts(message, path))
        return
      default:
        throw untranslatable(`${path}.role`, `messages of role '${message.role}' cannot be sent to Gemini`)
    }
  }

  end(): { readonly system: readonly JsonObject[]; readonly contents: readonly GeminiContent[] } {
    this.#flushOutputs()
    if (this.#traits.signsCalls) signCurrentTurn(this.#contents)
    // Without any content a request is refused; OpenAI answers a lone system message.
    if (this.#contents.length === 0) {
      if (this.#system.length === 0)
        throw untranslatable('messages', 'must have some content: Gemini takes no empty prompt')
      return { system: [], contents: [{ role: 'user', parts: this.#system }] }
    }
    return { system: this.#system, contents: this.#contents }
  }

  #push(role: GeminiContent['role'], parts: readonly JsonObject[]): void {
    if (parts.length === 0) return
    const last = this.#contents.at(-1)
    const areOutputs = parts.some(isResponse)
    // One by one: a caller's parts may be more than a call takes arguments.
    if (last?.role === role && this.#endsWithOutputs === areOutputs) for (const part of parts) last.parts.push(part)
    else this.#contents.push({ role, parts: [...parts] })
    this.#endsWithOutputs = areOutputs
  }

  #modelParts(message: ChatMessage, path: string): JsonObject[] {
    const calls = [...toolCallsOf(message), ...oldCallOf(message)]
    const callIds = new Set(calls.map((call) => call.id))
    const thoughts: JsonObject[] = []
    let signature: string | undefined
    const signatureOfCall = new Map<string, string>()
    for (const detail of reasoningOfFormat(message, 'google-gemini-v1')) {
      if (detail.type === 'reasoning.encrypted') {
        if (typeof detail.id === 'string' && callIds.has(detail.id)) signatureOfCall.set(detail.id, detail.data)
        else signature = detail.data
      } else if (detail.type === 'reasoning.text' && typeof detail.signature === 'string' && detail.signature !== '') {
        thoughts.push({ text: detail.text ?? '', thought: true, thoughtSignature: detail.signature })
      }
    }
    const said = inputParts(message.content, `${path}.content`)
    return [
      ...thoughts,
      ...signedText(said.length > 0 ? said : refusalParts(message), signature),
      // Pictures of earlier answers, for models that go on with them.
      ...contentParts(message.images).map((image, index) => imagePart(image, `${path}.images.${index}`)),
      ...calls.map((call) => this.#callPart(call, signatureOfCall.get(call.id))),
    ]
  }

  #callPart(call: NeutralToolCall, detailSignature: string | undefined): JsonObject {
    const { function: called } = call
    const id = this.#ids.call(call.id)
    this.#calls.set(id, { name: called.name, order: this.#calls.size })
    const thoughtSignature = signatureOf(call) ?? detailSignature
    const functionCall = { id, name: called.name, args: argumentsObject(called.arguments) }
    return thoughtSignature === undefined ? { functionCall } : { functionCall, thoughtSignature }
  }

  #addOutput(message: ChatMessage, path: string): void {
    const isOld = message.role === 'function'
    const named = isOld ? oldCallId(message.name) : message.tool_call_id
    const id = typeof named === 'string' ? this.#ids.output(named) : ''
    const call = this.#calls.get(id)
    if (call === undefined) {
      throw untranslatable(`${path}.${isOld ? 'name' : 'tool_call_id'}`, 'names no tool call of the messages before it')
    }
    const text = contentText(message.content)
    const media = inputParts(
      contentParts(message.content).filter((part) => part.type !== 'text'),
      `${path}.content`,
    )
    const response = message.is_error === true ? { error: text } : { output: text }
    const inside = this.#traits.seesToolImages && media.length > 0
    const functionResponse = { id, name: call.name, response, ...(inside ? { parts: media } : {}) }
    this.#outputs.push({ order: call.order, parts: [{ functionResponse }, ...(inside ? [] : media)] })
  }

  #flushOutputs(): void {
    const outputs = this.#outputs.sort((a, b) => a.order - b.order)
    this.#outputs = []
    const parts = outputs.flatMap((output) => output.parts)
    this.#push('user', parts.filter(isResponse))
    // What tools showed to older models.
    this.#push(
      'user',
      parts.filter((part) => !isResponse(part)),
    )
  }
}

function isResponse(part: JsonObject): boolean {
  return part.functionResponse !== undefined
}

/** `function_call`, from before there were tools: one, named by its function. */
function oldCallOf({ function_call: called }: ChatMessage): readonly NeutralToolCall[] {
  if (!isJsonObject(called) || typeof called.name !== 'string') return []
  const text = typeof called.arguments === 'string' ? called.arguments : ''
  return [{ id: oldCallId(called.name), type: 'function', function: { name: called.name, arguments: text } }]
}

function oldCallId(name: unknown): string {
  return typeof name === 'string' ? `function_${name}` : ''
}

/** A refusal is what the assistant said. */
function refusalParts({ refusal }: ChatMessage): readonly JsonObject[] {
  return typeof refusal === 'string' && refusal !== '' ? [{ text: refusal }] : []
}

/** The signature of an answer's text came on its last part; an answer may also have nothing but a signature. */
function signedText(parts: readonly JsonObject[], signature: string | undefined): readonly JsonObject[] {
  if (signature === undefined) return parts
  const last = parts.at(-1)
  if (last?.text === undefined) return [...parts, { text: '', thoughtSignature: signature }]
  return [...parts.slice(0, -1), { ...last, thoughtSignature: signature }]
}

function imagePart(image: JsonObject, path: string): JsonObject {
  const [part = {}] = inputParts([image], path)
  const thoughtSignature = signatureOf(image)
  return thoughtSignature === undefined ? part : { ...part, thoughtSignature }
}

/** As Google's OpenAI-compatible endpoint names it. */
function signatureOf({ extra_content: extra }: { readonly extra_content?: unknown }): string | undefined {
  const google = isJsonObject(extra) ? extra.google : undefined
  const signature = isJsonObject(google) ? google.thought_signature : undefined
  return typeof signature === 'string' && signature !== '' ? signature : undefined
}

/** Google takes objects only. What an LLM wrote instead is shown to the next one as it was. */
function argumentsObject(text: string): JsonObject {
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    if (isJsonObject(value)) return value
  } catch {
    // Broken JSON: below.
  }
  return { unparsed_arguments: text }
}

/**
 * The current turn is all since the user last said something that is not a function's response; the first call of each of
 * its steps needs a signature, calls beside it have none.
 */
function signCurrentTurn(contents: readonly GeminiContent[]): void {
  const start = contents.findLastIndex((content) => content.role === 'user' && !content.parts.some(isResponse))
  for (const { role, parts } of contents.slice(start + 1)) {
    if (role !== 'model') continue
    const first = parts.find((part) => part.functionCall !== undefined)
    if (first !== undefined && first.thoughtSignature === undefined) first.thoughtSignature = noSignature
  }
}
