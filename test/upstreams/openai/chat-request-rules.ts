import type { ReferenceQuestion } from '../reference-llm.ts'
import {
  checkBase64,
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

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

const knownParameters = [
  ...['messages', 'model', 'audio', 'frequency_penalty', 'function_call', 'functions', 'logit_bias', 'logprobs'],
  ...['max_completion_tokens', 'max_tokens', 'metadata', 'modalities', 'moderation', 'n', 'parallel_tool_calls'],
  ...['prediction', 'presence_penalty', 'prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention'],
  ...['reasoning_effort', 'response_format', 'safety_identifier', 'seed', 'service_tier', 'stop', 'store', 'stream'],
  ...['stream_options', 'temperature', 'tool_choice', 'tools', 'top_logprobs', 'top_p', 'user', 'verbosity'],
  'web_search_options',
]

const knownMessageFields: Readonly<Record<string, readonly string[]>> = {
  system: ['role', 'content', 'name'],
  developer: ['role', 'content', 'name'],
  user: ['role', 'content', 'name'],
  // `annotations` is part of its own answers, which clients send back whole; `parsed` is what its SDK adds to them.
  assistant: ['role', 'content', 'name', 'refusal', 'tool_calls', 'function_call', 'audio', 'annotations', 'parsed'],
  // `name` is not in the reference, but OpenAI's own examples send it, and LangChain does.
  tool: ['role', 'content', 'tool_call_id', 'name'],
  function: ['role', 'content', 'name'],
}

/** Reads a body of `POST /chat/completions` as strictly as OpenAI does. @throws {OpenAiRefusal} */
export function readChatRequest(body: Json, reasons: boolean): ReferenceQuestion {
  requireKnown(body, knownParameters)
  checkScalars(body)
  if (reasons) checkReasoning(body)
  else if (body.reasoning_effort !== undefined && body.reasoning_effort !== null) {
    const message = "Unsupported parameter: 'reasoning_effort' is not supported with this model."
    refuse(message, 'reasoning_effort', 'unsupported_parameter')
  }
  const messages = requireArray(body.messages, 'messages').map((message, index) =>
    checkMessage(requireObject(message, `messages[${index}]`), `messages[${index}]`),
  )
  if (messages.length === 0) {
    refuse("Invalid 'messages': empty array. Expected an array with minimum length 1.", 'messages', 'empty_array')
  }
  checkToolOrder(messages)
  checkTools(body)
  checkResponseFormat(body, messages)
  return questionOf(body, messages, reasons)
}

function checkScalars(body: Json): void {
  checkNumber(body.temperature, 'temperature', 0, 2)
  checkNumber(body.top_p, 'top_p', 0, 1)
  checkNumber(body.frequency_penalty, 'frequency_penalty', -2, 2)
  checkNumber(body.presence_penalty, 'presence_penalty', -2, 2)
  checkNumber(body.n, 'n', 1, 128, true)
  checkNumber(body.max_tokens, 'max_tokens', 1, 1e6, true)
  checkNumber(body.max_completion_tokens, 'max_completion_tokens', 1, 1e6, true)
  checkNumber(body.top_logprobs, 'top_logprobs', 0, 20, true)
  checkNumber(body.seed, 'seed', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, true)
  if (typeof body.top_logprobs === 'number' && body.logprobs !== true) {
    refuse("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", 'top_logprobs')
  }
  if (body.stream_options !== undefined && body.stream_options !== null) {
    if (body.stream !== true) {
      refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
    }
    const options = requireObject(body.stream_options, 'stream_options')
    requireKnown(options, ['include_usage', 'include_obfuscation'], 'stream_options')
  }
  if (body.max_tokens !== undefined && body.max_completion_tokens !== undefined) {
    const message =
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported. Use 'max_completion_tokens' instead."
    refuse(message, 'max_tokens')
  }
  if (Array.isArray(body.stop)) {
    requireArray(body.stop, 'stop', 4).forEach((text, index) => {
      requireText(text, `stop[${index}]`)
    })
  } else if (body.stop !== undefined && body.stop !== null) requireText(body.stop, 'stop')
  if (body.user !== undefined && body.user !== null) requireText(body.user, 'user', 512)
  if (body.logit_bias !== undefined && body.logit_bias !== null) requireObject(body.logit_bias, 'logit_bias')
  if (body.verbosity !== undefined && body.verbosity !== null) {
    requireOneOf(body.verbosity, 'verbosity', ['low', 'medium', 'high'])
  }
  if (body.service_tier !== undefined && body.service_tier !== null) {
    requireOneOf(body.service_tier, 'service_tier', ['auto', 'default', 'flex', 'scale', 'priority', 'fast'])
  }
}

function checkReasoning(body: Json): void {
  const effort = body.reasoning_effort
  if (effort !== undefined && effort !== null) requireOneOf(effort, 'reasoning_effort', efforts)
  refuseOnReasoningModel(body, ['max_tokens', 'stop'])
  if (effort === 'none') return
  const sampling = ['temperature', 'top_p', 'frequency_penalty', 'presence_penalty', 'logprobs', 'top_logprobs']
  refuseOnReasoningModel(body, [...sampling, 'logit_bias'])
}

function checkMessage(message: Json, path: string): Json {
  const role = requireOneOf(message.role, `${path}.role`, Object.keys(knownMessageFields))
  requireKnown(message, knownMessageFields[role]!, path)
  const { content } = message
  const calls = message.tool_calls
  if (role === 'assistant') {
    if (calls !== undefined && calls !== null) checkToolCalls(calls, `${path}.tool_calls`)
    const says = [content, calls, message.function_call, message.refusal, message.audio]
    if (says.every((part) => part === undefined || part === null)) {
      refuse(`Invalid value for 'content': expected a string, got null.`, `${path}.content`, 'invalid_type')
    }
    if (content === undefined || content === null) return message
  }
  if (role === 'tool') requireText(message.tool_call_id, `${path}.tool_call_id`, 40)
  if (typeof content === 'string') return message
  for (const [index, part] of requireArray(content, `${path}.content`).entries()) {
    checkPart(requireObject(part, `${path}.content[${index}]`), role, `${path}.content[${index}]`)
  }
  return message
}

function checkToolCalls(calls: unknown, path: string): void {
  const list = requireArray(calls, path, 128)
  if (list.length === 0) refuse(`Invalid '${path}': empty array.`, path, 'empty_array')
  for (const [index, entry] of list.entries()) {
    const call = requireObject(entry, `${path}[${index}]`)
    requireKnown(call, ['id', 'type', 'function', 'custom'], `${path}[${index}]`)
    requireText(call.id, `${path}[${index}].id`, 40)
    const type = requireOneOf(call.type, `${path}[${index}].type`, ['function', 'custom'])
    const said = requireObject(call[type], `${path}[${index}].${type}`)
    requireKnown(
      said,
      type === 'function' ? ['name', 'arguments', 'parsed_arguments'] : ['name', 'input'],
      `${path}[${index}].${type}`,
    )
    requireText(said.name, `${path}[${index}].${type}.name`, 64)
    requireText(type === 'function' ? said.arguments : said.input, `${path}[${index}].${type}.arguments`)
  }
}

function checkPart(part: Json, role: string, path: string): void {
  const byRole: Readonly<Record<string, readonly string[]>> = {
    user: ['text', 'image_url', 'input_audio', 'file'],
    assistant: ['text', 'refusal'],
  }
  const type = requireOneOf(part.type, `${path}.type`, byRole[role] ?? ['text'])
  requireKnown(part, ['type', type, 'prompt_cache_breakpoint'], path)
  if (type === 'text' || type === 'refusal') {
    requireText(part[type], `${path}.${type}`)
    return
  }
  const said = requireObject(part[type], `${path}.${type}`)
  if (type === 'image_url') {
    requireKnown(said, ['url', 'detail'], `${path}.image_url`)
    checkImageUrl(said.url, `${path}.image_url.url`)
  } else if (type === 'input_audio') {
    requireKnown(said, ['data', 'format'], `${path}.input_audio`)
    requireOneOf(said.format, `${path}.input_audio.format`, ['wav', 'mp3'])
    checkBase64(said.data, `${path}.input_audio.data`)
  } else {
    requireKnown(said, ['file_data', 'file_id', 'filename'], `${path}.file`)
    if (said.file_id !== undefined) requireText(said.file_id, `${path}.file.file_id`)
    else {
      checkFileData(said.file_data, `${path}.file.file_data`)
      requireText(said.filename, `${path}.file.filename`)
    }
  }
}

/** Every call is answered, right behind it, and nothing else is. */
function checkToolOrder(messages: readonly Json[]): void {
  let open = new Set<unknown>()
  const requireAnswered = (index: number) => {
    if (open.size === 0) return
    const ids = [...open].join(', ')
    const message = `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids}`
    throw new OpenAiRefusal(message, { param: `messages.[${index}].role` })
  }
  let previous: Json | undefined
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      const follows = previous?.role === 'tool' || Array.isArray(previous?.tool_calls)
      if (!follows || !open.delete(message.tool_call_id)) {
        const text =
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
        throw new OpenAiRefusal(text, { param: `messages.[${index}].role` })
      }
    } else {
      requireAnswered(index)
      const calls: readonly unknown[] = Array.isArray(message.tool_calls) ? message.tool_calls : []
      open = new Set(calls.map((call) => (call as Json).id))
    }
    previous = message
  }
  requireAnswered(messages.length)
}

function checkTools(body: Json): void {
  const tools = body.tools === undefined || body.tools === null ? [] : requireArray(body.tools, 'tools', 128)
  for (const [index, entry] of tools.entries()) {
    const path = `tools[${index}]`
    const tool = requireObject(entry, path)
    const type = requireOneOf(tool.type, `${path}.type`, ['function', 'custom'])
    requireKnown(tool, ['type', type], path)
    const said = requireObject(tool[type], `${path}.${type}`)
    const own =
      type === 'function' ? ['name', 'description', 'parameters', 'strict'] : ['name', 'description', 'format']
    requireKnown(said, own, `${path}.${type}`)
    checkFunction(said, `${path}.${type}`)
  }
  if (Array.isArray(body.tools) && body.tools.length === 0) {
    refuse("Invalid 'tools': empty array. Expected an array with minimum length 1.", 'tools', 'empty_array')
  }
  for (const name of ['tool_choice', 'parallel_tool_calls']) {
    if (body[name] === undefined || body[name] === null || tools.length > 0) continue
    refuse(`Invalid value for '${name}': '${name}' is only allowed when 'tools' are specified.`, name)
  }
  if (typeof body.tool_choice === 'string') requireOneOf(body.tool_choice, 'tool_choice', ['none', 'auto', 'required'])
}

function checkResponseFormat(body: Json, messages: readonly Json[]): void {
  if (body.response_format === undefined || body.response_format === null) return
  const format = requireObject(body.response_format, 'response_format')
  const type = requireOneOf(format.type, 'response_format.type', ['text', 'json_object', 'json_schema'])
  if (type === 'json_object' && !/json/i.test(JSON.stringify(messages))) {
    const message =
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
    throw new OpenAiRefusal(message, { param: 'messages' })
  }
  if (type === 'json_schema') {
    requireKnown(format, ['type', 'json_schema'], 'response_format')
    const path = 'response_format.json_schema'
    checkSchemaFormat(requireObject(format.json_schema, path), path)
  }
}

function questionOf(body: Json, messages: readonly Json[], reasons: boolean): ReferenceQuestion {
  const lastUser = messages.findLastIndex((message) => message.role === 'user')
  const last = messages[lastUser]
  const parts = messages.filter(({ role }) => role === 'user').flatMap(({ content }) => partsOf(content))
  const format = isJson(body.response_format) ? body.response_format : {}
  const schema = isJson(format.json_schema) ? (format.json_schema.schema as Json) : undefined
  const maxTokens = body.max_completion_tokens ?? body.max_tokens
  const choice = chosenTool(body)
  return {
    userText: last === undefined ? '' : textOf(last.content),
    tools: choice === false ? [] : [...toolNames(body.tools), ...legacyNames(body.functions)],
    ...(choice === undefined || choice === false ? {} : { mustCall: choice }),
    parallel: body.parallel_tool_calls !== false && body.functions === undefined,
    toolOutputs: messages
      .slice(lastUser + 1)
      .filter(({ role }) => role === 'tool' || role === 'function')
      .map(({ content }) => textOf(content)),
    images: parts.filter(({ type }) => type === 'image_url').length,
    files: parts.filter(({ type }) => type === 'file' || type === 'input_audio').length,
    ...(format.type === 'json_object' ? { schema: true as const } : schema === undefined ? {} : { schema }),
    stop: typeof body.stop === 'string' ? [body.stop] : Array.isArray(body.stop) ? (body.stop as string[]) : [],
    ...(typeof maxTokens === 'number' ? { maxTokens } : {}),
    thinks: reasons && body.reasoning_effort !== 'none',
    promptChars: JSON.stringify(messages).length,
  }
}

/** A name, whether one must be called, `false` where none may, undefined where it is free. */
function chosenTool({ tool_choice: choice, function_call: legacy }: Json): boolean | string | undefined {
  if (choice === 'none' || legacy === 'none') return false
  if (choice === 'required') return true
  if (isJson(legacy)) return String(legacy.name)
  if (!isJson(choice)) return undefined
  if (choice.type === 'allowed_tools') return (choice.allowed_tools as Json).mode === 'required' ? true : undefined
  const said = choice[String(choice.type)]
  if (!isJson(said)) refuse("Missing required parameter: 'tool_choice.function'.", 'tool_choice')
  return String(said.name)
}

function toolNames(tools: unknown): readonly string[] {
  const list = Array.isArray(tools) ? (tools as readonly Json[]) : []
  return list.map((tool) => String((tool[String(tool.type)] as Json).name))
}

function legacyNames(functions: unknown): readonly string[] {
  return Array.isArray(functions) ? (functions as readonly Json[]).map((entry) => String(entry.name)) : []
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
