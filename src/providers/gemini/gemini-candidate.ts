import { isJsonObject, type JsonObject } from '../chat-provider.ts'
import type { NeutralToolCall } from '../neutral/neutral-message.ts'
import type { ReasoningDetail } from '../neutral/reasoning-details.ts'

/** One part of a candidate in neutral words. */
export type AnswerPiece =
  | { readonly kind: 'text'; readonly text: string }
  /** `detail` holds the thought with its signature, or a signature alone. */
  | { readonly kind: 'reasoning'; readonly text: string; readonly detail: ReasoningDetail }
  | { readonly kind: 'call'; readonly call: NeutralToolCall; readonly index: number }
  | { readonly kind: 'image'; readonly image: JsonObject; readonly index: number }

const format = 'google-gemini-v1'

/**
 * Reads the parts of one candidate, whole or over the chunks of a stream; both give the same pieces.
 *
 * - Calls without an id of their own get one made of the answer's id and their place.
 * - A signature on a call or a picture stays with it, as Google's OpenAI-compatible endpoint has it; one on text becomes a
 *   reasoning detail of its own.
 * - Code that Google ran and its output become text: fenced blocks.
 * - Pictures become `images`, as OpenRouter has them. Other media is left out; nobody can ask for it.
 */
export class CandidateReader {
  readonly #answerId: string
  readonly #candidate: number
  readonly #onlyFirstCall: boolean
  readonly #ids = new Set<string>()
  #calls = 0
  #images = 0
  #reasoningIndex = 0
  /** A thought of that index has begun and may go on. */
  #thinking = false
  #text = ''

  /** @param onlyFirstCall the caller takes one call at a time: others are left out. */
  constructor(answerId: string, candidate: number, onlyFirstCall: boolean) {
    this.#answerId = answerId
    this.#candidate = candidate
    this.#onlyFirstCall = onlyFirstCall
  }

  get hasCalls(): boolean {
    return this.#calls > 0
  }

  /** All text so far. */
  get text(): string {
    return this.#text
  }

  *read(candidate: JsonObject): Generator<AnswerPiece, void, undefined> {
    const content = isJsonObject(candidate.content) ? candidate.content : {}
    const parts: readonly unknown[] = Array.isArray(content.parts) ? content.parts : []
    for (const part of parts) if (isJsonObject(part)) yield* this.#readPart(part)
  }

  *#readPart(part: JsonObject): Generator<AnswerPiece, void, undefined> {
    const signature = typeof part.thoughtSignature === 'string' ? part.thoughtSignature : ''
    if (isJsonObject(part.functionCall)) {
      const call = this.#call(part.functionCall, signature)
      if (call !== undefined) yield call
      return
    }
    const text = typeof part.text === 'string' ? part.text : ''
    if (part.thought === true) {
      if (text !== '' || signature !== '') yield this.#thought(text, signature)
      return
    }
    const shown = text === '' ? codeText(part) : text
    if (shown !== '') {
      this.#text += shown
      yield { kind: 'text', text: shown }
    }
    const image = this.#image(part.inlineData, signature)
    if (image !== undefined) yield image
    else if (signature !== '') {
      if (this.#thinking) this.#endThought()
      const index = this.#reasoningIndex
      this.#reasoningIndex += 1
      yield { kind: 'reasoning', text: '', detail: { type: 'reasoning.encrypted', data: signature, format, index } }
    }
  }

  #thought(text: string, signature: string): AnswerPiece {
    const index = this.#reasoningIndex
    this.#thinking = true
    // What follows a signed thought is another one.
    if (signature !== '') this.#endThought()
    const detail: ReasoningDetail = {
      type: 'reasoning.text',
      text,
      ...(signature === '' ? {} : { signature }),
      format,
      index,
    }
    return { kind: 'reasoning', text, detail }
  }

  #endThought(): void {
    this.#thinking = false
    this.#reasoningIndex += 1
  }

  #call(called: JsonObject, signature: string): AnswerPiece | undefined {
    if (typeof called.name !== 'string' || (this.#onlyFirstCall && this.#calls > 0)) return undefined
    const index = this.#calls
    this.#calls += 1
    const said = typeof called.id === 'string' ? called.id : ''
    const made = `call_${this.#answerId.replace(/[^\w-]/g, '')}_${this.#candidate}_${index}`
    const id = said === '' || this.#ids.has(said) ? made : said
    this.#ids.add(id)
    const call: NeutralToolCall = {
      id,
      type: 'function',
      function: { name: called.name, arguments: JSON.stringify(isJsonObject(called.args) ? called.args : {}) },
      ...signed(signature),
    }
    return { kind: 'call', call, index }
  }

  #image(inline: unknown, signature: string): AnswerPiece | undefined {
    if (!isJsonObject(inline) || typeof inline.data !== 'string') return undefined
    const mediaType = typeof inline.mimeType === 'string' ? inline.mimeType : ''
    if (!mediaType.startsWith('image/')) return undefined
    const index = this.#images
    this.#images += 1
    const image = {
      type: 'image_url',
      image_url: { url: `data:${mediaType};base64,${inline.data}` },
      ...signed(signature),
    }
    return { kind: 'image', image, index }
  }
}

function signed(signature: string): { readonly extra_content?: JsonObject } {
  return signature === '' ? {} : { extra_content: { google: { thought_signature: signature } } }
}

function codeText(part: JsonObject): string {
  if (isJsonObject(part.executableCode) && typeof part.executableCode.code === 'string') {
    const language = typeof part.executableCode.language === 'string' ? part.executableCode.language.toLowerCase() : ''
    return `\n\`\`\`${language}\n${part.executableCode.code}\n\`\`\`\n`
  }
  if (isJsonObject(part.codeExecutionResult) && typeof part.codeExecutionResult.output === 'string') {
    return `\n\`\`\`output\n${part.codeExecutionResult.output}\n\`\`\`\n`
  }
  return ''
}
