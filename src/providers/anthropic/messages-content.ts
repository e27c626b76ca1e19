import { isJsonObject, type JsonObject } from '../chat-provider.ts'
import { contentParts, parseDataUrl } from '../neutral/neutral-message.ts'
import { untranslatable } from '../neutral/untranslatable.ts'

/** A content block of the Messages API. */
export type ContentBlock = JsonObject & { readonly type: string }

/**
 * The parts of a message as content blocks. Empty texts are left out: the API refuses them.
 *
 * @param path where the message is, for errors.
 * @throws {ProviderError} `upstream_rejected`, naming the part that cannot be said in this API.
 */
export function contentBlocks(content: unknown, path: string): readonly ContentBlock[] {
  return contentParts(content).flatMap((part, index): readonly ContentBlock[] => {
    const block = blockOf(part, `${path}.content[${index}]`)
    return block === undefined ? [] : [withCache(block, part)]
  })
}

/** `cache_control` of the neutral form is Anthropic's own. */
export function withCache<Block extends JsonObject>(block: Block, carrier: JsonObject): Block {
  const cache = carrier.cache_control
  return cache === undefined || cache === null ? block : { ...block, cache_control: cache }
}

function blockOf(part: JsonObject, path: string): ContentBlock | undefined {
  switch (part.type) {
    case 'text':
      return textBlock(part.text)
    // A refusal is what the assistant said.
    case 'refusal':
      return textBlock(part.refusal)
    case 'image_url':
      return { type: 'image', source: imageSource(part.image_url, `${path}.image_url`) }
    case 'file':
      return documentBlock(isJsonObject(part.file) ? part.file : {}, `${path}.file`)
    case 'input_audio':
      throw untranslatable(`${path} is audio, which Anthropic’s API does not take`)
    default:
      throw untranslatable(`${path}.type is ${JSON.stringify(part.type)}, which Anthropic’s API does not know`)
  }
}

function textBlock(text: unknown): ContentBlock | undefined {
  return typeof text === 'string' && text !== '' ? { type: 'text', text } : undefined
}

function imageSource(image: unknown, path: string): JsonObject {
  const url = isJsonObject(image) ? image.url : image
  if (typeof url !== 'string') throw untranslatable(`${path}.url is missing`)
  if (!url.startsWith('data:')) return { type: 'url', url }
  const data = parseDataUrl(url)
  if (data === undefined) throw untranslatable(`${path}.url is no data URL in base64`)
  // `image/jpg` is wrong and common.
  const mediaType = data.mediaType === 'image/jpg' ? 'image/jpeg' : data.mediaType
  return { type: 'base64', media_type: mediaType, data: data.base64 }
}

function documentBlock(file: JsonObject, path: string): ContentBlock {
  const title = typeof file.filename === 'string' && file.filename !== '' ? { title: file.filename } : {}
  return { type: 'document', source: documentSource(file, path), ...title }
}

function documentSource(file: JsonObject, path: string): JsonObject {
  if (typeof file.file_id === 'string') return { type: 'file', file_id: file.file_id }
  if (typeof file.file_url === 'string') return { type: 'url', url: file.file_url }
  if (typeof file.file_data !== 'string') {
    throw untranslatable(`${path} has none of file_data, file_url and file_id`)
  }
  const data = parseDataUrl(file.file_data)
  if (data === undefined) throw untranslatable(`${path}.file_data is no data URL in base64`)
  if (data.mediaType === 'application/pdf') {
    return { type: 'base64', media_type: data.mediaType, data: data.base64 }
  }
  if (data.mediaType.startsWith('text/') || data.mediaType === 'application/json') {
    return { type: 'text', media_type: 'text/plain', data: Buffer.from(data.base64, 'base64').toString('utf8') }
  }
  throw untranslatable(`${path}.file_data is ${data.mediaType}; Anthropic’s API takes PDF and text`)
}
