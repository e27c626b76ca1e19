import { isJsonObject, type JsonObject } from '../chat-provider.ts'
import { contentParts, parseDataUrl } from '../neutral/neutral-message.ts'
import { quoted, untranslatable } from './untranslatable.ts'

/** Where Google keeps uploaded files; a file's URI is this whatever host the API is reached through. */
const filesUrl = 'https://generativelanguage.googleapis.com/v1beta/'

/** Of a URL's ending; Google asks for the media type of what it has to fetch. */
const mediaTypeByEnding: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  html: 'text/html',
  json: 'application/json',
  wav: 'audio/wav',
  mp3: 'audio/mp3',
  mp4: 'video/mp4',
  webm: 'video/webm',
  mov: 'video/quicktime',
}

/**
 * The content of a message as Google's parts, in order; empty texts are left out, because Google refuses empty parts.
 *
 * @param path of the content, for errors.
 * @throws {ProviderError} `upstream_rejected` for parts that Google has no form for.
 */
export function inputParts(content: unknown, path: string): JsonObject[] {
  return contentParts(content).flatMap((part, index) => {
    const translated = inputPart(part, `${path}.${index}`)
    return translated === undefined ? [] : [translated]
  })
}

function inputPart(part: JsonObject, path: string): JsonObject | undefined {
  switch (part.type) {
    case 'text':
      return textPart(part.text)
    case 'refusal':
      return textPart(part.refusal)
    case 'image_url':
    case 'video_url':
      return mediaPart(
        isJsonObject(part[part.type]) ? (part[part.type] as JsonObject).url : undefined,
        `${path}.${part.type}.url`,
      )
    case 'input_audio':
      return audioPart(part.input_audio, path)
    case 'file':
      return filePart(isJsonObject(part.file) ? part.file : {}, path)
    default:
      throw untranslatable(`${path}.type`, `content of type ${quoted(part.type)} cannot be sent to Gemini`)
  }
}

export function textPart(text: unknown): JsonObject | undefined {
  return typeof text === 'string' && text !== '' ? { text } : undefined
}

function mediaPart(url: unknown, path: string): JsonObject {
  if (typeof url === 'string' && /^data:/i.test(url)) return inlinePart(url, path)
  if (typeof url === 'string' && /^https:\/\//i.test(url)) return linkPart(url)
  throw untranslatable(path, 'must be an https URL or a base64 data URL')
}

function inlinePart(url: string, path: string, filename?: unknown): JsonObject {
  const data = parseDataUrl(url)
  if (data === undefined) throw untranslatable(path, 'must be a base64 data URL')
  const mimeType = data.mediaType === '' ? mediaTypeOf(typeof filename === 'string' ? filename : '') : data.mediaType
  if (mimeType === undefined) throw untranslatable(path, 'must say its media type')
  return { inlineData: { mimeType, data: data.base64 } }
}

/** Of its ending, before a query. */
function mediaTypeOf(name: string): string | undefined {
  const ending = /\.([a-z0-9]+)(?:[?#]|$)/i.exec(name)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(mediaTypeByEnding, ending) ? mediaTypeByEnding[ending] : undefined
}

/**
 * Google fetches it, save for models of the 2.0 family, which refuse. Without a known ending the media type is left for
 * Google to find out.
 */
function linkPart(url: string): JsonObject {
  const mimeType = mediaTypeOf(url.slice(url.indexOf('//') + 2))
  return { fileData: { fileUri: url, ...(mimeType === undefined ? {} : { mimeType }) } }
}

function audioPart(audio: unknown, path: string): JsonObject {
  const { data, format } = isJsonObject(audio) ? audio : {}
  if (typeof data !== 'string' || typeof format !== 'string') {
    throw untranslatable(`${path}.input_audio`, 'must have data and format')
  }
  return { inlineData: { mimeType: `audio/${format}`, data } }
}

function filePart(file: JsonObject, path: string): JsonObject {
  if (typeof file.file_data === 'string') {
    // OpenAI's clients may leave the URL away, and send its base64 beside a file's name.
    const isBare = !file.file_data.slice(0, 64).includes(':')
    const url = isBare ? `data:;base64,${file.file_data}` : file.file_data
    return inlinePart(url, `${path}.file.file_data`, file.filename)
  }
  if (typeof file.file_url === 'string') return mediaPart(file.file_url, `${path}.file.file_url`)
  const id = file.file_id
  if (typeof id === 'string' && id.startsWith('files/')) return { fileData: { fileUri: `${filesUrl}${id}` } }
  if (typeof id === 'string' && id.startsWith('https://')) return { fileData: { fileUri: id } }
  throw untranslatable(`${path}.file`, 'must have file_data, file_url or the file_id of a file kept at Google')
}
