import { type ChatMessage, type ChatRequest, isJsonObject } from '../chat-provider.ts'
import { isSaid } from '../neutral/is-said.ts'
import { type ParameterName, parameterNames } from './parameter.ts'
import { hostOf, keeperOf, type VendorForm } from './vendor-forms.ts'

/** What a request says beyond text to text. */
export interface RequestParameters {
  /** Each once. */
  readonly names: readonly (ParameterName | VendorForm)[]
  /** Fields of the request that no table knows, by their own names. */
  readonly unknown: readonly string[]
}

/**
 * The type of a part that holds, as `item`, what only the API that it was written for can read. No API takes one in the neutral
 * form: it reaches its own in the request as it was written.
 */
export const hostedItem = 'hosted_item'

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
    else if (field === 'modalities') addModalities(collector, value)
    else {
      const read = readers.get(field)
      if (read === undefined) collector.addUnknown(field)
      else collector.add(read(value))
    }
  }
  return collector.result
}

/** Whether a field of a request is a default spelled out, as leaving it out would be. False for fields that no table knows. */
export function saysNothing(field: string, value: unknown): boolean {
  return requestParameters({ messages: [], [field]: value }) === noParameters
}

class Collector {
  #found: { readonly names: (ParameterName | VendorForm)[]; readonly unknown: string[] } | undefined

  get result(): RequestParameters {
    return this.#found ?? noParameters
  }

  add(name: ParameterName | VendorForm | undefined): void {
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
      addFileId(to, part.file.file_id)
      return
    case hostedItem:
      to.add('content:hosted_item')
      return
    default:
  }
}

function addFileId(to: Collector, id: unknown): void {
  if (!isSaid(id)) return
  to.add('content:file_by_id')
  const keeper = keeperOf(id)
  if (keeper !== undefined) to.add(`content:file_by_id:${keeper}`)
}

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

function addModalities(to: Collector, modalities: unknown): void {
  if (!Array.isArray(modalities)) return
  if (modalities.includes('audio')) to.add('modalities:audio')
  if (modalities.includes('image')) to.add('modalities:image')
}

function readResponseFormat(value: unknown): ParameterName | undefined {
  if (!isJsonObject(value)) return undefined
  switch (value.type) {
    case 'text':
    case undefined:
      return undefined
    case 'json_object':
      return 'response_format:json_object'
    case 'json_schema':
      return 'response_format:json_schema'
    default:
      return 'response_format:other'
  }
}

function always(name: ParameterName): FieldReader {
  return () => name
}

function unless(silent: unknown, name: ParameterName): FieldReader {
  return (value) => (value === silent ? undefined : name)
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
