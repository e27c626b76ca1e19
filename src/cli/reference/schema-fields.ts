/** The parts of JSON schema that our own schemas use. */
interface Schema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: { readonly [name: string]: Schema }
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly anyOf?: readonly Schema[]
  readonly required?: readonly string[]
  readonly $ref?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
}

/** One field of a schema, with its dotted path: `server.limits.max_body_bytes`, `llms[].id`, `providers.<name>.kind`. */
export interface SchemaField {
  readonly path: string
  readonly type: string
  readonly required: boolean
  readonly default: string
  readonly description: string
}

/** Every field of a JSON schema, depth first, in the schema's order. */
export function schemaFields(schema: unknown): readonly SchemaField[] {
  const fields: SchemaField[] = []
  collect(schema as Schema, '', fields)
  return fields
}

function collect(schema: Schema, path: string, fields: SchemaField[]): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const at = path === '' ? name : `${path}.${name}`
    fields.push({
      path: at,
      type: typeOf(property),
      required: schema.required?.includes(name) === true && property.default === undefined,
      default: property.default === undefined || isObject(property.default) ? '' : JSON.stringify(property.default),
      description: property.description ?? '',
    })
    descend(property, at, fields)
  }
}

function descend(schema: Schema, path: string, fields: SchemaField[]): void {
  collect(schema, path, fields)
  if (schema.items !== undefined) descend(schema.items, `${path}[]`, fields)
  if (isObject(schema.additionalProperties)) descend(schema.additionalProperties, `${path}.<name>`, fields)
  for (const choice of schema.anyOf ?? []) descend(choice, path, fields)
}

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(', ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.anyOf !== undefined)
    return [...new Set(schema.anyOf.map(typeOf))].filter((type) => type !== 'null').join(' or ')
  const type = typeof schema.type === 'string' ? schema.type : (schema.type ?? ['any']).join(' or ')
  if (type === 'array') return schema.items === undefined ? 'list' : `list of ${typeOf(schema.items)}`
  return type + rangeOf(schema)
}

/** Bounds that say more than that a whole number has an end. */
function rangeOf({ minimum, maximum, exclusiveMinimum }: Schema): string {
  const low = exclusiveMinimum === undefined ? (minimum === undefined ? '' : `≥ ${minimum}`) : `> ${exclusiveMinimum}`
  const high = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? '' : `≤ ${maximum}`
  const bounds = [low.includes('9007') ? '' : low, high].filter((bound) => bound !== '')
  return bounds.length === 0 ? '' : ` ${bounds.join(', ')}`
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
