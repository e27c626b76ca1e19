import { type ChatRequest, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { type ToolCallIdRule, toolCallIdFor } from '../neutral/tool-call-id.ts'
import { untranslatable } from '../neutral/untranslatable.ts'
import type { BedrockTraits } from './bedrock-model.ts'
import { cachePointOf } from './converse-content.ts'

/** Bedrock has the same rule for names of tools and for ids of their calls. */
export const converseNameRule: ToolCallIdRule = { character: /[A-Za-z0-9_-]/, maxLength: 64 }

/** The same tool's name where the API reads it; unchanged when it is valid there. */
export function toolNameFor(name: string): string {
  return toolCallIdFor(name, converseNameRule)
}

/** Names of a request's tools as its caller wrote them, by the name the API knows; those that are the same left out. */
export function toolNamesOf({ tools }: ChatRequest): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const { name } of functionsOf(tools)) {
    if (typeof name === 'string' && toolNameFor(name) !== name) names.set(toolNameFor(name), name)
  }
  return names
}

/** Which tools may be called, in the words of the Messages API. */
export type ToolChoice = { readonly type: 'auto' | 'any' | 'none' } | { readonly type: 'tool'; readonly name: string }

/** `tool_choice`; undefined: nothing to say. */
export function toolChoiceOf({ tool_choice: choice }: ChatRequest): ToolChoice | undefined {
  if (choice === undefined || choice === null) return undefined
  if (choice === 'auto' || choice === 'none') return { type: choice }
  if (choice === 'required') return { type: 'any' }
  if (!isJsonObject(choice)) throw untranslatable(`tool_choice is ${JSON.stringify(choice)}`)
  if (choice.type === 'allowed_tools') {
    const { mode } = isJsonObject(choice.allowed_tools) ? choice.allowed_tools : choice
    return { type: mode === 'required' ? 'any' : 'auto' }
  }
  const { name } = isJsonObject(choice.function) ? choice.function : choice
  if (typeof name !== 'string') throw untranslatable('tool_choice names no function')
  return { type: 'tool', name: toolNameFor(name) }
}

/** A tool of a request, and the cache point behind it. */
export interface ConverseTool {
  readonly name: string
  readonly entries: readonly JsonObject[]
}

/** The tools that may be called. @throws {ProviderError} for other kinds than functions. */
export function toolsOf(request: ChatRequest, traits: BedrockTraits): readonly ConverseTool[] {
  const allowed = allowedNames(request.tool_choice)
  const tools: readonly unknown[] = Array.isArray(request.tools) ? request.tools : []
  return tools
    .map((tool, index) => toolOf(tool, `tools[${index}]`, traits))
    .filter(({ name }) => allowed === undefined || allowed.has(name))
}

function toolOf(tool: unknown, path: string, traits: BedrockTraits): ConverseTool {
  if (!isJsonObject(tool)) throw untranslatable(`${path} is not an object`)
  if (tool.type !== 'function') {
    throw untranslatable(`${path}.type is ${JSON.stringify(tool.type)}, which Bedrock’s Converse API does not know`)
  }
  const { name, description, parameters, strict } = isJsonObject(tool.function) ? tool.function : {}
  if (typeof name !== 'string') throw untranslatable(`${path}.function.name is missing`)
  const toolSpec = {
    name: toolNameFor(name),
    ...(typeof description === 'string' && description !== '' ? { description } : {}),
    inputSchema: {
      json: isJsonObject(parameters) ? { type: 'object', ...parameters } : { type: 'object', properties: {} },
    },
    // Which other models refuse it is not documented; many clients ask for it with every tool.
    ...(strict === true && traits.family === 'claude' ? { strict: true } : {}),
  }
  const cachePoint = traits.cachePoints === 'all' ? cachePointOf(tool, traits) : []
  return { name: toolSpec.name, entries: [{ toolSpec }, ...cachePoint] }
}

/** Names that `tool_choice: {type: 'allowed_tools'}` leaves of the tools; undefined: all of them. */
function allowedNames(choice: unknown): ReadonlySet<string> | undefined {
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

function functionsOf(tools: unknown): readonly JsonObject[] {
  const list: readonly unknown[] = Array.isArray(tools) ? tools : []
  return list.flatMap((tool) => (isJsonObject(tool) && isJsonObject(tool.function) ? [tool.function] : []))
}
