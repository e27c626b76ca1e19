import { isClaude } from '../anthropic/claude-traits.ts'
import { lossesOfWishes, wishesOf } from '../anthropic/messages-losses.ts'
import { type ChatCall, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { converseRequest } from './converse-request.ts'

/**
 * What an answer of Claude's comes without because the model would have refused it: thinking that was asked for, a forced choice of
 * tools. The parameter table knows the rest, and of other models nothing is known.
 *
 * @throws {ProviderError} for a request that {@link converseRequest} cannot write.
 */
export function converseLosses(call: ChatCall): readonly string[] {
  const wishes = wishesOf(call)
  if (!isClaude(call.upstreamModel) || (!wishes.forcesTools && wishes.thinking === undefined)) return []
  const sent = converseRequest(call)
  const tools = objectOf(sent.toolConfig)
  const choice = objectOf(tools.toolChoice)
  const { thinking } = objectOf(sent.additionalModelRequestFields)
  return lossesOfWishes(wishes, {
    thinks:
      (isJsonObject(thinking) && thinking.type !== 'disabled') || objectOf(sent.outputConfig).effort !== undefined,
    choosesFreely: tools.tools !== undefined && choice.any === undefined && choice.tool === undefined,
  })
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {}
}
