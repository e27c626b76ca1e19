export type Json = Readonly<Record<string, unknown>>

/** What OpenAI's API says no with; thrown by the checks, answered by the server. */
export class OpenAiRefusal extends Error {
  readonly status: number
  readonly code: string | null
  readonly param: string | null
  readonly type: string

  constructor(message: string, { status = 400, code = null as string | null, param = null as string | null } = {}) {
    super(message)
    this.status = status
    this.code = code
    this.param = param
    this.type = typeOf(status)
  }

  get body(): Json {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } }
  }
}

function typeOf(status: number): string {
  if (status === 429) return 'requests'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function refuse(message: string, param: string, code = 'invalid_value'): never {
  throw new OpenAiRefusal(message, { param, code })
}

/** Refuses every field that is not among `known`. */
export function requireKnown(object: Json, known: readonly string[], path = ''): void {
  for (const name of Object.keys(object)) {
    if (known.includes(name)) continue
    const param = path === '' ? name : `${path}.${name}`
    refuse(`Unknown parameter: '${param}'.`, param, 'unknown_parameter')
  }
}

export function requireObject(value: unknown, param: string): Json {
  if (!isJson(value)) refuse(`Invalid type for '${param}': expected an object.`, param, 'invalid_type')
  return value
}

export function requireText(value: unknown, param: string, maxLength = Number.POSITIVE_INFINITY): string {
  if (typeof value !== 'string') refuse(`Invalid type for '${param}': expected a string.`, param, 'invalid_type')
  if (value.length > maxLength) {
    refuse(
      `Invalid '${param}': string too long. Expected a string with maximum length ${maxLength}, but got a string with length ${value.length} instead.`,
      param,
      'string_above_max_length',
    )
  }
  return value
}

export function requireArray(value: unknown, param: string, maxLength = Number.POSITIVE_INFINITY): readonly unknown[] {
  if (!Array.isArray(value)) refuse(`Invalid type for '${param}': expected an array.`, param, 'invalid_type')
  if (value.length > maxLength) {
    refuse(
      `Invalid '${param}': array too long. Expected an array with maximum length ${maxLength}, but got an array with length ${value.length} instead.`,
      param,
      'array_above_max_length',
    )
  }
  return value
}

export function requireOneOf(value: unknown, param: string, allowed: readonly string[]): string {
  if (typeof value !== 'string' || !allowed.includes(value)) {
    const supported = allowed.map((name) => `'${name}'`).join(', ')
    refuse(`Invalid value: '${String(value)}'. Supported values are: ${supported}.`, param)
  }
  return value
}

/** `null` and nothing are no number, and fine. */
export function checkNumber(value: unknown, param: string, min: number, max: number, whole = false): void {
  if (value === undefined || value === null) return
  if (typeof value !== 'number' || (whole && !Number.isInteger(value))) {
    refuse(`Invalid type for '${param}': expected ${whole ? 'an integer' : 'a number'}.`, param, 'invalid_type')
  }
  const kind = whole ? 'integer' : 'decimal'
  if (value < min) {
    refuse(
      `Invalid '${param}': ${kind} below minimum value. Expected a value >= ${min}, but got ${value} instead.`,
      param,
      `${kind}_below_min_value`,
    )
  }
  if (value > max) {
    refuse(
      `Invalid '${param}': ${kind} above maximum value. Expected a value <= ${max}, but got ${value} instead.`,
      param,
      `${kind}_above_max_value`,
    )
  }
}

const imageTypes = ['image/png', 'image/jpeg', 'image/gif', 'image/webp']

/** An https address, or a data URL of an image. */
export function checkImageUrl(url: unknown, param: string): void {
  const text = requireText(url, param)
  if (/^https?:\/\/[^/\s]+/.test(text)) return
  const match = /^data:([^;,]+);base64,(.*)$/s.exec(text)
  if (match === null) refuse('Failed to download image: expected a valid URL or data URL.', param, 'invalid_image_url')
  if (!imageTypes.includes(match[1]!)) {
    refuse(`You uploaded an unsupported image: ${match[1]}.`, param, 'invalid_image_format')
  }
  checkBase64(match[2]!, param)
}

/** A data URL of a file. */
export function checkFileData(data: unknown, param: string): void {
  const match = /^data:[^;,]+;base64,(.*)$/s.exec(requireText(data, param))
  if (match === null) refuse(`Invalid '${param}': expected a base64-encoded data URL.`, param)
  checkBase64(match[1]!, param)
}

export function checkBase64(data: unknown, param: string): void {
  const text = requireText(data, param)
  if (text === '' || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+=*$/.test(text)) {
    refuse(`Invalid base64 data in '${param}'.`, param, 'invalid_base64')
  }
}

/** The rules of strict JSON schemas that users break: every object closed, every property required. */
export function checkStrictSchema(schema: unknown, name: string, param: string, context: readonly string[] = []): void {
  if (!isJson(schema)) return
  const at = `(${context.map((part) => `'${part}'`).join(', ')})`
  if (schema.type === 'object') {
    if (schema.additionalProperties !== false) {
      const message = `Invalid schema for ${name}: In context=${at}, 'additionalProperties' is required to be supplied and to be false.`
      throw new OpenAiRefusal(message, { param, code: 'invalid_json_schema' })
    }
    const properties = isJson(schema.properties) ? schema.properties : {}
    const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : []
    for (const [property, child] of Object.entries(properties)) {
      if (!required.includes(property)) {
        const message = `Invalid schema for ${name}: In context=${at}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${property}'.`
        throw new OpenAiRefusal(message, { param, code: 'invalid_json_schema' })
      }
      checkStrictSchema(child, name, param, [...context, 'properties', property])
    }
  }
  if (schema.items !== undefined) checkStrictSchema(schema.items, name, param, [...context, 'items'])
}

/** `{name, schema, strict}` of both APIs. */
export function checkSchemaFormat(format: Json, path: string): void {
  requireKnown(format, ['type', 'name', 'schema', 'strict', 'description'], path)
  if (format.name === undefined) {
    refuse(`Missing required parameter: '${path}.name'.`, `${path}.name`, 'missing_required_parameter')
  }
  const name = requireText(format.name, `${path}.name`, 64)
  if (!/^[a-zA-Z0-9_-]+$/.test(name)) {
    refuse(
      `Invalid '${path}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      `${path}.name`,
    )
  }
  const schema = requireObject(format.schema, `${path}.schema`)
  if (format.strict === true) checkStrictSchema(schema, `response_format '${name}'`, path)
}

/** Name and parameters of a function tool, of both APIs. */
export function checkFunction(tool: Json, path: string): void {
  const name = requireText(tool.name, `${path}.name`, 64)
  if (!/^[a-zA-Z0-9_-]+$/.test(name)) {
    refuse(
      `Invalid '${path}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      `${path}.name`,
    )
  }
  if (tool.parameters === undefined || tool.parameters === null) return
  const parameters = requireObject(tool.parameters, `${path}.parameters`)
  if (parameters.type !== 'object') {
    const message = `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: "${String(parameters.type)}"'.`
    throw new OpenAiRefusal(message, { param: `${path}.parameters`, code: 'invalid_function_parameters' })
  }
  if (tool.strict === true) checkStrictSchema(parameters, `function '${name}'`, `${path}.parameters`)
}

/** What reasoning models do not take, unless their effort is `none`. */
export function refuseOnReasoningModel(body: Json, names: readonly string[]): void {
  for (const name of names) {
    const value = body[name]
    if (value === undefined || value === null || value === false) continue
    if (name === 'temperature') {
      if (value === 1) continue
      const message = `Unsupported value: 'temperature' does not support ${JSON.stringify(value)} with this model. Only the default (1) value is supported.`
      throw new OpenAiRefusal(message, { param: name, code: 'unsupported_value' })
    }
    const hint = name === 'max_tokens' ? " Use 'max_completion_tokens' instead." : ''
    throw new OpenAiRefusal(`Unsupported parameter: '${name}' is not supported with this model.${hint}`, {
      param: name,
      code: 'unsupported_parameter',
    })
  }
}
