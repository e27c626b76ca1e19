import { type ChatCall, type ChatRequest, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { isSaid } from '../neutral/is-said.ts'
import { outputCap } from '../neutral/output-cap.ts'
import { toContents } from './gemini-contents.ts'
import { type GeminiTraits, geminiTraits } from './gemini-model.ts'
import { thinkingConfig } from './gemini-thinking.ts'
import { toolFields } from './gemini-tools.ts'
import { untranslatable } from './untranslatable.ts'

/** More are refused. */
const maxStopSequences = 5

/** Parameters that only change their name. */
const renamed: readonly (readonly [string, string])[] = [
  ['temperature', 'temperature'],
  ['top_p', 'topP'],
  ['top_k', 'topK'],
  ['n', 'candidateCount'],
  ['presence_penalty', 'presencePenalty'],
  ['frequency_penalty', 'frequencyPenalty'],
]

const tiers: ReadonlyMap<unknown, string> = new Map([
  ['default', 'standard'],
  ['flex', 'flex'],
  ['priority', 'priority'],
])

/**
 * The body of `generateContent` and `streamGenerateContent` for a neutral request. Parameters that `geminiParameters`
 * drops are left out; so is all that is not known.
 *
 * @throws {ProviderError} `upstream_rejected` for what Google's API cannot say, naming the field.
 */
export function geminiRequest(call: ChatCall): JsonObject {
  const { request } = call
  const traits = geminiTraits(call.upstreamModel)
  const { system, contents } = toContents(request.messages, traits)
  const config = generationConfig(call, traits)
  const tier = serviceTier(request)
  return {
    ...(system.length === 0 ? {} : { systemInstruction: { parts: system } }),
    contents,
    ...toolFields(request),
    ...(Object.keys(config).length === 0 ? {} : { generationConfig: config }),
    ...(tier === undefined ? {} : { serviceTier: tier }),
  }
}

/** The tier as Google names it; undefined: Google's own choice. */
export function serviceTier(request: ChatRequest): string | undefined {
  return tiers.get(request.service_tier)
}

function generationConfig({ request, reasoningEffort }: ChatCall, traits: GeminiTraits): JsonObject {
  const config: JsonObject = {}
  for (const [ours, theirs] of renamed) if (isSaid(request[ours])) config[theirs] = request[ours]
  if (typeof request.seed === 'number') config.seed = int32(request.seed)
  const maxOutputTokens = outputCap(request)
  if (maxOutputTokens !== undefined) config.maxOutputTokens = maxOutputTokens
  const stopSequences = stops(request.stop)
  if (stopSequences.length > 0) config.stopSequences = stopSequences
  if (typeof request.top_logprobs === 'number' && request.top_logprobs > 0 && request.logprobs !== true) {
    throw untranslatable('top_logprobs', 'needs logprobs to be true')
  }
  if (request.logprobs === true) {
    config.responseLogprobs = true
    if (isSaid(request.top_logprobs)) config.logprobs = request.top_logprobs
  }
  Object.assign(config, responseFormat(request.response_format), modalities(request.modalities))
  const thinking = thinkingConfig(traits.thinking, {
    ownEffort: reasoningEffort,
    requestedEffort: request.reasoning_effort,
    thinking: request.thinking,
  })
  if (thinking !== undefined) config.thinkingConfig = thinking
  return config
}

/** Google's seeds are 32 bits; a larger one becomes the same smaller one each time. */
function int32(seed: number): number {
  return Number.isInteger(seed) ? seed | 0 : seed
}

function stops(stop: unknown): readonly unknown[] {
  const all: readonly unknown[] = Array.isArray(stop) ? stop : isSaid(stop) ? [stop] : []
  if (all.length <= maxStopSequences) return all
  throw untranslatable('stop', `Gemini takes at most ${maxStopSequences} stop sequences`)
}

function responseFormat(format: unknown): JsonObject {
  if (!isJsonObject(format)) return {}
  if (format.type === 'json_object') return { responseMimeType: 'application/json' }
  if (format.type === 'text' || !isSaid(format.type)) return {}
  if (format.type !== 'json_schema')
    throw untranslatable('response_format.type', 'must be text, json_object or json_schema')
  const schema = isJsonObject(format.json_schema) ? format.json_schema.schema : undefined
  return {
    responseMimeType: 'application/json',
    ...(isJsonObject(schema) ? { responseJsonSchema: schema } : {}),
  }
}

/** Only text and images: see `geminiParameters` on speech. */
function modalities(wanted: unknown): JsonObject {
  if (!Array.isArray(wanted) || !wanted.includes('image')) return {}
  const responseModalities = wanted.map((modality, index) => {
    if (modality === 'text' || modality === 'image') return modality.toUpperCase()
    throw untranslatable(`modalities.${index}`, 'must be text or image')
  })
  return { responseModalities }
}
