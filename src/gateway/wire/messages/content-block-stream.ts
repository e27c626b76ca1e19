import type { JsonObject } from '../../../providers/chat-provider.ts'
import type { ReasoningDetail } from '../../../providers/neutral/reasoning-details.ts'
import { ProviderError } from '../../../providers/provider-error.ts'
import { sealEnvelope } from '../reasoning-envelope.ts'
import { type AnswerPiece, answerPieces, type ToolPiece } from './answer-pieces.ts'
import { ForeignReasoning } from './foreign-reasoning.ts'

/** What may wait for the first call's end: many times what the longest answer has, and no more than a process can hold. */
const maxHeldChars = 32 * 1_024 * 1_024
/** Of each piece, beside its text. */
const pieceOverheadChars = 64

/** An event of the Messages API's stream. */
export type MessagesEvent = JsonObject & { readonly type: string }

export interface ContentBlockOptions {
  /** Whether the caller asked to see thinking. */
  readonly showThinking: boolean
  /** For calls whose upstream gave them no id. */
  readonly newToolUseId: (position: number) => string
}

/** A call as far as it is known. */
interface ToolCall {
  /** Among the calls of the answer, from 0. */
  readonly position: number
  id: string | undefined
  name: string | undefined
  /** Not sent yet. */
  json: string
  /** All of it, while no id tells the call from the next one. */
  unnamedJson: string
  thoughtSignature: string | undefined
}

type Shown = { readonly kind: 'text' } | { readonly kind: 'thinking'; part: number | undefined }
type OpenBlock = Shown | { readonly kind: 'tool'; readonly call: ToolCall }

/**
 * Neutral deltas as the events of content blocks. Blocks come one after the other in this API, while chat completions may
 * interleave parallel calls: the first call is passed on as it comes, and what comes beside it waits for its end.
 *
 * A whole message is one delta: both go the same way, so that they say the same.
 *
 * Who did not ask for thinking gets none: simple clients read the first block as the answer. What an LLM must have back
 * to go on after its tools have answered rides before the calls all the same, as redacted thinking of ours.
 */
export class ContentBlockStream {
  readonly #emit: (event: MessagesEvent) => void
  readonly #options: ContentBlockOptions
  #first: ToolCall | undefined
  #calls = 0
  /** The latest call of an index: some upstreams give all calls the same one. */
  readonly #byIndex = new Map<number, ToolCall>()
  readonly #byId = new Map<string, ToolCall>()
  #latest: ToolCall | undefined
  readonly #foreign = new ForeignReasoning()
  /** Behind the open call, in order of their first appearance. */
  readonly #waiting: (ToolCall | AnswerPiece)[] = []
  #open: OpenBlock | undefined
  #blocks = 0
  #heldChars = 0
  #refused = false

  constructor(emit: (event: MessagesEvent) => void, options: ContentBlockOptions) {
    this.#emit = emit
    this.#options = options
  }

  get calledTools(): boolean {
    return this.#calls > 0
  }

  /** The LLM said that it will not answer. */
  get refused(): boolean {
    return this.#refused
  }

  /** @throws {ProviderError} `upstream_too_large` */
  add(delta: JsonObject): void {
    for (const piece of answerPieces(delta)) {
      if (piece.kind === 'tool') this.#addToCall(piece)
      else if (piece.kind === 'foreign') {
        this.#keep(piece.detail)
      } else if (this.#calls > 0) {
        this.#hold(piece.kind === 'redacted' ? piece.data.length : piece.text.length)
        this.#waiting.push(piece)
      } else this.#say(piece)
    }
  }

  /** Nothing more comes. */
  end(): void {
    // Its name never came: the caller is to see that there was a call.
    if (this.#first !== undefined && this.#first.name === undefined) this.#openCall(this.#first)
    this.#close()
    for (const waiting of this.#waiting) {
      if ('kind' in waiting) this.#say(waiting)
      else {
        this.#openCall(waiting)
        this.#close()
      }
    }
    this.#close()
  }

  #say(piece: AnswerPiece): void {
    if (piece.kind === 'text') {
      this.#refused ||= piece.refusal === true
      if (this.#open?.kind !== 'text') this.#start({ kind: 'text' }, { type: 'text', text: '', citations: null })
      this.#delta({ type: 'text_delta', text: piece.text })
    } else if (piece.kind !== 'thinking' && piece.kind !== 'redacted') return
    else if (!this.#options.showThinking) {
      if (piece.detail !== undefined) this.#keep(piece.detail)
    } else if (piece.kind === 'redacted') {
      this.#whole({ type: 'redacted_thinking', data: piece.data })
    } else this.#think(piece)
  }

  /** For the LLM's next turn. */
  #keep(detail: ReasoningDetail): void {
    this.#hold(lengthOf(detail))
    this.#foreign.add(detail)
  }

  #think({ text, signature, part }: AnswerPiece & { kind: 'thinking' }): void {
    const open = this.#open
    const goesOn = open?.kind === 'thinking' && (part === undefined || open.part === undefined || open.part === part)
    if (!goesOn) {
      this.#start({ kind: 'thinking', part }, { type: 'thinking', thinking: '', signature: '' })
    } else open.part ??= part
    if (text !== '') this.#delta({ type: 'thinking_delta', thinking: text })
    if (signature !== undefined) this.#delta({ type: 'signature_delta', signature })
  }

  #addToCall(piece: ToolPiece): void {
    const known = this.#callOf(piece)
    const call = known ?? this.#newCall(piece)
    call.id ??= piece.id
    call.name ??= piece.name
    call.thoughtSignature ??= piece.thoughtSignature
    call.json += piece.json
    call.unnamedJson = call.id === undefined ? call.unnamedJson + piece.json : ''
    if (call.id !== undefined) this.#byId.set(call.id, call)
    this.#latest = call
    if (call !== this.#first) {
      this.#hold(piece.json.length)
      if (known === undefined) this.#waiting.push(call)
    } else if (this.#open?.kind === 'tool') this.#sendJson(call)
    else if (call.name !== undefined) this.#openCall(call)
  }

  /** Nothing that is sent slows an upstream down while its words wait here. */
  #hold(chars: number): void {
    this.#heldChars += chars + pieceOverheadChars
    if (this.#heldChars <= maxHeldChars) return
    throw new ProviderError('upstream_too_large', 'The answer holds more beside its first tool call than we keep')
  }

  /** Upstreams without an index tell a call by its id, and go on with the last one. */
  #callOf(piece: ToolPiece): ToolCall | undefined {
    const call = this.#calledBy(piece)
    return call !== undefined && piece.id === undefined && beginsAnother(call, piece) ? undefined : call
  }

  #calledBy({ index, id }: ToolPiece): ToolCall | undefined {
    const byId = id === undefined ? undefined : this.#byId.get(id)
    if (index === undefined) return id === undefined ? this.#latest : byId
    const latest = this.#byIndex.get(index)
    return id === undefined || latest?.id === undefined || latest.id === id ? latest : byId
  }

  #newCall({ index }: ToolPiece): ToolCall {
    const call: ToolCall = {
      position: this.#calls++,
      id: undefined,
      name: undefined,
      json: '',
      unnamedJson: '',
      thoughtSignature: undefined,
    }
    this.#first ??= call
    if (index !== undefined) this.#byIndex.set(index, call)
    return call
  }

  #openCall(call: ToolCall): void {
    this.#close()
    this.#showSealedReasoning()
    const id = call.id ?? this.#options.newToolUseId(call.position)
    if (call.thoughtSignature !== undefined) {
      const extra = { google: { thought_signature: call.thoughtSignature } }
      this.#whole({ type: 'redacted_thinking', data: sealEnvelope({ details: [], calls: new Map([[id, extra]]) }) })
    }
    this.#start({ kind: 'tool', call }, { type: 'tool_use', id, name: call.name ?? '', input: {} })
    this.#sendJson(call)
  }

  #sendJson(call: ToolCall): void {
    if (call.json === '') return
    this.#delta({ type: 'input_json_delta', partial_json: call.json })
    call.json = ''
  }

  /** Reasoning of another API, in a block of its own. */
  #showSealedReasoning(): void {
    const carrier = this.#foreign.take()
    if (carrier !== undefined) this.#whole({ type: 'redacted_thinking', data: carrier })
  }

  #whole(block: MessagesEvent): void {
    this.#close()
    const index = this.#blocks++
    this.#emit({ type: 'content_block_start', index, content_block: block })
    this.#emit({ type: 'content_block_stop', index })
  }

  #start(open: OpenBlock, block: MessagesEvent): void {
    this.#close()
    this.#open = open
    this.#emit({ type: 'content_block_start', index: this.#blocks++, content_block: block })
  }

  #delta(delta: MessagesEvent): void {
    this.#emit({ type: 'content_block_delta', index: this.#blocks - 1, delta })
  }

  #close(): void {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    if (open.kind === 'thinking') {
      const carrier = this.#foreign.take()
      if (carrier !== undefined) this.#delta({ type: 'signature_delta', signature: carrier })
    }
    this.#emit({ type: 'content_block_stop', index: this.#blocks - 1 })
  }
}

/** Calls without ids that share an index: another name behind arguments, or the same one behind whole ones. */
function beginsAnother({ id, name, unnamedJson }: ToolCall, piece: ToolPiece): boolean {
  if (id !== undefined || name === undefined || piece.name === undefined || unnamedJson === '') return false
  return piece.name !== name || isWhole(unnamedJson)
}

function isWhole(json: string): boolean {
  try {
    JSON.parse(json)
    return true
  } catch {
    return false
  }
}

function lengthOf(detail: ReasoningDetail): number {
  if (detail.type === 'reasoning.encrypted') return detail.data.length
  return detail.type === 'reasoning.summary' ? detail.summary.length : (detail.text?.length ?? 0)
}
