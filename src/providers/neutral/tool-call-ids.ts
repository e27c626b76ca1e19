import { type ToolCallIdRule, toolCallIdFor } from './tool-call-id.ts'

/** What Anthropic's Messages API takes for the id of a tool call, there and on Bedrock. */
export const messagesToolIdRule: ToolCallIdRule = { character: /[A-Za-z0-9_-]/, maxLength: 64 }

/** Calls made with one id since outputs last came. */
interface SameId {
  readonly made: string[]
  answered: number
}

/**
 * The ids of one history's tool calls where another API reads it, in order: valid there, and each once. LLMs that
 * answered before may have counted their calls from the start in every turn, or given all calls of a turn one id: then
 * outputs are in the order of the calls. Linear, however often an id comes.
 */
export class ToolCallIds {
  readonly #rule: ToolCallIdRule
  readonly #latest = new Map<string, string>()
  readonly #used = new Set<string>()
  /** The last number behind an id that was taken. */
  readonly #counts = new Map<string, number>()
  readonly #open = new Map<string, SameId>()
  #outputsCame = false

  constructor(rule: ToolCallIdRule) {
    this.#rule = rule
  }

  /** Of a call. */
  call(id: string): string {
    const valid = toolCallIdFor(id, this.#rule)
    const made = this.#used.has(valid) ? this.#free(valid) : valid
    this.#used.add(made)
    this.#latest.set(id, made)
    if (this.#outputsCame) this.#open.clear()
    this.#outputsCame = false
    const same = this.#open.get(id)
    if (same === undefined) this.#open.set(id, { made: [made], answered: 0 })
    else same.made.push(made)
    return made
  }

  /** Of the next output of calls with that id in the latest turn, else of the latest call with it. */
  output(id: string): string {
    this.#outputsCame = true
    const same = this.#open.get(id)
    const made = same === undefined ? undefined : same.made[same.answered]
    if (same !== undefined) same.answered += 1
    return made ?? this.#latest.get(id) ?? toolCallIdFor(id, this.#rule)
  }

  #free(taken: string): string {
    for (let count = (this.#counts.get(taken) ?? 1) + 1; ; count += 1) {
      const made = toolCallIdFor(`${taken}_${count}`, this.#rule)
      if (this.#used.has(made)) continue
      this.#counts.set(taken, count)
      return made
    }
  }
}
