import { type ChatRequest, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { toolCallIdFor } from '../neutral/tool-call-id.ts'
import { untranslatable } from '../neutral/untranslatable.ts'
import { hostOf } from '../parameters/vendor-forms.ts'
import { withCache } from './messages-content.ts'
import { toOutputSchema } from './messages-output-schema.ts'

const toolNameRule = { character: /[A-Za-z0-9_-]/, maxLength: 128 }

/** The same tool's name where the API reads it; unchanged when it is valid there. */
export function toolNameFor(name: string): string {
  return toolCallIdFor(name, toolNameRule)
}

/** Names of a request's tools as its caller wrote them, by the name the API knows; those that are the same left out. */
export function toolNamesOf(request: ChatRequest): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const { name } of functionsOf(request)) {
    if (typeof name === 'string' && toolNameFor(name) !== name) names.set(toolNameFor(name), name)
  }
  return names
}

/** `tools`, or the `functions` of old. Tools of Anthropic's own pass as they are. @throws {ProviderError} for other kinds. */
export function toolsOf(request: ChatRequest): readonly JsonObject[] {
  const tools: readonly unknown[] = Array.isArray(request.tools) ? request.tools : []
  const made = tools.map((tool, index) => toolOf(tool, `tools[${index}]`))
  const functions: readonly unknown[] = Array.isArray(request.functions) ? request.functions : []
  return [...made, ...functions.map((entry, index) => functionTool(entry, `functions[${index}]`))]
}

function toolOf(tool: unknown, path: string): JsonObject {
  if (!isJsonObject(tool)) throw untranslatable(`${path} is not an object`)
  if (tool.type === 'function') return withCache(functionTool(tool.function, `${path}.function`), tool)
  if (hostOf(tool) === 'anthropic') return tool
  throw untranslatable(`${path}.type is ${JSON.stringify(tool.type)}, which Anthropic’s API does not know`)
}

function functionTool(entry: unknown, path: string): JsonObject {
  if (!isJsonObject(entry) || typeof entry.name !== 'string') throw untranslatable(`${path}.name is missing`)
  const { name, description, parameters, strict } = entry
  const schema: JsonObject = isJsonObject(parameters)
    ? { type: 'object', ...parameters }
    : { type: 'object', properties: {} }
  return {
    name: toolNameFor(name),
    ...(typeof description === 'string' && description !== '' ? { description } : {}),
    input_schema: strict === true ? toOutputSchema(schema) : schema,
    ...(strict === true ? { strict: true } : {}),
  }
}

/** `tool_choice` with `parallel_tool_calls`, or the `function_call` of old; undefined: nothing to say. */
export function toolChoiceOf(request: ChatRequest): JsonObject | undefined {
  const choice = choiceOf(request.tool_choice ?? request.function_call)
  if (request.parallel_tool_calls !== false) return choice
  if (choice?.type === 'none') return choice
  return { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true }
}

function choiceOf(choice: unknown): JsonObject | undefined {
  if (choice === undefined || choice === null) return undefined
  if (choice === 'auto' || choice === 'none') return { type: choice }
  if (choice === 'required') return { type: 'any' }
  if (!isJsonObject(choice)) throw untranslatable(`tool_choice is ${JSON.stringify(choice)}`)
  if (choice.type === 'allowed_tools') {
    const allowed = isJsonObject(choice.allowed_tools) ? choice.allowed_tools : choice
    return { type: allowed.mode === 'required' ? 'any' : 'auto' }
  }
  const named = isJsonObject(choice.function) ? choice.function : choice
  if (typeof named.name !== 'string') throw untranslatable('tool_choice names no function')
  return { type: 'tool', name: toolNameFor(named.name) }
}

/** Names that `tool_choice: {type: 'allowed_tools'}` leaves of the tools; undefined: all of them. */
export function allowedToolNames(request: ChatRequest): ReadonlySet<string> | undefined {
  const choice = request.tool_choice
  if (!isJsonObject(choice) || choice.type !== 'allowed_tools') return undefined
  const { tools } = isJsonObject(choice.allowed_tools) ? choice.allowed_tools : choice
  const entries: readonly unknown[] = Array.isArray(tools) ? tools : []
  return new Set(
    entries.flatMap((entry) => {
      const named = isJsonObject(entry) && isJsonObject(entry.function) ? entry.function : entry
      return isJsonObject(named) && typeof named.name === 'string' ? [toolNameFor(named.name)] : []
    }),
  )
}

function functionsOf(request: ChatRequest): readonly JsonObject[] {
  const tools: readonly unknown[] = Array.isArray(request.tools) ? request.tools : []
  const functions: readonly unknown[] = Array.isArray(request.functions) ? request.functions : []
  const inner = tools.map((tool) => (isJsonObject(tool) && tool.type === 'function' ? tool.function : undefined))
  return [...inner, ...functions].filter(isJsonObject)
}
