import { invalid, isJson } from './bedrock-refusal.ts'

/** What a field may hold. `document` is any JSON, `blob` is base64. */
export type Shape =
  | 'text'
  | 'number'
  | 'whole'
  | 'flag'
  | 'blob'
  | 'document'
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly oneOf: readonly string[] }
  /** Names that end in `!` are required. */
  | { readonly fields: Readonly<Record<string, Shape>> }
  /** Exactly one of them. */
  | { readonly union: Readonly<Record<string, Shape>> }

const cachePoint: Shape = { fields: { 'type!': { oneOf: ['default'] }, ttl: { oneOf: ['5m', '1h'] } } }
const source: Shape = { union: { bytes: 'blob' } }
const image: Shape = { fields: { 'format!': { oneOf: ['png', 'jpeg', 'gif', 'webp'] }, 'source!': source } }
const documentFormats = ['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md']
const documentBlock: Shape = {
  fields: { format: { oneOf: documentFormats }, 'name!': 'text', 'source!': source, context: 'text' },
}
const audio: Shape = { fields: { 'format!': { oneOf: ['mp3', 'wav', 'flac', 'opus', 'aac'] }, 'source!': source } }
const toolUse: Shape = { fields: { 'toolUseId!': 'text', 'name!': 'text', 'input!': 'document' } }
const toolResult: Shape = {
  fields: {
    'toolUseId!': 'text',
    'content!': { list: { union: { text: 'text', json: 'document', image, document: documentBlock } } },
    status: { oneOf: ['success', 'error'] },
  },
}
const reasoningContent: Shape = {
  union: { reasoningText: { fields: { 'text!': 'text', signature: 'text' } }, redactedContent: 'blob' },
}
const content: Shape = {
  union: { text: 'text', image, document: documentBlock, audio, toolUse, toolResult, reasoningContent, cachePoint },
}
const toolSpec: Shape = {
  fields: {
    'name!': 'text',
    description: 'text',
    'inputSchema!': { union: { json: 'document' } },
    strict: 'flag',
  },
}
const jsonSchema: Shape = { fields: { 'schema!': 'text', name: 'text', description: 'text' } }
const textFormat: Shape = {
  fields: { 'type!': { oneOf: ['json_schema'] }, 'structure!': { union: { jsonSchema } } },
}

/** The body of Converse and ConverseStream, from the types of AWS's client; guardrails and prompt resources are not served here. */
export const converseShape: Shape = {
  fields: {
    'messages!': { list: { fields: { 'role!': { oneOf: ['user', 'assistant'] }, 'content!': { list: content } } } },
    system: { list: { union: { text: 'text', cachePoint } } },
    inferenceConfig: {
      fields: { maxTokens: 'whole', temperature: 'number', topP: 'number', stopSequences: { list: 'text' } },
    },
    toolConfig: {
      fields: {
        'tools!': { list: { union: { toolSpec, cachePoint } } },
        toolChoice: {
          union: { auto: { fields: {} }, any: { fields: {} }, tool: { fields: { 'name!': 'text' } } },
        },
      },
    },
    outputConfig: { fields: { textFormat, effort: { oneOf: ['low', 'medium', 'high', 'xhigh', 'max'] } } },
    additionalModelRequestFields: 'document',
    additionalModelResponseFieldPaths: { list: 'text' },
    requestMetadata: { map: 'text' },
    serviceTier: { fields: { 'type!': { oneOf: ['default', 'flex', 'priority', 'reserved'] } } },
  },
}

/** Stricter than AWS, which passes over fields it does not know: here nothing we send may be without effect. */
export function checkShape(value: unknown, shape: Shape, path: string): void {
  if (typeof shape === 'string') {
    if (!isScalar(value, shape))
      throw invalid(`Value at '${path}' failed to satisfy constraint: Member must be ${shape}`)
  } else if ('oneOf' in shape) {
    if (typeof value !== 'string' || !shape.oneOf.includes(value)) {
      throw invalid(
        `Value at '${path}' failed to satisfy constraint: Member must satisfy enum value set: [${shape.oneOf.join(', ')}]`,
      )
    }
  } else if ('list' in shape) {
    if (!Array.isArray(value)) throw invalid(`Value at '${path}' must be a list`)
    for (const [index, item] of value.entries()) checkShape(item, shape.list, `${path}.${index}`)
  } else {
    if (!isJson(value)) throw invalid(`Value at '${path}' must be a structure`)
    checkMembers(value, shape, path)
  }
}

function checkMembers(
  value: Readonly<Record<string, unknown>>,
  shape: Extract<Shape, { readonly map: Shape } | { readonly fields: unknown } | { readonly union: unknown }>,
  path: string,
): void {
  if ('map' in shape) {
    for (const [name, item] of Object.entries(value)) checkShape(item, shape.map, `${path}.${name}`)
    return
  }
  const members = 'union' in shape ? shape.union : shape.fields
  if ('union' in shape && Object.keys(value).length !== 1)
    throw invalid(`Value at '${path}' must have exactly one member`)
  for (const [name, item] of Object.entries(value)) {
    const member = members[name] ?? members[`${name}!`]
    if (member === undefined) throw invalid(`extraneous key [${name}] is not permitted at '${path}'`)
    checkShape(item, member, `${path}.${name}`)
  }
  for (const name of Object.keys(members)) {
    if (name.endsWith('!') && !Object.hasOwn(value, name.slice(0, -1))) {
      throw invalid(
        `Value null at '${path}.${name.slice(0, -1)}' failed to satisfy constraint: Member must not be null`,
      )
    }
  }
}

function isScalar(value: unknown, shape: Extract<Shape, string>): boolean {
  switch (shape) {
    case 'document':
      return true
    case 'text':
      return typeof value === 'string'
    case 'flag':
      return typeof value === 'boolean'
    case 'number':
      return typeof value === 'number'
    case 'whole':
      return Number.isInteger(value)
    case 'blob':
      return typeof value === 'string' && /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)
  }
}
