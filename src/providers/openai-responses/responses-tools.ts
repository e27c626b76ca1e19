import { isJsonObject, type JsonObject } from '../chat-provider.ts'

/** Tools of chat completions as the Responses API writes them: flat. Hosted tools pass as they are. */
export function responsesTools(tools: unknown): readonly JsonObject[] {
  if (!Array.isArray(tools)) return []
  return tools.filter(isJsonObject).map(responsesTool)
}

function responsesTool(tool: JsonObject): JsonObject {
  if (tool.type === 'function' && isJsonObject(tool.function)) {
    const { name, description, parameters, strict } = tool.function
    return {
      type: 'function',
      name,
      ...(description === undefined ? {} : { description }),
      parameters: parameters ?? { type: 'object', properties: {} },
      // Chat completions are lenient unless told otherwise; here the default is strict.
      strict: strict ?? false,
    }
  }
  if (tool.type === 'custom' && isJsonObject(tool.custom)) {
    const { name, description, format } = tool.custom
    return {
      type: 'custom',
      name,
      ...(description === undefined ? {} : { description }),
      ...(format === undefined ? {} : { format: customFormat(format) }),
    }
  }
  return tool
}

function customFormat(format: unknown): unknown {
  if (!isJsonObject(format) || !isJsonObject(format.grammar)) return format
  return { type: format.type, ...format.grammar }
}

/** A tool choice as the Responses API writes it. */
export function responsesToolChoice(choice: unknown): unknown {
  if (!isJsonObject(choice)) return choice
  if (choice.type === 'function' && isJsonObject(choice.function)) {
    return { type: 'function', name: choice.function.name }
  }
  if (choice.type === 'custom' && isJsonObject(choice.custom)) return { type: 'custom', name: choice.custom.name }
  if (choice.type === 'allowed_tools' && isJsonObject(choice.allowed_tools)) {
    const { mode, tools } = choice.allowed_tools
    const flat = Array.isArray(tools) ? tools.filter(isJsonObject).map(allowedTool) : []
    return { type: 'allowed_tools', mode, tools: flat }
  }
  return choice
}

function allowedTool(tool: JsonObject): JsonObject {
  const named = typeof tool.type === 'string' ? tool[tool.type] : undefined
  return isJsonObject(named) ? { type: tool.type, name: named.name } : tool
}

/** `response_format` as the Responses API's `text.format`; undefined for plain text. */
export function responsesTextFormat(format: unknown): JsonObject | undefined {
  if (!isJsonObject(format)) return undefined
  if (format.type === 'json_object') return { type: 'json_object' }
  if (format.type !== 'json_schema' || !isJsonObject(format.json_schema)) return undefined
  const { name, description, schema, strict } = format.json_schema
  return {
    type: 'json_schema',
    name,
    ...(description === undefined ? {} : { description }),
    schema: schema ?? {},
    strict: strict ?? false,
  }
}
