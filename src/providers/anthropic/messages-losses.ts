import { type ChatCall, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { isSaid } from '../neutral/is-said.ts'
import { claudeTraits, isKnownEffort } from './claude-traits.ts'
import { messagesRequest, nativeMessages } from './messages-request.ts'

/**
 * What an answer comes without because the model would have refused it, by its name in the Messages API: parameters of sampling,
 * thinking that cannot be had or turned off, an effort, a forced choice of tools. What was said in other words is not lost. Of
 * requests that were translated only thinking and the choice of tools are told here; the parameter table knows the rest.
 *
 * @throws {ProviderError} for a request that {@link messagesRequest} cannot write.
 */
export function messagesLosses(call: ChatCall): readonly string[] {
  const native = nativeMessages(call.native)
  if (native !== undefined) {
    const sent = messagesRequest(call)
    // An effort of the LLM's own stands in for what the request says of thinking.
    const settings = call.reasoningEffort === undefined ? settingLosses(native.body, sent, call.upstreamModel) : []
    return [...samplingLosses(native.body, sent), ...settings, ...choiceLosses(native.body, sent)]
  }
  return translatedLosses(call)
}

/** Of a neutral request, what a Claude may have to be spared. */
export interface Wishes {
  /** The caller's field that asks for thinking; undefined: none does, or an effort of the LLM's own stands in for it. */
  readonly thinking: 'thinking' | 'reasoning_effort' | undefined
  readonly forcesTools: boolean
}

export function wishesOf({ request, reasoningEffort }: ChatCall): Wishes {
  const { tool_choice: choice, thinking, reasoning_effort: effort } = request
  const wished = reasoningEffort === undefined && asksToThink(thinking, effort)
  return {
    thinking: wished ? (isJsonObject(thinking) ? 'thinking' : 'reasoning_effort') : undefined,
    forcesTools: choice === 'required' || (isJsonObject(choice) && choice.type === 'function'),
  }
}

/** The wishes that a request as it was sent does not say. */
export function lossesOfWishes(
  { thinking, forcesTools }: Wishes,
  sent: { readonly thinks: boolean; readonly choosesFreely: boolean },
): readonly string[] {
  return [
    ...(thinking === undefined || sent.thinks ? [] : [thinking]),
    ...(forcesTools && sent.choosesFreely ? ['tool_choice'] : []),
  ]
}

function translatedLosses(call: ChatCall): readonly string[] {
  const wishes = wishesOf(call)
  if (!wishes.forcesTools && wishes.thinking === undefined) return []
  // Translating a history takes time, and only a turn under way has a say in this.
  const { messages: said } = call.request
  const last = said.at(-1)?.role
  const messages = wishes.thinking !== undefined && (last === 'tool' || last === 'function') ? said : []
  const sent = messagesRequest({ ...call, native: undefined, request: { ...call.request, messages } })
  return lossesOfWishes(wishes, {
    thinks: thinks(sent) === true || effortOf(sent) !== undefined,
    choosesFreely: !isForced(sent) && sent.tools !== undefined,
  })
}

function asksToThink(thinking: unknown, effort: unknown): boolean {
  if (isJsonObject(thinking)) return thinking.type !== 'disabled'
  return typeof effort === 'string' && effort !== 'none' && isKnownEffort(effort)
}

function samplingLosses(said: JsonObject, sent: JsonObject): readonly string[] {
  return ['temperature', 'top_p', 'top_k'].filter((name) => isSaid(said[name]) && sent[name] === undefined)
}

function settingLosses(said: JsonObject, sent: JsonObject, upstreamModel: string): readonly string[] {
  const wish = thinks(said)
  const isOn = thinks(sent) ?? claudeTraits(upstreamModel).thinksByDefault
  const lostThinking = wish !== undefined && wish !== isOn
  const lostEffort = isSaid(effortOf(said)) && effortOf(sent) === undefined
  return [...(lostThinking ? ['thinking'] : []), ...(lostEffort ? ['output_config.effort'] : [])]
}

function choiceLosses(said: JsonObject, sent: JsonObject): readonly string[] {
  return isForced(said) && !isForced(sent) ? ['tool_choice'] : []
}

/** Undefined: it says nothing of it. */
function thinks({ thinking }: JsonObject): boolean | undefined {
  return isJsonObject(thinking) ? thinking.type !== 'disabled' : undefined
}

function effortOf({ output_config: config }: JsonObject): unknown {
  return isJsonObject(config) ? config.effort : undefined
}

function isForced({ tool_choice: choice }: JsonObject): boolean {
  return isJsonObject(choice) && (choice.type === 'any' || choice.type === 'tool')
}
