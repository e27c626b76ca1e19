import { type ChatRequest, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { quoted, untranslatable } from './untranslatable.ts'

/** Tools that Google runs, by the field that stands for each; callers may write them in either case. */
const hostedTools: ReadonlyMap<string, string> = new Map(
  [
    'googleSearch',
    'googleSearchRetrieval',
    'googleMaps',
    'codeExecution',
    'urlContext',
    'fileSearch',
    'computerUse',
    'mcpServers',
  ].flatMap((name) => [
    [name, name],
    [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), name],
  ]),
)

/**
 * `tools` and `toolConfig` of a request; neither where it brings no tools.
 *
 * @throws {ProviderError} `upstream_rejected` for tools and choices that Google does not have.
 */
export function toolFields(request: ChatRequest): JsonObject {
  const { declarations, hosted } = sortedTools(request)
  const tools = [...(declarations.length === 0 ? [] : [{ functionDeclarations: declarations }]), ...hosted]
  if (tools.length === 0) return {}
  // Without functions there is nothing to choose; Google refuses a choice then.
  const config = declarations.length === 0 ? undefined : callingConfig(request.tool_choice)
  return { tools, ...(config === undefined ? {} : { toolConfig: { functionCallingConfig: config } }) }
}

function sortedTools(request: ChatRequest): { declarations: JsonObject[]; hosted: JsonObject[] } {
  const declarations: JsonObject[] = []
  const hosted: JsonObject[] = []
  const tools: readonly unknown[] = Array.isArray(request.tools) ? request.tools : []
  for (const [index, tool] of tools.entries()) {
    if (!isJsonObject(tool)) throw untranslatable(`tools.${index}`, 'must be an object')
    if (tool.type === 'function') declarations.push(declaration(tool.function, `tools.${index}.function`))
    else hosted.push(hostedTool(tool, `tools.${index}`))
  }
  const asksForSearch = request.web_search_options !== undefined && request.web_search_options !== null
  if (asksForSearch && !hosted.some((tool) => tool.googleSearch !== undefined)) hosted.push({ googleSearch: {} })
  return { declarations, hosted }
}

function declaration(declared: unknown, path: string): JsonObject {
  if (!isJsonObject(declared) || typeof declared.name !== 'string') throw untranslatable(path, 'must have a name')
  const { name, description, parameters } = declared
  return {
    name,
    ...(typeof description === 'string' ? { description } : {}),
    ...(isJsonObject(parameters) ? { parametersJsonSchema: parameters } : {}),
  }
}

/** As Google writes it, `{googleSearch: {…}}`, or with a type, `{type: 'google_search', …}`. */
function hostedTool(tool: JsonObject, path: string): JsonObject {
  if (typeof tool.type !== 'string') {
    const fields = Object.entries(tool).flatMap(([field, value]) => {
      const name = hostedTools.get(field)
      return name === undefined ? [] : [[name, value] as const]
    })
    if (fields.length > 0) return Object.fromEntries(fields)
  }
  const name = typeof tool.type === 'string' ? hostedTools.get(tool.type) : undefined
  if (name === undefined) {
    throw untranslatable(`${path}.type`, `tools of type ${quoted(tool.type)} cannot be used with Gemini`)
  }
  const { type: _type, ...options } = tool
  return { [name]: options }
}

/** @returns undefined for what is the default: the LLM decides. */
function callingConfig(choice: unknown): JsonObject | undefined {
  if (choice === undefined || choice === null || choice === 'auto') return undefined
  if (choice === 'none') return { mode: 'NONE' }
  if (choice === 'required') return { mode: 'ANY' }
  if (isJsonObject(choice)) {
    const { type, function: named, allowed_tools: allowed } = choice
    if (type === 'function' && isJsonObject(named) && typeof named.name === 'string') {
      return { mode: 'ANY', allowedFunctionNames: [named.name] }
    }
    if (type === 'allowed_tools' && isJsonObject(allowed) && Array.isArray(allowed.tools)) {
      // `VALIDATED` is Google's name for: a text, or a call of one of these.
      const mode = allowed.mode === 'required' ? 'ANY' : 'VALIDATED'
      return { mode, allowedFunctionNames: allowed.tools.map((tool, index) => allowedName(tool, index)) }
    }
  }
  throw untranslatable('tool_choice', 'must be none, auto, required, a function or a list of allowed functions')
}

function allowedName(tool: unknown, index: number): string {
  const named = isJsonObject(tool) && tool.type === 'function' && isJsonObject(tool.function) ? tool.function.name : ''
  if (typeof named === 'string' && named !== '') return named
  throw untranslatable(`tool_choice.allowed_tools.tools.${index}`, 'must be a function')
}
