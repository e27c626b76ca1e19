import { invalid, isJson, type Json } from './bedrock-refusal.ts'
import type { BedrockModel } from './fixture-models.ts'

const idRule = /^[A-Za-z0-9_-]{1,64}$/
const documentName = /^(?!.*\s\s)[A-Za-z0-9\s\-()[\]]{1,200}$/

/** The content blocks of a turn. */
export function blocksOf(turn: Json): readonly Json[] {
  return turn.content as readonly Json[]
}

/**
 * What Bedrock demands of a conversation beyond its shape, in its words where its users quote them.
 *
 * @param known whether the server said this signature, or this cipher, to this family of models.
 */
export function checkTurns(body: Json, model: BedrockModel, known: (proof: string) => boolean): void {
  const turns = body.messages as readonly Json[]
  if (turns.length === 0 || turns[0]?.role !== 'user') {
    throw invalid(
      'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
    )
  }
  const names = new Set<string>()
  for (const [index, turn] of turns.entries()) {
    if (turn.role === turns[index - 1]?.role) {
      throw invalid(
        'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.',
      )
    }
    checkContent(turn, `messages.${index}.content`, names, model, known)
    checkPairs(turns[index - 1], turn, index)
  }
  const last = turns.at(-1)
  if (last?.role === 'assistant' && blocksOf(last).some(({ toolUse }) => toolUse !== undefined)) {
    throw invalid('Expected toolResult blocks after the last toolUse.')
  }
  const text = last?.role === 'assistant' ? blocksOf(last).at(-1)?.text : undefined
  if (typeof text === 'string' && /\s$/.test(text)) {
    throw invalid(
      'The model returned the following errors: messages: final assistant content cannot end with trailing whitespace',
    )
  }
  const usesTools = turns.some((turn) => blocksOf(turn).some((block) => 'toolUse' in block || 'toolResult' in block))
  if (usesTools && body.toolConfig === undefined) {
    throw invalid('The toolConfig field must be defined when using toolUse and toolResult content blocks.')
  }
}

function checkContent(
  turn: Json,
  path: string,
  names: Set<string>,
  model: BedrockModel,
  known: (proof: string) => boolean,
): void {
  const blocks = blocksOf(turn)
  if (blocks.length === 0) throw invalid(`The content field in the Message object at ${path} is empty.`)
  const isUser = turn.role === 'user'
  for (const [index, block] of blocks.entries()) {
    const at = `${path}.${index}`
    if ('text' in block) checkText(block.text, at)
    const forUsers = 'image' in block || 'document' in block || 'audio' in block || 'toolResult' in block
    if (forUsers !== isUser && (forUsers || 'toolUse' in block || 'reasoningContent' in block)) {
      throw invalid(`The block at ${at} cannot be in a message of the role ${String(turn.role)}.`)
    }
    if (isJson(block.document)) checkDocument(block.document, names)
    if (isJson(block.toolUse)) checkToolUse(block.toolUse, at)
    if (isJson(block.toolResult)) checkToolResult(block.toolResult, at, names)
    if (isJson(block.reasoningContent)) checkReasoning(block.reasoningContent, at, known)
    if ('cachePoint' in block) checkCachePoint(model, index)
  }
  const hasText = blocks.some((block) => 'text' in block)
  if (blocks.some((block) => 'document' in block) && !hasText) {
    throw invalid(`The message at ${path} has a document but no text. Add a text block and try again.`)
  }
}

function checkCachePoint({ family }: BedrockModel, index: number): void {
  const isKnown = family === 'claude' || family === 'nova' || family === 'nova-2'
  if (!isKnown) throw invalid('You invoked an unsupported model or your request did not allow prompt caching.')
  if (index === 0) throw invalid('A cachePoint cannot be inserted at the start of a message.')
}

export function checkText(text: unknown, at: string): void {
  if (String(text).trim() !== '') return
  throw invalid(
    `The text field in the ContentBlock object at ${at} is blank. Add text to the text field, and try again.`,
  )
}

function checkDocument({ name }: Json, names: Set<string>): void {
  if (!documentName.test(String(name))) {
    throw invalid(
      "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace character. Check that the file name conforms to these restrictions and retry your request.",
    )
  }
  if (names.has(String(name))) throw invalid('Document names must be unique within a request.')
  names.add(String(name))
}

function checkToolUse({ toolUseId, name, input }: Json, at: string): void {
  if (!idRule.test(String(toolUseId)) || !idRule.test(String(name))) {
    throw invalid(
      `Value at '${at}.toolUse' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+`,
    )
  }
  if (!isJson(input))
    throw invalid(
      `The format of the value at ${at}.toolUse.input is invalid. Provide a json object for the field and try again.`,
    )
}

function checkToolResult({ toolUseId, content, status }: Json, at: string, names: Set<string>): void {
  if (!idRule.test(String(toolUseId)))
    throw invalid(`Value at '${at}.toolResult.toolUseId' failed to satisfy constraint`)
  const parts = content as readonly Json[]
  if (parts.length === 0 && status === 'error') {
    throw invalid(`The content field at ${at}.toolResult cannot be empty when status value is error.`)
  }
  for (const part of parts) {
    if ('text' in part) checkText(part.text, at)
    if (isJson(part.document)) checkDocument(part.document, names)
  }
}

function checkReasoning({ reasoningText, redactedContent }: Json, at: string, known: (proof: string) => boolean): void {
  const proof = isJson(reasoningText) ? reasoningText.signature : redactedContent
  if (typeof proof === 'string' && known(proof)) return
  throw invalid(`The model returned the following errors: ${at}: Invalid \`signature\` in \`thinking\` block`)
}

function checkPairs(before: Json | undefined, turn: Json, index: number): void {
  if (turn.role !== 'user') return
  const called = before === undefined ? [] : idsIn(before, 'toolUse')
  const answered = idsIn(turn, 'toolResult')
  const missing = called.filter((id) => !answered.includes(id))
  if (missing.length > 0) {
    throw invalid(
      `Expected toolResult blocks at messages.${index}.content for the following Ids: ${missing.join(', ')}`,
    )
  }
  if (answered.length > called.length || new Set(called).size < called.length) {
    throw invalid(
      `The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`,
    )
  }
}

function idsIn(turn: Json, member: 'toolUse' | 'toolResult'): readonly string[] {
  return blocksOf(turn).flatMap((block) => {
    const held = block[member]
    return isJson(held) ? [String(held.toolUseId)] : []
  })
}
