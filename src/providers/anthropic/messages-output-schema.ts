import { isJsonObject, type JsonObject } from '../chat-provider.ts'

/** Beyond this a schema travels on as it is, for the API to judge; ours must not exhaust the stack. */
const maxDepth = 64

/** Keywords that Anthropic's structured outputs refuse. */
const refusedKeywords = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'patternProperties',
])

const knownFormats = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
])

const schemaLists = ['anyOf', 'oneOf', 'allOf']
const schemaMaps = ['properties', '$defs', 'definitions']

/**
 * A JSON schema as Anthropic's structured outputs and strict tools take it: objects are closed, `oneOf` is `anyOf`, and constraints that the
 * API refuses become part of the description, where the model at least reads them (Anthropic's SDK does likewise). Objects that
 * say themselves that they are open stay so, and the API refuses them: closing them would change what they mean.
 */
export function toOutputSchema(schema: JsonObject, depth = 0): JsonObject {
  if (depth === maxDepth) return schema
  const made: JsonObject = {}
  const wishes: string[] = []
  for (const [name, value] of Object.entries(schema)) {
    if (name === '$schema') continue
    // Both hold at once, and `anyOf` is taken.
    if (name === 'oneOf' && schema.anyOf !== undefined) continue
    if (isWish(name, value)) wishes.push(`${name}: ${JSON.stringify(value)}`)
    else made[name === 'oneOf' ? 'anyOf' : name] = translated(name, value, depth + 1)
  }
  if (schema.oneOf !== undefined && schema.anyOf !== undefined) {
    const others: readonly unknown[] = Array.isArray(made.allOf) ? made.allOf : []
    made.allOf = [...others, { anyOf: translated('oneOf', schema.oneOf, depth + 1) }]
  }
  const isObject = schema.type === 'object' || (Array.isArray(schema.type) && schema.type.includes('object'))
  if (isObject && schema.additionalProperties === undefined) made.additionalProperties = false
  if (wishes.length > 0) {
    const before = typeof schema.description === 'string' ? `${schema.description}\n\n` : ''
    made.description = `${before}(${wishes.join(', ')})`
  }
  return made
}

function isWish(name: string, value: unknown): boolean {
  if (name === 'format') return typeof value === 'string' && !knownFormats.has(value)
  if (name === 'minItems') return value !== 0 && value !== 1
  return refusedKeywords.has(name)
}

function translated(name: string, value: unknown, depth: number): unknown {
  if (schemaLists.includes(name) && Array.isArray(value)) {
    return value.map((entry: unknown) => (isJsonObject(entry) ? toOutputSchema(entry, depth) : entry))
  }
  if (schemaMaps.includes(name) && isJsonObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [key, isJsonObject(entry) ? toOutputSchema(entry, depth) : entry]),
    )
  }
  return name === 'items' && isJsonObject(value) ? toOutputSchema(value, depth) : value
}
