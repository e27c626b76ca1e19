import type { ReferenceQuestion } from '../reference-llm.ts'
import {
  checkFileData,
  checkFunction,
  checkImageUrl,
  checkNumber,
  checkSchemaFormat,
  isJson,
  type Json,
  OpenAiRefusal,
  refuse,
  refuseOnReasoningModel,
  requireArray,
  requireKnown,
  requireObject,
  requireOneOf,
  requireText,
} from './openai-refusal.ts'

const knownParameters = [
  ...['access_programs', 'background', 'context_management', 'conversation', 'include', 'input', 'instructions'],
  ...['max_output_tokens', 'max_tool_calls', 'metadata', 'model', 'moderation', 'parallel_tool_calls'],
  ...['previous_response_id', 'prompt', 'prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention'],
  ...['reasoning', 'safety_identifier', 'service_tier', 'store', 'stream', 'stream_options', 'temperature', 'text'],
  ...['tool_choice', 'tools', 'top_logprobs', 'top_p', 'truncation', 'user'],
]

const includable = [
  ...['file_search_call.results', 'web_search_call.results', 'web_search_call.action.sources'],
  ...['message.input_image.image_url', 'computer_call_output.output.image_url', 'code_interpreter_call.outputs'],
  ...['reasoning.encrypted_content', 'message.output_text.logprobs'],
]

const knownItemFields: Readonly<Record<string, readonly string[]>> = {
  message: ['type', 'role', 'content', 'id', 'status', 'phase'],
  function_call: ['type', 'id', 'call_id', 'name', 'arguments', 'status', 'namespace', 'caller', 'async'],
  function_call_output: ['type', 'id', 'call_id', 'output', 'status', 'caller'],
  custom_tool_call: ['type', 'id', 'call_id', 'name', 'input', 'status', 'namespace', 'caller', 'async'],
  custom_tool_call_output: ['type', 'id', 'call_id', 'output', 'status', 'caller'],
  reasoning: ['type', 'id', 'summary', 'content', 'encrypted_content', 'status'],
}

const idPrefixes: Readonly<Record<string, string>> = {
  message: 'msg',
  function_call: 'fc',
  custom_tool_call: 'ctc',
  reasoning: 'rs',
}

/** What the server has said before, so that it can tell what is its own. */
export interface ResponsesMemory {
  /** Items of stored responses, input and output, by response id. */
  readonly stored: ReadonlyMap<string, readonly Json[]>
  /** Ciphers it issued. */
  readonly ciphers: ReadonlySet<string>
}

export interface ResponsesQuestion extends ReferenceQuestion {
  /** The whole conversation as items, what was stored included. */
  readonly items: readonly Json[]
}

/** Reads a body of `POST /responses` as strictly as OpenAI does. @throws {OpenAiRefusal} */
export function readResponsesRequest(body: Json, reasons: boolean, memory: ResponsesMemory): ResponsesQuestion {
  requireKnown(body, knownParameters)
  checkScalars(body)
  checkReasoning(body, reasons)
  const history = historyOf(body, memory)
  const items = [...history, ...inputItems(body.input)]
  items.forEach((item, index) => {
    checkItem(item, `input[${index}]`, memory)
  })
  checkOrder(items)
  checkTools(body)
  checkText(body, items)
  return { ...questionOf(body, items, reasons), items }
}

function checkScalars(body: Json): void {
  checkNumber(body.temperature, 'temperature', 0, 2)
  checkNumber(body.top_p, 'top_p', 0, 1)
  checkNumber(body.max_output_tokens, 'max_output_tokens', 16, 1e6, true)
  checkNumber(body.top_logprobs, 'top_logprobs', 0, 20, true)
  if (body.include !== undefined && body.include !== null) {
    requireArray(body.include, 'include').forEach((name, index) => {
      requireOneOf(name, `include[${index}]`, includable)
    })
  }
  if (body.background === true || (body.conversation !== undefined && body.conversation !== null)) {
    throw new OpenAiRefusal('The reference server keeps no conversations and does nothing in the background.')
  }
  if (body.stream_options !== undefined && body.stream_options !== null) {
    if (body.stream !== true) {
      refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
    }
    requireKnown(requireObject(body.stream_options, 'stream_options'), ['include_obfuscation'], 'stream_options')
  }
  if (body.instructions !== undefined && body.instructions !== null) requireText(body.instructions, 'instructions')
  if (body.prompt_cache_key !== undefined && body.prompt_cache_key !== null) {
    requireText(body.prompt_cache_key, 'prompt_cache_key', 64)
  }
  if (body.safety_identifier !== undefined && body.safety_identifier !== null) {
    requireText(body.safety_identifier, 'safety_identifier', 64)
  }
}

function checkReasoning(body: Json, reasons: boolean): void {
  const reasoning =
    body.reasoning === undefined || body.reasoning === null ? {} : requireObject(body.reasoning, 'reasoning')
  requireKnown(reasoning, ['effort', 'summary', 'generate_summary', 'context', 'mode'], 'reasoning')
  if (reasoning.effort !== undefined && reasoning.effort !== null) {
    const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']
    requireOneOf(reasoning.effort, 'reasoning.effort', efforts)
  }
  if (reasoning.summary !== undefined && reasoning.summary !== null) {
    requireOneOf(reasoning.summary, 'reasoning.summary', ['auto', 'concise', 'detailed'])
  }
  if (!reasons) {
    if (Array.isArray(body.include) && body.include.includes('reasoning.encrypted_content')) {
      throw new OpenAiRefusal('Encrypted content is not supported with this model.', { param: 'include' })
    }
    if (Object.values(reasoning).every((value) => value === undefined || value === null)) return
    const said = reasoning.effort === undefined ? 'reasoning.summary' : 'reasoning.effort'
    refuse(`Unsupported parameter: '${said}' is not supported with this model.`, said, 'unsupported_parameter')
  }
  if (reasoning.effort !== 'none') refuseOnReasoningModel(body, ['temperature', 'top_p', 'top_logprobs'])
}

function historyOf(body: Json, { stored }: ResponsesMemory): readonly Json[] {
  const id = body.previous_response_id
  if (id === undefined || id === null) return []
  const known = requireText(id, 'previous_response_id')
  const items = stored.get(known)
  if (items !== undefined) return items
  const message = `Previous response with id '${known}' not found.`
  return refuse(message, 'previous_response_id', 'previous_response_not_found')
}

function inputItems(input: unknown): readonly Json[] {
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }]
  return requireArray(input, 'input').map((item, index) => {
    const object = requireObject(item, `input[${index}]`)
    return object.type === undefined && object.role !== undefined ? { type: 'message', ...object } : object
  })
}

function checkItem(item: Json, path: string, memory: ResponsesMemory): void {
  const type = requireOneOf(item.type, `${path}.type`, Object.keys(knownItemFields))
  requireKnown(item, knownItemFields[type]!, path)
  const prefix = idPrefixes[type]
  if (item.id !== undefined && item.id !== null && prefix !== undefined) {
    const id = requireText(item.id, `${path}.id`, 64)
    if (!id.startsWith(prefix)) {
      refuse(`Invalid '${path}.id': '${id}'. Expected an ID that begins with '${prefix}'.`, `${path}.id`)
    }
  }
  if (type === 'message') checkMessage(item, path)
  else if (type === 'reasoning') checkReasoningItem(item, path, memory)
  else {
    requireText(item.call_id, `${path}.call_id`, 64)
    if (type.endsWith('_output'))
      checkContent(item.output, `${path}.output`, ['input_text', 'input_image', 'input_file'])
    else {
      requireText(item.name, `${path}.name`, 64)
      requireText(type === 'function_call' ? item.arguments : item.input, `${path}.arguments`)
    }
  }
}

function checkMessage(item: Json, path: string): void {
  const role = requireOneOf(item.role, `${path}.role`, ['user', 'assistant', 'system', 'developer'])
  const parts = role === 'assistant' ? ['output_text', 'refusal'] : ['input_text', 'input_image', 'input_file']
  checkContent(item.content, `${path}.content`, parts)
}

const knownPartFields: Readonly<Record<string, readonly string[]>> = {
  input_text: ['type', 'text', 'prompt_cache_breakpoint'],
  input_image: ['type', 'image_url', 'file_id', 'detail', 'prompt_cache_breakpoint'],
  input_file: ['type', 'file_data', 'file_id', 'file_url', 'filename', 'detail', 'prompt_cache_breakpoint'],
  output_text: ['type', 'text', 'annotations', 'logprobs'],
  refusal: ['type', 'refusal'],
}

function checkContent(content: unknown, path: string, types: readonly string[]): void {
  if (typeof content === 'string') return
  for (const [index, entry] of requireArray(content, path).entries()) {
    const part = requireObject(entry, `${path}[${index}]`)
    const type = requireOneOf(part.type, `${path}[${index}].type`, types)
    requireKnown(part, knownPartFields[type]!, `${path}[${index}]`)
    if (type === 'input_image') {
      if (typeof part.file_id !== 'string') checkImageUrl(part.image_url, `${path}[${index}].image_url`)
    } else if (type === 'input_file') checkFile(part, `${path}[${index}]`)
    else requireText(type === 'refusal' ? part.refusal : part.text, `${path}[${index}].text`)
  }
}

function checkFile(part: Json, path: string): void {
  if (typeof part.file_id === 'string') return
  if (typeof part.file_url === 'string') {
    if (/^https?:\/\//.test(part.file_url)) return
    refuse('Error while downloading file: expected a URL.', `${path}.file_url`)
  }
  checkFileData(part.file_data, `${path}.file_data`)
  requireText(part.filename, `${path}.filename`)
}

function checkReasoningItem(item: Json, path: string, { ciphers }: ResponsesMemory): void {
  const id = requireText(item.id, `${path}.id`)
  for (const [index, entry] of requireArray(item.summary, `${path}.summary`).entries()) {
    const part = requireObject(entry, `${path}.summary[${index}]`)
    requireOneOf(part.type, `${path}.summary[${index}].type`, ['summary_text'])
    requireText(part.text, `${path}.summary[${index}].text`)
  }
  if (item.encrypted_content === undefined || item.encrypted_content === null) {
    const message = `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`
    throw new OpenAiRefusal(message, { status: 404, param: 'input' })
  }
  if (!ciphers.has(requireText(item.encrypted_content, `${path}.encrypted_content`))) {
    const message = `The encrypted content for item ${id} could not be verified.`
    throw new OpenAiRefusal(message, { code: 'invalid_encrypted_content' })
  }
}

/** Every call has its output somewhere behind it, every output its call, and reasoning what it led to. */
function checkOrder(items: readonly Json[]): void {
  const open = new Set<unknown>()
  for (const [index, { type, call_id: callId, id }] of items.entries()) {
    if (type === 'function_call' || type === 'custom_tool_call') open.add(callId)
    else if (type === 'function_call_output' || type === 'custom_tool_call_output') {
      if (open.delete(callId)) continue
      const message = `No tool call found for ${String(type).replace('_output', '').replaceAll('_', ' ')} output with call_id ${String(callId)}.`
      throw new OpenAiRefusal(message, { param: 'input' })
    } else if (type === 'reasoning') {
      const next = items[index + 1]
      const follows = next?.type === 'reasoning' || /_call$/.test(String(next?.type)) || next?.role === 'assistant'
      if (follows) continue
      const message = `Item '${String(id)}' of type 'reasoning' was provided without its required following item.`
      throw new OpenAiRefusal(message, { param: 'input' })
    }
  }
  for (const callId of open) {
    throw new OpenAiRefusal(`No tool output found for function call ${String(callId)}.`, { param: 'input' })
  }
}

function checkTools(body: Json): void {
  const tools = body.tools === undefined || body.tools === null ? [] : requireArray(body.tools, 'tools', 128)
  for (const [index, entry] of tools.entries()) {
    const path = `tools[${index}]`
    const tool = requireObject(entry, path)
    const type = requireOneOf(tool.type, `${path}.type`, ['function', 'custom', 'web_search'])
    if (type === 'web_search') continue
    const own = type === 'function' ? ['parameters', 'strict', 'async', 'output_schema'] : ['format']
    requireKnown(tool, ['type', 'name', 'description', 'defer_loading', 'allowed_callers', ...own], path)
    checkFunction(tool, path)
  }
  const choice = body.tool_choice
  if (typeof choice === 'string') requireOneOf(choice, 'tool_choice', ['none', 'auto', 'required'])
  else if (choice !== undefined && choice !== null) {
    const said = requireObject(choice, 'tool_choice')
    requireOneOf(said.type, 'tool_choice.type', ['function', 'custom', 'allowed_tools', 'web_search'])
    if (said.type === 'function') requireKnown(said, ['type', 'name'], 'tool_choice')
    const names = tools.map((tool) => (tool as Json).name)
    if (said.type === 'function' && !names.includes(requireText(said.name, 'tool_choice.name'))) {
      throw new OpenAiRefusal(`Tool choice 'function' not found in 'tools' parameter.`, { param: 'tool_choice' })
    }
  }
  if (choice === 'required' && tools.length === 0) {
    throw new OpenAiRefusal("Tool choice 'required' must be specified with 'tools' parameter.", {
      param: 'tool_choice',
    })
  }
}

function checkText(body: Json, items: readonly Json[]): void {
  if (body.text === undefined || body.text === null) return
  const text = requireObject(body.text, 'text')
  requireKnown(text, ['format', 'verbosity'], 'text')
  if (text.verbosity !== undefined && text.verbosity !== null) {
    requireOneOf(text.verbosity, 'text.verbosity', ['low', 'medium', 'high'])
  }
  if (text.format === undefined) return
  const format = requireObject(text.format, 'text.format')
  const type = requireOneOf(format.type, 'text.format.type', ['text', 'json_object', 'json_schema'])
  if (type === 'json_schema') checkSchemaFormat(format, 'text.format')
  else requireKnown(format, ['type'], 'text.format')
  if (type === 'json_object' && !/json/i.test(JSON.stringify(items))) {
    const message =
      "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'."
    throw new OpenAiRefusal(message, { param: 'input' })
  }
}

function questionOf(body: Json, items: readonly Json[], reasons: boolean): ReferenceQuestion {
  const lastUser = items.findLastIndex((item) => item.role === 'user')
  const last = items[lastUser]
  const parts = items.filter(({ role }) => role === 'user').flatMap(({ content }) => partsOf(content))
  const text = isJson(body.text) ? body.text : {}
  const format = isJson(text.format) ? text.format : {}
  const reasoning = isJson(body.reasoning) ? body.reasoning : {}
  const choice = chosenTool(body.tool_choice)
  const tools = Array.isArray(body.tools) ? (body.tools as readonly Json[]) : []
  return {
    userText: last === undefined ? '' : textOf(last.content),
    tools: choice === false ? [] : tools.flatMap(({ name }) => (typeof name === 'string' ? [name] : [])),
    ...(choice === undefined || choice === false ? {} : { mustCall: choice }),
    parallel: body.parallel_tool_calls !== false,
    toolOutputs: items
      .slice(lastUser + 1)
      .filter(({ type }) => /_call_output$/.test(String(type)))
      .map(({ output }) => textOf(output)),
    images: parts.filter(({ type }) => type === 'input_image').length,
    files: parts.filter(({ type }) => type === 'input_file').length,
    ...(format.type === 'json_object' ? { schema: true as const } : {}),
    ...(format.type === 'json_schema' ? { schema: format.schema as Json } : {}),
    stop: [],
    ...(typeof body.max_output_tokens === 'number' ? { maxTokens: body.max_output_tokens } : {}),
    thinks: reasons && reasoning.effort !== 'none',
    promptChars: JSON.stringify([body.instructions ?? '', items]).length,
  }
}

/** A name, whether one must be called, `false` where none may, undefined where it is free. */
function chosenTool(choice: unknown): boolean | string | undefined {
  if (choice === 'none') return false
  if (choice === 'required') return true
  if (!isJson(choice)) return undefined
  if (choice.type === 'allowed_tools') return choice.mode === 'required' ? true : undefined
  return typeof choice.name === 'string' ? choice.name : true
}

function partsOf(content: unknown): readonly Json[] {
  return Array.isArray(content) ? content.filter(isJson) : []
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return partsOf(content)
    .map((part) => (typeof part.text === 'string' ? part.text : ''))
    .join('')
}
