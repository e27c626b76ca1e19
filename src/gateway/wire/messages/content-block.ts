import { z } from 'zod'
import type { JsonObject } from '../../../providers/chat-provider.ts'

/** Blocks inside a block: looked at one by one, see {@link checkContentBlock}. */
const innerBlocks = z.array(z.custom<ContentBlock>()).max(10_000)

const cacheControl = z.looseObject({}).nullish()

const source = {
  base64: z.looseObject({ type: z.literal('base64'), media_type: z.string().max(256), data: z.string() }),
  url: z.looseObject({ type: z.literal('url'), url: z.string() }),
  file: z.looseObject({ type: z.literal('file'), file_id: z.string() }),
  text: z.looseObject({ type: z.literal('text'), data: z.string() }),
  content: z.looseObject({ type: z.literal('content'), content: z.union([z.string(), innerBlocks]) }),
}

const textBlock = z.looseObject({ type: z.literal('text'), text: z.string(), cache_control: cacheControl })

const imageBlock = z.looseObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [source.base64, source.url, source.file]),
  cache_control: cacheControl,
})

const documentBlock = z.looseObject({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [source.base64, source.url, source.file, source.text, source.content]),
  title: z.string().nullish(),
  context: z.string().nullish(),
  cache_control: cacheControl,
})

const searchResultBlock = z.looseObject({
  type: z.literal('search_result'),
  source: z.string(),
  title: z.string(),
  content: innerBlocks,
  cache_control: cacheControl,
})

const toolResultBlock = z.looseObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string().min(1),
  content: z.union([z.string(), innerBlocks]).nullish(),
  is_error: z.boolean().nullish(),
  cache_control: cacheControl,
})

const toolUseBlock = z.looseObject({
  type: z.literal('tool_use'),
  id: z.string().min(1),
  name: z.string().min(1),
  input: z.looseObject({}),
  cache_control: cacheControl,
})

const thinkingBlock = z.looseObject({
  type: z.literal('thinking'),
  thinking: z.string(),
  signature: z.string().nullish(),
})

const redactedThinkingBlock = z.looseObject({ type: z.literal('redacted_thinking'), data: z.string() })

const compactionBlock = z.looseObject({ type: z.literal('compaction'), content: z.string().nullish() })

const anyBlock = z.looseObject({ type: z.string().min(1).max(64) })

/** Only a turn itself can hold them. */
const turnBlocks: ReadonlySet<string> = new Set(['tool_use', 'tool_result', 'thinking', 'redacted_thinking'])

const innerBlock = anyBlock.refine(({ type }) => !turnBlocks.has(type), {
  path: ['type'],
  message: 'blocks of this type cannot be here',
})

export type TextBlock = z.infer<typeof textBlock>
export type ImageBlock = z.infer<typeof imageBlock>
export type DocumentBlock = z.infer<typeof documentBlock>
export type SearchResultBlock = z.infer<typeof searchResultBlock>
export type ToolResultBlock = z.infer<typeof toolResultBlock>
export type ToolUseBlock = z.infer<typeof toolUseBlock>
export type ThinkingBlock = z.infer<typeof thinkingBlock>
export type RedactedThinkingBlock = z.infer<typeof redactedThinkingBlock>

/** The blocks whose meaning we know. */
export type KnownBlock =
  | TextBlock
  | ImageBlock
  | DocumentBlock
  | SearchResultBlock
  | ToolResultBlock
  | ToolUseBlock
  | ThinkingBlock
  | RedactedThinkingBlock
  | z.infer<typeof compactionBlock>

/** Any block, those among them that only Anthropic itself can read. */
export type ContentBlock = JsonObject & { readonly type: string }

type Check = <T>(schema: z.ZodType<T>, value: unknown, path: readonly PropertyKey[]) => T

const schemaByType: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ['text', textBlock],
  ['image', imageBlock],
  ['document', documentBlock],
  ['search_result', searchResultBlock],
  ['tool_result', toolResultBlock],
  ['tool_use', toolUseBlock],
  ['thinking', thinkingBlock],
  ['redacted_thinking', redactedThinkingBlock],
  ['compaction', compactionBlock],
])

/**
 * Checks one block and those inside it, one value at a time (`parseChatRequest` says why). Types we do not know pass:
 * Anthropic adds some every few months, and its API may serve the request.
 *
 * @param check throws at the first thing that is wrong.
 */
export function checkContentBlock(check: Check, value: unknown, path: readonly PropertyKey[]): ContentBlock {
  const block: ContentBlock = check(anyBlock, value, path)
  const schema = schemaByType.get(block.type)
  if (schema === undefined) return block
  check(schema, value, path)
  const known = block as KnownBlock
  if (known.type === 'tool_result' || known.type === 'search_result') {
    checkInnerBlocks(check, known.content, [...path, 'content'])
  } else if (known.type === 'document' && known.source.type === 'content') {
    checkInnerBlocks(check, known.source.content, [...path, 'source', 'content'])
  }
  return block
}

/** The same for what is inside a block or the system text; a plain text needs no further look. */
export function checkInnerBlocks(check: Check, content: unknown, path: readonly PropertyKey[]): void {
  if (!Array.isArray(content)) return
  for (const [index, block] of content.entries()) {
    const place = [...path, index]
    check(innerBlock, block, place)
    checkContentBlock(check, block, place)
  }
}
