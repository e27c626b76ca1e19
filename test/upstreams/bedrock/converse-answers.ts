import { pieces, type ReferenceAnswer, type ReferenceQuestion } from '../reference-llm.ts'
import { isJson, type Json } from './bedrock-refusal.ts'
import { schemaOf } from './converse-request-rules.ts'
import { blocksOf } from './converse-turn-rules.ts'
import { event } from './event-frame.ts'
import type { BedrockModel } from './fixture-models.ts'

/** What a checked request asks of the reference mind. */
export function questionOf(body: Json, thinks: boolean): ReferenceQuestion {
  const turns = (body.messages as readonly Json[]).map((turn) => ({ role: turn.role, blocks: blocksOf(turn) }))
  const asked = turns.findLastIndex(
    ({ role, blocks }) => role === 'user' && blocks.some((block) => !('toolResult' in block || 'cachePoint' in block)),
  )
  const last = turns[asked]?.blocks ?? []
  const results = turns.slice(asked).flatMap(({ blocks }) => blocks.map(({ toolResult }) => toolResult).filter(isJson))
  const config = isJson(body.toolConfig) ? body.toolConfig : {}
  const specs = Array.isArray(config.tools) ? (config.tools as readonly Json[]) : []
  const choice = isJson(config.toolChoice) ? config.toolChoice : {}
  const inference = isJson(body.inferenceConfig) ? body.inferenceConfig : {}
  const schema = schemaOf(body)
  return {
    userText: textOf(last),
    tools: specs.flatMap(({ toolSpec }) => (isJson(toolSpec) ? [String(toolSpec.name)] : [])),
    ...(isJson(choice.tool) ? { mustCall: String(choice.tool.name) } : 'any' in choice ? { mustCall: true } : {}),
    parallel: true,
    toolOutputs: results.map(outputText),
    images: last.filter((block) => 'image' in block).length,
    files: last.filter((block) => 'document' in block).length,
    ...(schema === undefined ? {} : { schema }),
    stop: Array.isArray(inference.stopSequences) ? (inference.stopSequences as readonly string[]) : [],
    ...(typeof inference.maxTokens === 'number' ? { maxTokens: inference.maxTokens } : {}),
    thinks,
    promptChars: JSON.stringify([body.system ?? '', body.messages, config.tools ?? '']).length,
  }
}

function textOf(blocks: readonly Json[]): string {
  return blocks.map(({ text }) => (typeof text === 'string' ? text : '')).join('')
}

function outputText({ content, status }: Json): string {
  const text = textOf(content as readonly Json[])
  return status === 'error' ? `error ${text}` : text
}

const stopReasons: Readonly<Record<ReferenceAnswer['end'], string>> = {
  stop: 'end_turn',
  stop_sequence: 'stop_sequence',
  length: 'max_tokens',
  tool_calls: 'tool_use',
}

/** `stopReason`, and the sequence where the request asked for it. */
export function stopOf(body: Json, answer: ReferenceAnswer, reason = stopReasons[answer.end]): Json {
  const paths = Array.isArray(body.additionalModelResponseFieldPaths) ? body.additionalModelResponseFieldPaths : []
  const told = paths.includes('/stop_sequence') && answer.stopSequence !== undefined
  const fields = { additionalModelResponseFields: { stop_sequence: answer.stopSequence } }
  return { stopReason: reason, ...(told ? fields : {}) }
}

/** @param turn makes ids of tool calls unique. @param proof the signature, or the cipher, of its thinking. */
export function contentOf(answer: ReferenceAnswer, turn: number, proof: string, model: BedrockModel): readonly Json[] {
  return [
    ...(answer.reasoning === '' ? [] : [{ reasoningContent: reasoningOf(answer.reasoning, proof, model) }]),
    ...(answer.text === '' ? [] : [{ text: answer.text }]),
    ...answer.toolCalls.map(({ id, name, arguments: json }) => ({
      toolUse: { toolUseId: `tooluse_${turn}_${id}`, name, input: JSON.parse(json) as unknown },
    })),
  ]
}

/** Claude signs its thinking, GPT enciphers it, others show theirs, Nova says only that there was one. */
function reasoningOf(reasoning: string, proof: string, { family, budget }: BedrockModel): Json {
  if (family === 'openai') return { redactedContent: proof }
  if (family !== 'claude') return { reasoningText: { text: family === 'nova-2' ? '[REDACTED]' : reasoning } }
  return { reasoningText: { text: budget === true ? reasoning : '', signature: proof } }
}

/** The frames of a streamed answer. */
export function framesOf(content: readonly Json[], stop: Json, metadata: Json): Buffer[] {
  const frames = [event('messageStart', { role: 'assistant', p: 'abcd' })]
  for (const [contentBlockIndex, block] of content.entries()) {
    if (isJson(block.toolUse)) {
      const { toolUseId, name } = block.toolUse
      frames.push(event('contentBlockStart', { contentBlockIndex, start: { toolUse: { toolUseId, name } }, p: 'a' }))
    }
    for (const delta of deltasOf(block)) frames.push(event('contentBlockDelta', { contentBlockIndex, delta, p: 'abc' }))
    frames.push(event('contentBlockStop', { contentBlockIndex, p: 'ab' }))
  }
  return [...frames, event('messageStop', { ...stop, p: 'abc' }), event('metadata', { ...metadata, p: 'a' })]
}

function deltasOf({ text, toolUse, reasoningContent }: Json): readonly Json[] {
  if (typeof text === 'string') return pieces(text).map((piece) => ({ text: piece }))
  if (isJson(toolUse)) {
    const json = JSON.stringify(toolUse.input)
    // A call without input has no pieces of it.
    return json === '{}' ? [] : [json.slice(0, 3), json.slice(3)].map((input) => ({ toolUse: { input } }))
  }
  const { reasoningText, redactedContent }: Json = isJson(reasoningContent) ? reasoningContent : {}
  if (redactedContent !== undefined) return [{ reasoningContent: { redactedContent } }]
  const { text: thought, signature }: Json = isJson(reasoningText) ? reasoningText : {}
  return [
    ...pieces(String(thought)).map((piece) => ({ reasoningContent: { text: piece } })),
    ...(signature === undefined ? [] : [{ reasoningContent: { signature } }]),
  ]
}
