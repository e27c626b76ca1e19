import { defaultPreference, type RoutingPreference } from './decision/routing-preference.ts'
import type { LlmId } from './registry/llm.ts'

/** What a request needs from an LLM; each is a hard constraint. */
export interface RequestNeeds {
  readonly tools: boolean
  readonly vision: boolean
  readonly audio: boolean
  readonly files: boolean
  readonly jsonSchema: boolean
  /** Names of what it says beyond messages, where some API refuses it; see {@link ParameterSupport}. Default: nothing. */
  readonly parameters?: readonly string[] | undefined
  /** The API it was written for, where that is not chat completions. */
  readonly dialect?: string | undefined
  /** How hard the caller wants it thought about; undefined: not said. */
  readonly reasoningEffort?: string | undefined
  /** About how hard that is where the caller said it in other words: what room it takes, and nothing else. */
  readonly roughEffort?: string | undefined
}

/**
 * Sizes of the parts of a request. System text, tool output and retrieved text count only here, as sizes: their
 * content never reaches the features, so that planted text cannot steer the router (mathematics §1).
 */
export interface RequestShape {
  readonly systemChars: number
  readonly assistantChars: number
  readonly toolOutputChars: number
  readonly userTurns: number
  readonly toolCount: number
  readonly imageCount: number
}

/** One request as the router sees it, whatever API it came in by. */
export interface RoutingRequest {
  /** The user's own turns, oldest first, joined by a blank line. */
  readonly userText: string
  readonly shape: RequestShape
  readonly needs: RequestNeeds
  /** Estimated size of the whole prompt. */
  readonly inputTokens: number
  /** The caller's cap on the length of each answer. */
  readonly maxOutputTokens: number | undefined
  /**
   * That cap says nothing of what the caller needs, because its API asks for one: an LLM that cannot write as much serves with
   * its own. Default: such an LLM is left out.
   */
  readonly outputCapMayFall?: boolean | undefined
  /** Answers asked for at once (`n`), ≥ 1; each is billed. */
  readonly choices: number
  readonly preference: RoutingPreference
  /** Set when the caller named an LLM: it serves, with propensity 1. */
  readonly pinnedLlm: LlmId | undefined
  /** The caller wrote it for another LLM, whose name an alias leads to the one that is set. */
  readonly pinnedByAlias?: boolean | undefined
  readonly conversationId: string | undefined
}

export const noNeeds: RequestNeeds = { tools: false, vision: false, audio: false, files: false, jsonSchema: false }

export const plainShape: RequestShape = {
  systemChars: 0,
  assistantChars: 0,
  toolOutputChars: 0,
  userTurns: 1,
  toolCount: 0,
  imageCount: 0,
}

const bytesPerToken = 4

/** Role and separators of one message. */
const tokensPerMessage = 4

/**
 * Size of a prompt by the bytes of its UTF-8, which is near enough for English and code and, unlike characters, does not undercount
 * other scripts. The one estimate that requests are admitted and priced by, and that costs are fitted on (mathematics §3).
 */
export function estimatedTokens(utf8Bytes: number, messages: number): number {
  return utf8Bytes / bytesPerToken + messages * tokensPerMessage
}

/** A request of one plain user turn, with the default preference; `changes` say what is different. */
export function plainRequest(userText: string, changes: Partial<RoutingRequest> = {}): RoutingRequest {
  return {
    userText,
    shape: plainShape,
    needs: noNeeds,
    inputTokens: Math.ceil(estimatedTokens(utf8Bytes(userText), 1)),
    maxOutputTokens: undefined,
    choices: 1,
    preference: defaultPreference,
    pinnedLlm: undefined,
    conversationId: undefined,
    ...changes,
  }
}

/** Of a text as UTF-8 would have it; each lone surrogate counts as the three bytes it is replaced by. */
function utf8Bytes(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    // Two units of a surrogate pair are four bytes together.
    const isPair = unit >= 0xd800 && unit <= 0xdbff && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00
    if (isPair) i++
    bytes += unit < 0x800 ? 1 : 2
  }
  return bytes
}
