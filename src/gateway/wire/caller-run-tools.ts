import { isJsonObject, type JsonObject } from '../../providers/chat-provider.ts'

/**
 * OpenAI's own tools that the caller runs: they cost no more than their tokens. All others run at OpenAI. Source: the types
 * of its official client, November 2026.
 */
const openAiTypes: ReadonlySet<unknown> = new Set([
  ...['function', 'custom', 'namespace', 'tool_search', 'local_shell', 'apply_patch'],
  ...['computer', 'computer_use_preview'],
])

/** Anthropic's, by the beginning of their types. */
const anthropicTypes = ['bash_', 'text_editor_', 'memory_', 'computer_', 'browser_', 'tool_search_tool_']

/** Google's, which a field names. */
const googleFields: ReadonlySet<string> = new Set(['computerUse', 'computer_use'])

export function callerRunsOpenAiTool({ type, environment }: JsonObject): boolean {
  if (openAiTypes.has(type)) return true
  return type === 'shell' && isJsonObject(environment) && environment.type === 'local'
}

export function callerRunsAnthropicTool({ type }: JsonObject): boolean {
  return typeof type === 'string' && anthropicTypes.some((prefix) => type.startsWith(prefix))
}

/** Of a tool in chat completions, where each vendor's may stand: what is in it, too. */
export function callerRunsTool(tool: JsonObject): boolean {
  const { type, tools } = tool
  if (Array.isArray(tools) && !tools.every((inner) => !isJsonObject(inner) || callerRunsTool(inner))) return false
  if (type === undefined || type === null) return Object.keys(tool).every((field) => googleFields.has(field))
  return callerRunsOpenAiTool(tool) || callerRunsAnthropicTool(tool)
}
