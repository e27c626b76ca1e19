import { isJsonObject, type JsonObject } from '../../../providers/chat-provider.ts'

/** This API's own words: an upstream that speaks it through a translating provider has said one of them. */
const ownReasons: ReadonlySet<unknown> = new Set([
  'end_turn',
  'max_tokens',
  'stop_sequence',
  'tool_use',
  'pause_turn',
  'refusal',
  'model_context_window_exceeded',
])

/** Why an answer ended, as the Messages API says it. */
export interface MessagesStop {
  readonly stop_reason: string
  readonly stop_sequence: string | null
  /** Anthropic's category of a refusal: others tell none. */
  readonly stop_details: null
}

const untold = { stop_sequence: null, stop_details: null } as const

/**
 * @param choice the neutral choice, or the last chunk's, that holds the finish reason; some upstreams give none to answers
 *   that ended whole.
 * @param said whether the answer called tools, or refused in words.
 */
export function toMessagesStop(
  choice: JsonObject | undefined,
  said: { readonly calledTools: boolean; readonly refused: boolean },
): MessagesStop {
  const { finish_reason: reason, native_finish_reason: native, stop_sequence: sequence }: JsonObject = choice ?? {}
  if (typeof sequence === 'string') return { ...untold, stop_reason: 'stop_sequence', stop_sequence: sequence }
  // Without a sequence to name, `stop_sequence` would leave its reader looking for one.
  if (typeof native === 'string' && ownReasons.has(native) && native !== 'stop_sequence') {
    return { ...untold, stop_reason: native }
  }
  return { ...untold, stop_reason: stopReason(reason, said) }
}

function stopReason(reason: unknown, { calledTools, refused }: { calledTools: boolean; refused: boolean }): string {
  if (reason === 'length') return 'max_tokens'
  if (reason === 'content_filter' || refused) return 'refusal'
  // Several upstreams say `stop` behind tool calls.
  return calledTools ? 'tool_use' : 'end_turn'
}

/** The only choice this API has room for. */
export function firstChoice(body: JsonObject): JsonObject | undefined {
  const { choices } = body
  if (!Array.isArray(choices)) return undefined
  return choices.find((choice: unknown) => isJsonObject(choice) && (choice.index === undefined || choice.index === 0))
}
