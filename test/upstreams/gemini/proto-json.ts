import { invalidJson, isJson, type Json } from './gemini-refusal.ts'

/** The type of a field: a scalar, any JSON, one of some words, a message, or a list of one of these. */
export type FieldType =
  | 'string'
  | 'number'
  | 'integer'
  | 'boolean'
  | 'bytes'
  | 'struct'
  | 'any'
  | { readonly words: readonly string[] }
  | { readonly message: Message }
  | { readonly list: FieldType }

export type Message = Readonly<Record<string, FieldType>>

/**
 * Reads JSON as protocol buffers do: unknown fields and wrong types are refused, names may be in camel or snake case, null is
 * as good as absent.
 *
 * @returns the same with all names in camel case.
 * @throws {GeminiRefusal}
 */
export function readMessage(value: unknown, message: Message, path = ''): Json {
  if (!isJson(value)) throw invalidJson(`Invalid value at '${path}': not an object`)
  const read: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(value)) {
    const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    const type = Object.hasOwn(message, camel) ? message[camel] : undefined
    if (type === undefined) {
      const at = path === '' ? '' : ` at '${snake(path)}'`
      throw invalidJson(`Unknown name "${name}"${at}: Cannot find field.`)
    }
    if (field !== null) read[camel] = readField(field, type, path === '' ? camel : `${path}.${camel}`)
  }
  return read
}

function readField(value: unknown, type: FieldType, path: string): unknown {
  if (typeof type === 'string') {
    if (!isScalar(value, type)) {
      const shown = JSON.stringify(value).slice(0, 40)
      throw invalidJson(`Invalid value at '${snake(path)}' (TYPE_${type.toUpperCase()}), ${shown}`)
    }
    return value
  }
  if ('words' in type) {
    if (typeof value === 'string' && type.words.includes(value)) return value
    throw invalidJson(`Invalid value at '${snake(path)}' (TYPE_ENUM), ${JSON.stringify(value)}`)
  }
  if ('message' in type) return readMessage(value, type.message, path)
  if (!Array.isArray(value)) throw invalidJson(`Invalid value at '${snake(path)}': not a list`)
  return value.map((item, index) => readField(item, type.list, `${path}[${index}]`))
}

function isScalar(value: unknown, type: Extract<FieldType, string>): boolean {
  switch (type) {
    case 'any':
      return true
    case 'struct':
      return isJson(value)
    case 'number':
      return typeof value === 'number'
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 31
    case 'boolean':
      return typeof value === 'boolean'
    case 'string':
      return typeof value === 'string'
    case 'bytes':
      // Either alphabet of base64.
      return typeof value === 'string' && /^[A-Za-z0-9+/_-]*={0,2}$/.test(value)
  }
}

function snake(path: string): string {
  return path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
