import { reasoningEfforts } from '../../routing/registry/reasoning-effort.ts'
import type { ConfigPath } from '../config-source.ts'
import { type ImportDesk, mappingOf, plainText } from './import-desk.ts'
import { importPrice, isPriceKey } from './import-price.ts'
import { type ImportedProvider, importProvider } from './import-provider.ts'

type Mapping = { readonly [key: string]: unknown }

/** One entry of `model_list` in our terms; the LLM still without id and provider. */
export interface ImportedModel {
  /** Its `model_name`: what people ask for. */
  readonly group: string
  readonly isEmbedding: boolean
  readonly provider: ImportedProvider
  readonly timeouts: Mapping
  readonly fields: Mapping
}

/** Read by {@link importProvider} or below; what else is in `litellm_params` is not carried over. */
const readParams = new Set([
  ...['model', 'custom_llm_provider', 'api_base', 'base_url', 'api_key', 'api_version', 'organization'],
  ...['headers', 'extra_headers', 'azure_ad_token', 'aws_region_name', 'aws_access_key_id', 'aws_secret_access_key'],
  ...['aws_session_token', 'timeout', 'stream_timeout', 'tags', 'reasoning_effort'],
  // Parameters an API does not take are left out here anyway, and an answer's header says so.
  ...['drop_params'],
])

const capabilityNames: Readonly<Record<string, string>> = {
  supports_function_calling: 'tools',
  supports_vision: 'vision',
  supports_audio_input: 'audio',
  supports_pdf_input: 'files',
  supports_response_schema: 'json_schema',
  supports_reasoning: 'reasoning',
}

/** @returns undefined where it cannot serve; the desk knows why. */
export function importModel(value: unknown, path: ConfigPath, desk: ImportDesk): ImportedModel | undefined {
  const entry = mappingOf(value)
  const params = mappingOf(entry?.litellm_params)
  if (entry === undefined) return desk.problem(path, 'must be a mapping with model_name and litellm_params')
  const group = entry.model_name
  if (typeof group !== 'string' || group === '') return desk.problem([...path, 'model_name'], 'missing; must be a text')
  if (params === undefined) return desk.problem([...path, 'litellm_params'], 'missing; must be a mapping')
  const info = mappingOf(entry.model_info) ?? {}
  const mode = info.mode ?? modeByName(params.model)
  if (mode !== 'chat' && mode !== 'completion' && mode !== 'responses' && mode !== 'embedding') {
    desk.note([...path, 'model_info', 'mode'], `${group}: the mode '${plainText(mode)}' is not served here; left out`)
    return undefined
  }
  const paramsPath = [...path, 'litellm_params']
  const provider = importProvider(params, paramsPath, desk)
  if (provider === undefined) return undefined
  const isEmbedding = mode === 'embedding'
  const { kind, preset } = provider.entry
  const service = [kind, preset].find((name) => name === 'anthropic' || name === 'bedrock')
  if (isEmbedding && service !== undefined) {
    return desk.note(path, `${group}: embeddings of ${plainText(service)} are not served here; left out`)
  }
  noteTheRest(group, params, paramsPath, desk)
  noteInfo(group, info, [...path, 'model_info'], desk)
  const price = importPrice(
    [
      { values: info, path: [...path, 'model_info'] },
      { values: params, path: paramsPath },
    ],
    isEmbedding,
    desk,
  )
  const common = { model: provider.model, ...(price === undefined ? {} : { price }) }
  const fields = isEmbedding ? common : { ...common, ...chatFields(params, info, path, desk) }
  return { group, isEmbedding, provider, timeouts: timeoutsOf(params, paramsPath, desk), fields }
}

/** Where the file does not say, LiteLLM knows it from its table of models; most names tell. */
function modeByName(model: unknown): string {
  const name = typeof model === 'string' ? model.slice(model.indexOf('/') + 1) : ''
  if (/rerank/i.test(name)) return 'rerank'
  if (/embed|(^|\/)(bge|e5|gte)-|(^|\/)voyage-/i.test(name)) return 'embedding'
  if (/(^|\/)(dall-e|gpt-image|imagen)-/i.test(name)) return 'image_generation'
  if (/(^|\/)whisper-|-transcribe/i.test(name)) return 'audio_transcription'
  if (/(^|\/)tts-|-tts(-|$)/i.test(name)) return 'audio_speech'
  return /moderation/i.test(name) ? 'moderation' : 'chat'
}

const infoNotes: Readonly<Record<string, string>> = {
  id: 'not carried over: its model_name is its id',
  base_model:
    'not carried over: an answer is priced by the model its provider reports; state prices where it reports another name',
  access_groups: 'not carried over: name models, or tags, in what keys may use',
}

function noteInfo(group: string, info: Mapping, path: ConfigPath, desk: ImportDesk): void {
  for (const [key, note] of Object.entries(infoNotes)) {
    if (info[key] !== undefined) desk.note([...path, key], `${group}: ${note}`)
  }
}

function chatFields(params: Mapping, info: Mapping, path: ConfigPath, desk: ImportDesk): Mapping {
  const capabilities: { [name: string]: unknown } = {}
  const tokens = (key: string) => {
    const count = desk.number(info[key], [...path, 'model_info', key])
    return count === undefined || count < 1 ? undefined : Math.floor(count)
  }
  const window = tokens('max_input_tokens')
  const longest = tokens('max_output_tokens') ?? tokens('max_tokens')
  if (window !== undefined) capabilities.context_window_tokens = window
  if (longest !== undefined) capabilities.max_output_tokens = longest
  for (const [theirs, ours] of Object.entries(capabilityNames)) {
    if (typeof info[theirs] === 'boolean') capabilities[ours] = info[theirs]
  }
  const tags = Array.isArray(params.tags) ? params.tags.filter((tag) => typeof tag === 'string' && tag !== '') : []
  const effort = reasoningEfforts.find((known) => known === params.reasoning_effort)
  if (params.reasoning_effort !== undefined && effort === undefined) {
    desk.note(
      [...path, 'litellm_params', 'reasoning_effort'],
      `must be one of ${reasoningEfforts.join(', ')}; left out`,
    )
  }
  return {
    ...(Object.keys(capabilities).length === 0 ? {} : { capabilities }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
  }
}

/** LiteLLM counts in seconds. */
function timeoutsOf(params: Mapping, path: ConfigPath, desk: ImportDesk): Mapping {
  const whole = secondsToMs(params.timeout, [...path, 'timeout'], desk)
  const first = secondsToMs(params.stream_timeout, [...path, 'stream_timeout'], desk)
  return {
    ...(whole === undefined ? {} : { total_ms: whole }),
    ...(first === undefined ? {} : { first_token_ms: first }),
  }
}

/** Some weeks: whoever says more says no limit. */
const longestMs = 2 ** 31 - 1

/** @returns whole milliseconds of at least one, or undefined. */
export function secondsToMs(value: unknown, path: ConfigPath, desk: ImportDesk): number | undefined {
  const seconds = desk.number(value, path)
  return seconds === undefined || seconds === 0
    ? undefined
    : Math.min(longestMs, Math.max(1, Math.round(seconds * 1_000)))
}

function noteTheRest(group: string, params: Mapping, path: ConfigPath, desk: ImportDesk): void {
  for (const key of Object.keys(params)) {
    if (key === 'litellm_credential_name') desk.problem([...path, key], 'names no entry of a credential_list')
    else if (!readParams.has(key) && !isPriceKey(key)) desk.note([...path, key], `${group}: not carried over`)
  }
}
