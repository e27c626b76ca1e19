import { isJson, type Json, refuse } from './anthropic-refusal.ts'

const toolId = /^[a-zA-Z0-9_-]+$/
const imageTypes = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']

/** What is wrong with thinking of this signature, or cipher; undefined: nothing. */
export type ThinkingFault = (signature: string) => string | undefined

/** @throws {AnthropicRefusal} where the turns are not what the API takes. */
export function checkTurns(body: Json, prefill: boolean, thinkingFault: ThinkingFault): void {
  const { messages } = body
  if (!Array.isArray(messages)) refuse('messages: Field required')
  if (messages.length === 0) refuse('messages: at least one message is required')
  const seen = new Set<string>()
  let awaited: readonly string[] = []
  for (const [index, turn] of (messages as readonly unknown[]).entries()) {
    const path = `messages.${index}`
    if (!isJson(turn)) refuse(`${path}: Input should be an object`)
    if (turn.role !== 'user' && turn.role !== 'assistant') refuse(`${path}.role: Input should be 'user' or 'assistant'`)
    if (index === 0 && turn.role !== 'user') refuse('messages: first message must use the "user" role')
    const blocks = blocksOf(turn, path)
    for (const [at, block] of blocks.entries()) checkBlock(block, `${path}.content.${at}`, turn.role, thinkingFault)
    checkOutputs(blocks, awaited, path)
    awaited = []
    if (turn.role === 'assistant') awaited = calledIds(blocks, seen, path)
  }
  if (awaited.length > 0) {
    refuse(
      `messages: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${awaited.join(', ')}`,
    )
  }
  const last = messages.at(-1) as Json
  if (last.role === 'assistant') checkPrefill(blocksOf(last, 'messages'), prefill)
}

/** The content of a turn as blocks. */
export function blocksOf({ content }: Json, path: string): readonly Json[] {
  if (typeof content === 'string') {
    if (content === '') refuse(`${path}: user messages must have non-empty content`)
    return [{ type: 'text', text: content }]
  }
  if (!Array.isArray(content)) refuse(`${path}.content: Input should be a valid list`)
  if (content.length === 0) refuse(`${path}: all messages must have non-empty content`)
  if (!content.every(isJson)) refuse(`${path}.content: Input should be an object`)
  return content as readonly Json[]
}

function checkBlock(block: Json, path: string, role: string, thinkingFault: ThinkingFault): void {
  switch (block.type) {
    case 'text':
      if (typeof block.text !== 'string') refuse(`${path}.text: Field required`)
      if (block.text === '') refuse('messages: text content blocks must be non-empty')
      return
    case 'image':
      if (role === 'assistant') refuse(`${path}: image blocks are not permitted in assistant messages`)
      checkSource(block.source, path, imageTypes)
      return
    case 'document':
      checkSource(block.source, path, ['application/pdf', 'text/plain'])
      return
    case 'tool_use':
      if (!toolId.test(String(block.id))) refuse(`${path}.id: String should match pattern '^[a-zA-Z0-9_-]+$'`)
      if (!isJson(block.input)) refuse(`${path}.input: Input should be a valid dictionary`)
      return
    case 'tool_result':
      if (Array.isArray(block.content)) {
        for (const [at, part] of block.content.entries())
          checkBlock(part as Json, `${path}.content.${at}`, role, thinkingFault)
      } else if (block.content !== undefined && typeof block.content !== 'string')
        refuse(`${path}.content: Input is bad`)
      return
    case 'thinking':
      checkThinking(block.signature, path, thinkingFault)
      return
    case 'redacted_thinking':
      checkThinking(block.data, path, thinkingFault)
      return
    default:
      refuse(`${path}: Input tag '${String(block.type)}' found using 'type' does not match any of the expected tags`)
  }
}

function checkThinking(signature: unknown, path: string, thinkingFault: ThinkingFault): void {
  const fault = thinkingFault(String(signature))
  if (fault !== undefined) refuse(`${path}: ${fault}`)
}

function checkSource(source: unknown, path: string, mediaTypes: readonly string[]): void {
  if (!isJson(source)) refuse(`${path}.source: Field required`)
  const { type, media_type: mediaType, data, url, file_id: fileId } = source
  if (type === 'base64' || type === 'text') {
    if (typeof data !== 'string' || data === '') refuse(`${path}.source.data: Field required`)
    if (!mediaTypes.includes(String(mediaType)))
      refuse(`${path}.source.media_type: Input should be ${mediaTypes.join(', ')}`)
  } else if (type === 'url') {
    if (typeof url !== 'string' || !url.startsWith('https://'))
      refuse(`${path}.source.url: Only HTTPS URLs are supported`)
  } else if (type !== 'file' || typeof fileId !== 'string') refuse(`${path}.source.type: Input should be known`)
}

function checkOutputs(blocks: readonly Json[], awaited: readonly string[], path: string): void {
  const results = blocks.filter(({ type }) => type === 'tool_result')
  const ids = results.map(({ tool_use_id: id }) => String(id))
  const stray = ids.find((id) => !awaited.includes(id))
  if (stray !== undefined) refuse(`${path}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}`)
  const missing = awaited.filter((id) => !ids.includes(id))
  if (missing.length > 0) {
    refuse(
      `${path}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}`,
    )
  }
  if (new Set(ids).size < ids.length) refuse(`${path}: each tool_use must have a single result`)
  if (blocks.slice(0, results.length).some(({ type }) => type !== 'tool_result')) {
    refuse(`${path}: \`tool_result\` blocks must come first`)
  }
}

function calledIds(blocks: readonly Json[], seen: Set<string>, path: string): readonly string[] {
  const ids = blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => String(id))
  for (const id of ids) {
    if (seen.has(id)) refuse(`${path}: \`tool_use\` ids must be unique`)
    seen.add(id)
  }
  return ids
}

function checkPrefill(blocks: readonly Json[], prefill: boolean): void {
  if (!prefill)
    refuse('This model does not support assistant message prefill. The conversation must end with a user message.')
  const { type, text } = blocks.at(-1) ?? {}
  if (type === 'text' && /\s$/.test(String(text))) {
    refuse('messages: final assistant content cannot end with trailing whitespace')
  }
}
