import { isNative, isTakenUnthinking, type ParameterSupport } from '../../routing/registry/parameter-support.ts'
import { messagesLosses } from '../anthropic/messages-losses.ts'
import { converseLosses } from '../bedrock/converse-losses.ts'
import { type ChatCall, type ForeignDialect, isJsonObject } from '../chat-provider.ts'
import { effortOfThinking } from '../neutral/effort-of-thinking.ts'
import type { RequestParameters } from './request-parameters.ts'

/** A header holds no more of them; whoever sends more has made them up. */
const maxUnknown = 16

/** The same for one call that was answered, with what was left out for its model's sake. */
export function droppedOfCall(
  support: ParameterSupport | undefined,
  said: RequestParameters,
  call: ChatCall,
): readonly string[] {
  const { reasoning_effort: asked, thinking } = call.request
  const isOff = isJsonObject(thinking) && thinking.type === 'disabled' && call.reasoningEffort === undefined
  const off = isOff ? effortOfThinking(thinking, call.upstreamModel) : undefined
  const effort = call.reasoningEffort ?? off ?? (typeof asked === 'string' ? asked : undefined)
  const unshown = droppedParameters(support, said, call.native?.dialect, effort)
  const shown =
    unshown.includes(summary) && showsSummary(support, call) ? unshown.filter((name) => name !== summary) : unshown
  const dropped = isOff && thinksRegardless(support, effort) ? [...shown, 'thinking'] : shown
  const lost = lossesOf(support?.fitted, call).filter((name) => !dropped.includes(name))
  return lost.length === 0 ? dropped : [...dropped, ...lost]
}

/**
 * What of a request an LLM's answer comes without, by name; empty where its API takes all.
 *
 * @param effort with which the LLM thinks; undefined: as it does unasked.
 */
export function droppedParameters(
  support: ParameterSupport | undefined,
  { names, unknown }: RequestParameters,
  dialect: ForeignDialect | undefined,
  effort?: string,
): readonly string[] {
  if (support === undefined || (names.length === 0 && unknown.length === 0)) return none
  if (isNative(support, { dialect })) {
    const { droppedOfOwn } = support
    return droppedOfOwn === undefined
      ? none
      : names.filter((name) => droppedOfOwn.has(name) && !isTakenUnthinking(support, name, effort))
  }
  const isForeign = dialect !== undefined
  const dropped: string[] = names.filter(
    (name) =>
      (support.dropped.has(name) && !isTakenUnthinking(support, name, effort)) ||
      (isForeign && support.strippedOfOthers?.has(name) === true),
  )
  // Names are the caller's own: those that no header may hold are left out.
  if (support.dropsUnknown || isForeign)
    dropped.push(...unknown.filter((name) => /^[\w.:-]{1,64}$/.test(name)).slice(0, maxUnknown))
  return dropped
}

/** Whether an LLM that knows efforts, none of which is as much as no thinking, has to be asked for less than it was told. */
function thinksRegardless(support: ParameterSupport | undefined, effort: string | undefined): boolean {
  return support?.takenUnthinking !== undefined && support.takenUnthinking.size > 0 && effort !== 'none'
}

function lossesOf(fitted: ParameterSupport['fitted'], call: ChatCall): readonly string[] {
  if (fitted === undefined) return none
  return fitted === 'messages' ? messagesLosses(call) : converseLosses(call)
}

/** Of a Responses request, as it names it. */
const summary = 'reasoning.summary'

/** Whether thinking can be read in the answer of another API: it was asked for, and any length will do. */
function showsSummary(support: ParameterSupport | undefined, { request, native }: ChatCall): boolean {
  if (support?.showsThinking !== true || native?.dialect !== 'responses') return false
  const { reasoning } = native.body
  const { reasoning_effort: asked } = request
  return isJsonObject(reasoning) && reasoning.summary === 'auto' && typeof asked === 'string' && asked !== 'none'
}

const none: readonly string[] = []
