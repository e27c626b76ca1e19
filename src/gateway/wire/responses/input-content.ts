import { z } from 'zod'
import type { NeutralContentPart } from '../../../providers/neutral/neutral-message.ts'
import { GatewayError } from '../../gateway-error.ts'
import { requireValid, writePath } from '../invalid-request.ts'

type Path = readonly PropertyKey[]

const anyPart = z.looseObject({ type: z.string() })
const textPart = z.looseObject({ text: z.string() })
const refusalPart = z.looseObject({ refusal: z.string() })
const imagePart = z.looseObject({
  image_url: z.string().nullish(),
  file_id: z.string().nullish(),
  detail: z.string().nullish(),
})
const audioPart = z.looseObject({ input_audio: z.looseObject({ data: z.string(), format: z.string() }) })
const filePart = z.looseObject({
  file_data: z.string().nullish(),
  file_url: z.string().nullish(),
  file_id: z.string().nullish(),
  filename: z.string().nullish(),
})

/** Text as it is, parts in the neutral form. @throws {GatewayError} `invalid_request` */
export function toNeutralContent(content: unknown, path: Path): string | readonly NeutralContentPart[] {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) throw wrong(path, 'expected a text or a list of parts')
  const parts: readonly unknown[] = content
  return parts.map((part, index) => toNeutralPart(part, [...path, index]))
}

function toNeutralPart(part: unknown, path: Path): NeutralContentPart {
  const { type } = requireValid(anyPart, part, path)
  switch (type) {
    case 'input_text':
    case 'output_text':
      return { type: 'text', text: requireValid(textPart, part, path).text }
    case 'refusal':
      return { type: 'refusal', refusal: requireValid(refusalPart, part, path).refusal }
    case 'input_image':
      return toImage(requireValid(imagePart, part, path), path)
    case 'input_audio': {
      const { data, format } = requireValid(audioPart, part, path).input_audio
      return { type: 'input_audio', input_audio: { data, format } }
    }
    case 'input_file':
      return toFile(requireValid(filePart, part, path), path)
    default:
      throw wrong([...path, 'type'], `'${type.slice(0, 64)}' is no type of content`)
  }
}

function toImage({ image_url: url, file_id, detail }: z.infer<typeof imagePart>, path: Path): NeutralContentPart {
  if (typeof url === 'string') {
    // Chat completions have no word for the original size.
    const told = detail === 'original' ? 'high' : detail
    return { type: 'image_url', image_url: { url, ...(typeof told === 'string' ? { detail: told } : {}) } }
  }
  if (typeof file_id === 'string') return { type: 'file', file: { file_id } }
  throw wrong(path, "an image needs 'image_url' or 'file_id'")
}

function toFile(part: z.infer<typeof filePart>, path: Path): NeutralContentPart {
  const file: { file_data?: string; file_url?: string; file_id?: string; filename?: string } = {}
  for (const field of ['file_data', 'file_url', 'file_id', 'filename'] as const) {
    const value = part[field]
    if (typeof value === 'string') file[field] = value
  }
  if (file.file_data === undefined && file.file_url === undefined && file.file_id === undefined) {
    throw wrong(path, "a file needs 'file_data', 'file_url' or 'file_id'")
  }
  return { type: 'file', file }
}

/** What an assistant said, apart from what it refused. @throws {GatewayError} `invalid_request` */
export function toAssistantContent(content: unknown, path: Path): { readonly text: string; readonly refusal: string } {
  const neutral = toNeutralContent(content, path)
  if (typeof neutral === 'string') return { text: neutral, refusal: '' }
  let text = ''
  let refusal = ''
  for (const [index, part] of neutral.entries()) {
    if (part.type === 'text') text += part.text
    else if (part.type === 'refusal') refusal += part.refusal
    else throw wrong([...path, index, 'type'], "an assistant's content is text")
  }
  return { text, refusal }
}

/** @returns an error that names its place. */
export function wrong(path: Path, complaint: string): GatewayError {
  const param = writePath(path)
  return new GatewayError('invalid_request', `Invalid value for '${param}': ${complaint}`, { param })
}
