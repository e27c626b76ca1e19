import type { TokenUsage } from '../../routing/registry/token-price.ts'
import { isJsonObject, type JsonObject } from '../chat-provider.ts'
import { mergedUsage, parseMessagesUsage } from './messages-usage.ts'

/**
 * The usage of one stream: the input stands in its first event, the output in its last ones, counted from the start. What the
 * first event says of the output is no count: the answer has not been written yet.
 */
export class UsageSoFar {
  #usage: JsonObject = {}
  #counted = false
  #tokens: TokenUsage | undefined

  /** @returns whether the event said something of it. */
  take(event: JsonObject): boolean {
    const message = isJsonObject(event.message) ? event.message : {}
    const said =
      event.type === 'message_start' ? message.usage : event.type === 'message_delta' ? event.usage : undefined
    if (!isJsonObject(said)) return false
    this.#usage = mergedUsage(this.#usage, said)
    this.#counted ||= event.type === 'message_delta' && typeof said.output_tokens === 'number'
    if (this.#counted) this.#tokens = parseMessagesUsage(this.#usage)
    return true
  }

  /** Undefined until the output was counted. */
  get tokens(): TokenUsage | undefined {
    return this.#tokens
  }
}
