import { isJsonObject, type JsonObject } from '../chat-provider.ts'
import { contentParts, parseDataUrl } from '../neutral/neutral-message.ts'
import { untranslatable } from '../neutral/untranslatable.ts'
import type { BedrockTraits } from './bedrock-model.ts'
import { type DocumentNames, documentFormat } from './converse-document.ts'

/** What a translation of content needs beside it. */
export interface ContentContext {
  readonly traits: BedrockTraits
  readonly documents: DocumentNames
}

/**
 * The parts of a message as content blocks, cache points behind those that ask for one. Blank texts are left out: the API
 * refuses them.
 *
 * @param path where the message is, for errors.
 * @throws {ProviderError} `upstream_rejected`, naming the part that cannot be said in this API.
 */
export function contentBlocks(content: unknown, path: string, context: ContentContext): readonly JsonObject[] {
  return contentParts(content).flatMap((part, index) => {
    const block = blockOf(part, `${path}.content[${index}]`, context)
    return block === undefined ? [] : [block, ...cachePointOf(part, context.traits)]
  })
}

/** The cache point that a mark of the neutral form stands for; none where the model has no such cache. */
export function cachePointOf(
  { cache_control: mark }: JsonObject,
  { cachePoints, family }: BedrockTraits,
): JsonObject[] {
  if (!isJsonObject(mark) || cachePoints === 'none') return []
  // Only Claude's cache has another life than five minutes.
  const ttl = family === 'claude' && (mark.ttl === '5m' || mark.ttl === '1h') ? { ttl: mark.ttl } : {}
  return [{ cachePoint: { type: 'default', ...ttl } }]
}

function blockOf(part: JsonObject, path: string, { documents }: ContentContext): JsonObject | undefined {
  switch (part.type) {
    case 'text':
      return textBlock(part.text)
    // A refusal is what the assistant said.
    case 'refusal':
      return textBlock(part.refusal)
    case 'image_url':
      return { image: imageOf(part.image_url, `${path}.image_url`) }
    case 'file':
      return { document: documentOf(isJsonObject(part.file) ? part.file : {}, `${path}.file`, documents) }
    case 'input_audio':
      return { audio: audioOf(part.input_audio, `${path}.input_audio`) }
    default:
      throw untranslatable(`${path}.type is ${JSON.stringify(part.type)}, which Bedrock’s Converse API does not know`)
  }
}

export function textBlock(text: unknown): JsonObject | undefined {
  return typeof text === 'string' && text.trim() !== '' ? { text } : undefined
}

const imageFormats: { readonly [mediaType: string]: string } = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  // Wrong and common.
  'image/jpg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
}

function imageOf(image: unknown, path: string): JsonObject {
  const url = isJsonObject(image) ? image.url : image
  if (typeof url !== 'string') throw untranslatable(`${path}.url is missing`)
  const data = parseDataUrl(url)
  if (data === undefined) throw untranslatable(`${path}.url is no data URL in base64; Bedrock fetches no pictures`)
  const format = Object.hasOwn(imageFormats, data.mediaType) ? imageFormats[data.mediaType] : undefined
  if (format === undefined) throw untranslatable(`${path}.url is ${data.mediaType}; Bedrock takes PNG, JPEG, GIF, WebP`)
  return { format, source: { bytes: data.base64 } }
}

function documentOf(file: JsonObject, path: string, names: DocumentNames): JsonObject {
  if (typeof file.file_data !== 'string') throw untranslatable(`${path}.file_data is missing; Bedrock fetches no files`)
  const data = parseDataUrl(file.file_data)
  if (data === undefined) throw untranslatable(`${path}.file_data is no data URL in base64`)
  const format = documentFormat(data.mediaType)
  if (format === undefined) throw untranslatable(`${path}.file_data is ${data.mediaType}, which Bedrock does not take`)
  return { format, name: names.nameFor(file.filename), source: { bytes: data.base64 } }
}

function audioOf(audio: unknown, path: string): JsonObject {
  const { data, format } = isJsonObject(audio) ? audio : {}
  if (typeof data !== 'string' || typeof format !== 'string') throw untranslatable(`${path} lacks data or format`)
  return { format, source: { bytes: data } }
}
