import { isJsonObject, type JsonObject } from '../../../providers/chat-provider.ts'
import { estimatedTokens } from '../../../routing/request.ts'
import { fileTokens } from '../attachment-tokens.ts'
import { isEnvelope } from '../reasoning-envelope.ts'
import type { ContentBlock, KnownBlock } from './content-block.ts'
import { type CountTokensBody, contentOf } from './messages-request.ts'

/** Blocks that have a neutral form, by which they are counted. */
const translated: ReadonlySet<string> = new Set(['text', 'image', 'tool_use', 'search_result', 'tool_reference'])

/**
 * Estimated tokens of what only an upstream of this API gets to see: output of Anthropic's own tools, signed thinking, blocks
 * nobody else knows. They count for every LLM, as which one will serve is not known: rather too many than too few. A base64 text
 * is counted as the file that it is.
 */
export function nativeOnlyTokens({ messages }: CountTokensBody): number {
  let tokens = 0
  for (const message of messages) tokens += tokensOfBlocks(contentOf(message))
  return Math.ceil(tokens)
}

function tokensOfBlocks(content: unknown): number {
  if (!Array.isArray(content)) return 0
  let tokens = 0
  for (const block of content as readonly ContentBlock[]) tokens += tokensOfBlock(block)
  return tokens
}

function tokensOfBlock(block: ContentBlock): number {
  const known = block as KnownBlock
  switch (known.type) {
    case 'thinking':
      return isEnvelope(known.signature) ? 0 : Math.max(tokensOfText(known.thinking), tokensOfCipher(known.signature))
    case 'redacted_thinking':
      return isEnvelope(known.data) ? 0 : tokensOfCipher(known.data)
    case 'tool_result':
      return tokensOfBlocks(known.content)
    case 'document':
      return known.source.type === 'content' ? tokensOfBlocks(known.source.content) : 0
    case 'compaction':
      return tokensOf(block.tool_changes)
    default:
      return translated.has(block.type) ? 0 : tokensOf(block)
  }
}

/** Of any value, texts and names alone. */
function tokensOf(value: unknown): number {
  if (typeof value === 'string') return tokensOfText(value)
  if (Array.isArray(value)) return value.reduce((sum: number, item: unknown) => sum + tokensOf(item), 0)
  return isJsonObject(value) ? tokensOfObject(value) : 0
}

function tokensOfObject(value: JsonObject): number {
  const { type, data } = value
  if (type === 'base64' && typeof data === 'string') return fileTokens({ file_data: data })
  let tokens = 0
  for (const [name, inner] of Object.entries(value)) tokens += tokensOfText(name) + tokensOf(inner)
  return tokens
}

function tokensOfText(text: string): number {
  return estimatedTokens(Buffer.byteLength(text), 0)
}

/** What is ciphered is no shorter than what it hides. */
function tokensOfCipher(base64: string | null | undefined): number {
  return estimatedTokens(((base64?.length ?? 0) * 3) / 4, 0)
}
