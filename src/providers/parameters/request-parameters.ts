import { type ChatMessage, type ChatRequest, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { type ParameterName, parameterNames } from './parameter.ts'

/** What a request says beyond text to text. */
export interface RequestParameters {
  /** Each once. */
  readonly names: readonly (ParameterName | HostedTools)[]
  /** Fields of the request that no table knows, by their own names. */
  readonly unknown: readonly string[]
}

/** Tools that a vendor runs are written as its API does, and nobody else's can read them. */
export type HostedTools = `tools:hosted:${HostVendor}`

export type HostVendor = 'openai' | 'anthropic' | 'google'

/** Most requests: the same object for all of them. */
export const noParameters: RequestParameters = Object.freeze({ names: [], unknown: [] })

/** Reads one field: the parameter it is, `undefined` where it says nothing. */
type FieldReader = (value: unknown) => ParameterName | undefined

const readers = new Map<string, FieldReader>()
for (const name of parameterNames) if (!name.includes(':')) readers.set(name, always(name))
const special: Readonly<Record<string, FieldReader>> = {
  max_completion_tokens: always('max_tokens'),
  frequency_penalty: unless(0, 'frequency_penalty'),
  presence_penalty: unless(0, 'presence_penalty'),
  repetition_penalty: unless(1, 'repetition_penalty'),
  min_p: unless(0, 'min_p'),
  n: unless(1, 'n'),
  logprobs: unless(false, 'logprobs'),
  top_logprobs: unless(0, 'top_logprobs'),
  parallel_tool_calls: unless(true, 'parallel_tool_calls'),
  store: unless(false, 'store'),
  tool_choice: unless('auto', 'tool_choice'),
  service_tier: unless('auto', 'service_tier'),
  function_call: () => undefined,
  stop: (value) => (isEmptyList(value) ? undefined : 'stop'),
  functions: (value) => (isEmptyList(value) ? undefined : 'functions'),
  logit_bias: (value) => (isEmptyObject(value) ? undefined : 'logit_bias'),
  metadata: (value) => (isEmptyObject(value) ? undefined : 'metadata'),
  modalities: (value) => (Array.isArray(value) && value.includes('audio') ? 'modalities:audio' : undefined),
  // Says how the audio of `modalities` is spoken.
  audio: () => undefined,
  response_format: readResponseFormat,
  // What an answer's wire form takes, not its content.
  stream_options: () => undefined,
  stream: () => undefined,
  model: () => undefined,
  pointsman: () => undefined,
}
for (const [field, read] of Object.entries(special)) readers.set(field, read)

/**
 * The parameters a request says something with. Defaults spelled out say nothing. A request that was not checked is read as far
 * as it can be. Linear in the messages' parts and the tools; nothing is allocated for a plain request.
 */
export function requestParameters(request: ChatRequest): RequestParameters {
  const collector = new Collector()
  for (const field in request) {
    const value = request[field]
    if (value === undefined || value === null) continue
    if (field === 'messages') addMessages(collector, request.messages)
    else if (field === 'tools') addTools(collector, value)
    else {
      const read = readers.get(field)
      if (read === undefined) collector.addUnknown(field)
      else collector.add(read(value))
    }
  }
  return collector.result
}

class Collector {
  #found: { readonly names: (ParameterName | HostedTools)[]; readonly unknown: string[] } | undefined

  get result(): RequestParameters {
    return this.#found ?? noParameters
  }

  add(name: ParameterName | HostedTools | undefined): void {
    if (name === undefined) return
    this.#found ??= { names: [], unknown: [] }
    // Few are ever said: looking through them costs less than a set.
    if (!this.#found.names.includes(name)) this.#found.names.push(name)
  }

  addUnknown(field: string): void {
    this.#found ??= { names: [], unknown: [] }
    this.#found.unknown.push(field)
  }
}

function addMessages(to: Collector, messages: unknown): void {
  if (!Array.isArray(messages)) return
  for (const message of messages as readonly ChatMessage[]) {
    if (typeof message !== 'object' || message === null) continue
    const { content, reasoning_details: details } = message
    if (typeof content !== 'string' && Array.isArray(content)) for (const part of content) addPart(to, part)
    if (Array.isArray(details) && details.length > 0) to.add('reasoning_details')
    if (isSaid(message.cache_control)) to.add('cache_control')
  }
}

function addPart(to: Collector, part: unknown): void {
  if (!isJsonObject(part)) return
  if (isSaid(part.cache_control)) to.add('cache_control')
  switch (part.type) {
    case 'image_url':
      to.add('content:image')
      if (isJsonObject(part.image_url) && isAddress(part.image_url.url)) to.add('content:image_by_url')
      return
    case 'input_audio':
      to.add('content:audio')
      return
    case 'file':
      to.add('content:file')
      if (!isJsonObject(part.file)) return
      if (isAddress(part.file.file_url)) to.add('content:file_by_url')
      if (isSaid(part.file.file_id)) to.add('content:file_by_id')
      return
    default:
      if (typeof part.type === 'string' && hostedItem.test(part.type)) {
        to.add('tools:hosted')
        to.add('tools:hosted:openai')
      }
  }
}

/** What a hosted tool did in an earlier turn: an input item of the Responses API, such as `web_search_call`. */
const hostedItem = /(?:_call|_call_output)$|^(?:mcp_|compaction)/

function addTools(to: Collector, tools: unknown): void {
  if (!Array.isArray(tools)) return
  for (const tool of tools as readonly unknown[]) {
    if (!isJsonObject(tool)) continue
    if (isSaid(tool.cache_control)) to.add('cache_control')
    const { type } = tool
    if (type === 'function') to.add('tools:function')
    else if (type === 'custom') to.add('tools:custom')
    else {
      to.add('tools:hosted')
      to.add(`tools:hosted:${hostOf(tool)}`)
    }
  }
}

/** Google's name themselves by a field, Anthropic's by a type with a date, as in `web_search_20250305`. */
function hostOf({ type }: JsonObject): HostVendor {
  if (typeof type !== 'string') return 'google'
  return /_20\d{6}$/.test(type) ? 'anthropic' : 'openai'
}

function readResponseFormat(value: unknown): ParameterName | undefined {
  if (!isJsonObject(value)) return undefined
  if (value.type === 'json_object') return 'response_format:json_object'
  return value.type === 'json_schema' ? 'response_format:json_schema' : undefined
}

function always(name: ParameterName): FieldReader {
  return () => name
}

function unless(silent: unknown, name: ParameterName): FieldReader {
  return (value) => (value === silent ? undefined : name)
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null
}

/** Not the data itself. */
function isAddress(url: unknown): boolean {
  return typeof url === 'string' && !url.startsWith('data:')
}

function isEmptyList(value: unknown): boolean {
  return (Array.isArray(value) && value.length === 0) || value === ''
}

function isEmptyObject(value: unknown): boolean {
  return isJsonObject(value) && Object.keys(value).length === 0
}
