import { isJsonObject } from '../../../providers/chat-provider.ts'
import { estimatedTokens } from '../../../routing/request.ts'
import { tokensPerImage } from '../attachment-tokens.ts'
import { isEnvelope } from '../reasoning-envelope.ts'
import { itemType, type PlacedItem } from './input-messages.ts'

/** Items that have a neutral form, by which they are counted; `reasoning` but for its cipher. */
const translated: ReadonlySet<string> = new Set([
  ...['message', 'function_call', 'function_call_output', 'custom_tool_call', 'custom_tool_call_output'],
  'additional_tools',
])

/**
 * Estimated tokens of what only an upstream of this API gets to see: what hosted tools did, compactions, ciphers of reasoning. They
 * count for every LLM, as which one will serve is not known: rather too many than too few.
 */
export function nativeItemTokens(items: readonly PlacedItem[]): number {
  let tokens = 0
  for (const { item, path } of items) {
    const type = itemType(item, path)
    if (type === 'reasoning') tokens += isJsonObject(item) ? tokensOfCipher(item.encrypted_content) : 0
    else if (!translated.has(type)) tokens += tokensOf(item)
  }
  return Math.ceil(tokens)
}

/** Of any value, texts and names alone. */
function tokensOf(value: unknown): number {
  if (typeof value === 'string') {
    return value.startsWith('data:image/') ? tokensPerImage : estimatedTokens(Buffer.byteLength(value), 0)
  }
  if (Array.isArray(value)) return value.reduce((sum: number, inner: unknown) => sum + tokensOf(inner), 0)
  if (!isJsonObject(value)) return 0
  let tokens = 0
  for (const [name, inner] of Object.entries(value)) {
    tokens += name === 'encrypted_content' ? tokensOfCipher(inner) : tokensOf(name) + tokensOf(inner)
  }
  return tokens
}

/** What is ciphered is no shorter than what it hides. */
function tokensOfCipher(cipher: unknown): number {
  if (typeof cipher !== 'string') return 0
  const { length } = cipher
  return isEnvelope(cipher) ? 0 : estimatedTokens((length * 3) / 4, 0)
}
