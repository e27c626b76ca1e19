import type { JsonObject } from '../../../providers/chat-provider.ts'
import { hostedItem } from '../../../providers/parameters/request-parameters.ts'
import type { ContentBlock, DocumentBlock, ImageBlock, KnownBlock, SearchResultBlock } from './content-block.ts'

/**
 * A block of a user's turn, of the system text or of a tool's output as neutral content parts. Blocks we do not know are for an
 * upstream of this API, which gets them in the request as it came: the part that stands for one keeps all others from it.
 *
 * Documents that are text become text, as not every API takes files; `citations` have no counterpart and are left out.
 */
export function toNeutralParts(block: ContentBlock): readonly JsonObject[] {
  const known = block as KnownBlock
  switch (known.type) {
    case 'text':
      return [{ type: 'text', text: known.text, ...cached(known) }]
    case 'image':
      return [imagePart(known)]
    case 'document':
      return documentParts(known)
    case 'search_result':
      return [{ type: 'text', text: searchResultText(known), ...cached(known) }]
    case 'compaction':
      return typeof known.content === 'string' ? [{ type: 'text', text: known.content }] : []
    default:
      // What a search for tools found. Other APIs have all tools before them from the start.
      if (block.type === 'tool_reference' && typeof block.tool_name === 'string') {
        return [{ type: 'text', text: block.tool_name }]
      }
      return [{ type: hostedItem, item: block }]
  }
}

/** A lone plain text as the string that every API takes. */
export function toNeutralContent(parts: readonly JsonObject[]): string | readonly JsonObject[] {
  if (parts.length === 0) return ''
  const [first] = parts
  const plain = parts.length === 1 && first?.type === 'text' && first.cache_control === undefined
  return plain && typeof first.text === 'string' ? first.text : parts
}

/** Puts a breakpoint of the whole on its last part. */
export function cacheUpTo(parts: readonly JsonObject[], carrier: { readonly cache_control?: unknown }): JsonObject[] {
  return parts.map((part, index) => (index === parts.length - 1 ? { ...part, ...cached(carrier) } : part))
}

function cached({ cache_control: control }: { readonly cache_control?: unknown }): JsonObject {
  return control === undefined || control === null ? {} : { cache_control: control }
}

function imagePart(image: ImageBlock): JsonObject {
  const { source } = image
  switch (source.type) {
    case 'base64': {
      const url = `data:${source.media_type};base64,${source.data}`
      return { type: 'image_url', image_url: { url }, ...cached(image) }
    }
    case 'url':
      return { type: 'image_url', image_url: { url: source.url }, ...cached(image) }
    case 'file':
      return { type: 'file', file: { file_id: source.file_id }, ...cached(image) }
  }
}

function documentParts(document: DocumentBlock): readonly JsonObject[] {
  const { source, title, context } = document
  const filename = title === undefined || title === null ? {} : { filename: title }
  const contextPart = context ? [{ type: 'text', text: `Context: ${context}` }] : []
  const filePart = (file: JsonObject) => [
    ...contextPart,
    { type: 'file', file: { ...file, ...filename }, ...cached(document) },
  ]
  switch (source.type) {
    case 'base64':
      return filePart({ file_data: `data:${source.media_type};base64,${source.data}` })
    case 'url':
      return filePart({ file_url: source.url })
    case 'file':
      return filePart({ file_id: source.file_id })
    case 'text':
      return [{ type: 'text', text: headed(document, source.data), ...cached(document) }]
    case 'content': {
      if (typeof source.content === 'string') {
        return [{ type: 'text', text: headed(document, source.content), ...cached(document) }]
      }
      const head = headed(document, '')
      const headPart = head === '' ? [] : [{ type: 'text', text: head }]
      return cacheUpTo([...headPart, ...source.content.flatMap(toNeutralParts)], document)
    }
  }
}

/** A document's text under its title and context. */
function headed({ title, context }: DocumentBlock, text: string): string {
  const lines = [...(title ? [`Title: ${title}`] : []), ...(context ? [`Context: ${context}`] : [])]
  if (text !== '') lines.push(text)
  return lines.join('\n')
}

function searchResultText({ title, source, content }: SearchResultBlock): string {
  const texts = content.map((block) => (typeof block.text === 'string' ? block.text : ''))
  return [`Title: ${title}`, `Source: ${source}`, ...texts].join('\n')
}
