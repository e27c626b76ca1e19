import { toOutputSchema } from '../anthropic/messages-output-schema.ts'
import { type ChatCall, type ChatRequest, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { toolCallsOf } from '../neutral/neutral-message.ts'
import { toolCallIdFor } from '../neutral/tool-call-id.ts'
import { untranslatable } from '../neutral/untranslatable.ts'
import type { ParameterHandling } from '../parameters/parameter.ts'
import { requestParameters } from '../parameters/request-parameters.ts'
import { type BedrockTraits, bedrockTraits } from './bedrock-model.ts'
import { bedrockParameters } from './bedrock-parameters.ts'
import { cachePointOf } from './converse-content.ts'
import { type History, historyOf } from './converse-history.ts'
import { type Settings, settingsOf } from './converse-settings.ts'
import { type ConverseTool, type ToolChoice, toolChoiceOf, toolsOf } from './converse-tools.ts'

export interface ConverseRequestOptions {
  /** Leaves out what the model thought before: the API may refuse it. */
  readonly withoutReasoning?: boolean
}

/**
 * The body of a Converse request for one call; whole and streamed answers are asked for at different paths.
 *
 * @throws {ProviderError} `upstream_rejected`, naming what cannot be said in this API.
 */
export function converseRequest(call: ChatCall, options: ConverseRequestOptions = {}): JsonObject {
  const { request, upstreamModel } = call
  requireTranslatable(request)
  const traits = bedrockTraits(upstreamModel)
  const asked = toolChoiceOf(request)
  const offered = asked?.type === 'none' ? [] : toolsOf(request, traits)
  const history = historyOf(request.messages, {
    traits,
    toolsAsText: offered.length === 0 && usesTools(request),
    withoutReasoning: options.withoutReasoning ?? false,
  })
  const settings = settingsOf(call, {
    traits,
    turns: history.turns,
    choice: offered.length === 0 ? undefined : asked,
    tools: offered.map(({ name }) => name),
  })
  const additional = settings.additional
  return {
    ...promptFields(request, history, traits),
    ...inferenceConfig(request, settings, traits),
    ...toolConfig(offered, settings),
    ...outputConfig(request, settings),
    ...(Object.keys(additional).length === 0 ? {} : { additionalModelRequestFields: additional }),
    // Which of the sequences ended the answer is told by Claude alone, and only when asked.
    ...(traits.family === 'claude' ? { additionalModelResponseFieldPaths: ['/stop_sequence'] } : {}),
    ...callerFields(request),
  }
}

/** What the parameter table refuses: an LLM of this API is not asked for it, unless a library's user does. */
function requireTranslatable(request: ChatRequest): void {
  const table: { readonly [name: string]: ParameterHandling | undefined } = bedrockParameters
  const refused = requestParameters(request).names.find((name) => table[name] === 'refused')
  if (refused !== undefined) throw untranslatable(`${refused} cannot be served by Bedrock’s Converse API`)
}

function usesTools({ messages }: ChatRequest): boolean {
  return messages.some((message) => message.role === 'tool' || toolCallsOf(message).length > 0)
}

function promptFields(request: ChatRequest, { system, turns }: History, traits: BedrockTraits): JsonObject {
  // Anthropic's mark on the whole request: cached up to its end.
  const atEnd = cachePointOf(request, traits)
  const messages = turns.map((turn, index) =>
    index === turns.length - 1 ? { ...turn, content: [...turn.content, ...atEnd] } : turn,
  )
  return { ...(system.length === 0 ? {} : { system }), messages }
}

function inferenceConfig({ stop }: ChatRequest, settings: Settings, { family }: BedrockTraits): JsonObject {
  const { maxTokens, temperature, topP } = settings
  const stops: readonly unknown[] = Array.isArray(stop) ? stop : [stop]
  // Claude refuses sequences of white space alone; the answer then comes without them, as the parameter table says.
  const isTaken = (text: string) => (family === 'claude' ? text.trim() !== '' : text !== '')
  const stopSequences = stops.filter((text) => typeof text === 'string' && isTaken(text))
  const config = {
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(stopSequences.length === 0 ? {} : { stopSequences }),
  }
  return Object.keys(config).length === 0 ? {} : { inferenceConfig: config }
}

function toolConfig(offered: readonly ConverseTool[], { tools, choice }: Settings): JsonObject {
  const names = new Set(tools)
  const kept = offered.filter(({ name }) => names.has(name))
  // A list of no tools is refused.
  if (kept.length === 0) return {}
  const toolChoice = choice === undefined ? {} : { toolChoice: choiceMember(choice) }
  return { toolConfig: { tools: kept.flatMap(({ entries }) => entries), ...toolChoice } }
}

function choiceMember(choice: ToolChoice): JsonObject {
  return choice.type === 'tool' ? { tool: { name: choice.name } } : { [choice.type]: {} }
}

function outputConfig({ response_format: format }: ChatRequest, { effort }: Settings): JsonObject {
  const textFormat = textFormatOf(format)
  const config = { ...(textFormat === undefined ? {} : { textFormat }), ...(effort === undefined ? {} : { effort }) }
  return Object.keys(config).length === 0 ? {} : { outputConfig: config }
}

function textFormatOf(format: unknown): JsonObject | undefined {
  if (!isJsonObject(format) || format.type !== 'json_schema') return undefined
  const { schema, name, description } = isJsonObject(format.json_schema) ? format.json_schema : {}
  if (!isJsonObject(schema)) throw untranslatable('response_format.json_schema.schema is missing')
  const jsonSchema = {
    // Bedrock asks of schemas what Anthropic does: closed objects, no limits of lengths and numbers.
    schema: JSON.stringify(toOutputSchema(schema)),
    ...(typeof name === 'string' && name !== '' ? { name: toolCallIdFor(name, schemaNameRule) } : {}),
    ...(typeof description === 'string' && description !== '' ? { description } : {}),
  }
  return { type: 'json_schema', structure: { jsonSchema } }
}

const schemaNameRule = { character: /[A-Za-z0-9_-]/, maxLength: 64 }

const serviceTiers = new Set(['default', 'flex', 'priority', 'reserved'])

/** Keys and values that AWS takes for metadata, and how many. */
const metadataText = /^[A-Za-z0-9\s:_@$#=/+,.-]{1,256}$/
const maxMetadata = 16

function callerFields({ metadata, service_tier: tier }: ChatRequest): JsonObject {
  const entries = Object.entries(isJsonObject(metadata) ? metadata : {})
    .filter(([key, value]) => metadataText.test(key) && typeof value === 'string' && metadataText.test(value))
    .slice(0, maxMetadata)
  return {
    ...(entries.length === 0 ? {} : { requestMetadata: Object.fromEntries(entries) }),
    ...(typeof tier === 'string' && serviceTiers.has(tier) ? { serviceTier: { type: tier } } : {}),
  }
}
