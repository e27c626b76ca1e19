import { type ToolCallIdRule, toolCallIdFor } from './tool-call-id.ts'

/** What Anthropic's Messages API takes for the id of a tool call, there and on Bedrock. */
export const messagesToolIdRule: ToolCallIdRule = { character: /[A-Za-z0-9_-]/, maxLength: 64 }

/**
 * The ids of one history's tool calls where another API reads it, in order: valid there, and each once. LLMs that
 * answered before may have counted their calls from the start in every turn.
 */
export class ToolCallIds {
  readonly #rule: ToolCallIdRule
  readonly #current = new Map<string, string>()
  readonly #used = new Set<string>()

  constructor(rule: ToolCallIdRule) {
    this.#rule = rule
  }

  /** Of a call. */
  call(id: string): string {
    const valid = toolCallIdFor(id, this.#rule)
    const made = this.#used.has(valid) ? this.#free(valid) : valid
    this.#used.add(made)
    this.#current.set(id, made)
    return made
  }

  /** Of the output of the latest call with that id. */
  output(id: string): string {
    return this.#current.get(id) ?? toolCallIdFor(id, this.#rule)
  }

  #free(taken: string): string {
    for (let count = 2; ; count += 1) {
      const made = toolCallIdFor(`${taken}_${count}`, this.#rule)
      if (!this.#used.has(made)) return made
    }
  }
}
