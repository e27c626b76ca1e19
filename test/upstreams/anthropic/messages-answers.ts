import { sse } from '../fixture-upstream.ts'
import { pieces, type ReferenceAnswer, type ReferenceQuestion } from '../reference-llm.ts'
import { isJson, type Json } from './anthropic-refusal.ts'
import { blocksOf } from './turn-rules.ts'

/** What a checked request asks of the reference mind. */
export function questionOf(body: Json, thinks: boolean): ReferenceQuestion {
  const turns = body.messages as readonly Json[]
  const blocks = turns.map((turn) => ({ role: turn.role, blocks: blocksOf(turn, 'messages') }))
  const asked = blocks.findLastIndex(
    ({ role, blocks: said }) => role === 'user' && said.some(({ type }) => type !== 'tool_result'),
  )
  const last = blocks[asked]?.blocks ?? []
  const after = blocks.slice(asked).flatMap(({ blocks: said }) => said)
  const results = after.filter(({ type }) => type === 'tool_result')
  const choice = isJson(body.tool_choice) ? body.tool_choice : { type: 'auto' }
  const tools = (Array.isArray(body.tools) ? (body.tools as readonly Json[]) : []).map(({ name }) => String(name))
  const config = isJson(body.output_config) ? body.output_config : {}
  const schema = isJson(config.format) && isJson(config.format.schema) ? { schema: config.format.schema } : {}
  return {
    userText: textOf(last),
    tools: choice.type === 'none' ? [] : tools,
    ...(choice.type === 'tool' ? { mustCall: String(choice.name) } : choice.type === 'any' ? { mustCall: true } : {}),
    parallel: choice.disable_parallel_tool_use !== true,
    toolOutputs: results.map((result) => outputText(result)),
    images: last.filter(({ type }) => type === 'image').length,
    files: last.filter(({ type }) => type === 'document').length,
    ...schema,
    stop: Array.isArray(body.stop_sequences) ? (body.stop_sequences as readonly string[]) : [],
    ...(typeof body.max_tokens === 'number' ? { maxTokens: body.max_tokens } : {}),
    thinks,
    promptChars: JSON.stringify([body.system ?? '', body.messages, body.tools ?? '']).length,
  }
}

function textOf(blocks: readonly Json[]): string {
  return blocks.map(({ type, text }) => (type === 'text' ? String(text) : '')).join('')
}

function outputText({ content, is_error: isError }: Json): string {
  const text = Array.isArray(content) ? textOf(content as readonly Json[]) : typeof content === 'string' ? content : ''
  return isError === true ? `error ${text}` : text
}

/**
 * The blocks of an answer. @param turn makes ids of tool calls unique. @param signature given to its thinking, whose text may
 * be kept back.
 */
export function contentOf(
  answer: ReferenceAnswer,
  turn: number,
  signature: string,
  showThinking: boolean,
): readonly Json[] {
  const thinking = { type: 'thinking', thinking: showThinking ? answer.reasoning : '', signature }
  return [
    ...(answer.reasoning === '' ? [] : [thinking]),
    ...(answer.text === '' ? [] : [{ type: 'text', text: answer.text, citations: null }]),
    ...answer.toolCalls.map(({ id, name, arguments: json }) => ({
      type: 'tool_use',
      id: `toolu_${turn}_${id}`,
      name,
      input: JSON.parse(json) as unknown,
      caller: { type: 'direct' },
    })),
  ]
}

export function stopOf({ end, stopSequence }: ReferenceAnswer): Json {
  const reason = { stop: 'end_turn', stop_sequence: 'stop_sequence', length: 'max_tokens', tool_calls: 'tool_use' }[end]
  return { stop_reason: reason, stop_sequence: stopSequence ?? null, stop_details: null }
}

/** Of an answer that the model will not give. */
export const refusalStop: Json = {
  stop_reason: 'refusal',
  stop_sequence: null,
  stop_details: { type: 'refusal', category: 'general_harms', explanation: 'This cannot be answered.' },
}

/** The same message as a stream, one event a piece. */
export function streamOf(message: Json, stop: Json, usage: Json): readonly string[] {
  const start = {
    ...message,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usage, output_tokens: 1, output_tokens_details: null },
  }
  const blocks = message.content as readonly Json[]
  const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, output_tokens, output_tokens_details } =
    usage
  const total = {
    input_tokens,
    cache_creation_input_tokens,
    cache_read_input_tokens,
    output_tokens,
    output_tokens_details,
    server_tool_use: null,
  }
  return [
    event('message_start', { message: start }),
    event('ping', {}),
    ...blocks.flatMap((block, index) => blockEvents(block, index)),
    event('message_delta', { delta: { ...stop, container: null }, usage: total }),
    event('message_stop', {}),
  ]
}

function blockEvents(block: Json, index: number): readonly string[] {
  const delta = (piece: Json) => event('content_block_delta', { index, delta: piece })
  const open = (empty: Json) => event('content_block_start', { index, content_block: { ...block, ...empty } })
  const close = event('content_block_stop', { index })
  if (block.type === 'text') {
    const texts = pieces(String(block.text)).map((text) => delta({ type: 'text_delta', text }))
    return [open({ text: '' }), ...texts, close]
  }
  if (block.type === 'thinking') {
    const thoughts = pieces(String(block.thinking)).map((thinking) => delta({ type: 'thinking_delta', thinking }))
    return [
      open({ thinking: '', signature: '' }),
      ...thoughts,
      delta({ type: 'signature_delta', signature: block.signature }),
      close,
    ]
  }
  const json = JSON.stringify(block.input)
  const halves = ['', json.slice(0, 5), json.slice(5)].map((text) =>
    delta({ type: 'input_json_delta', partial_json: text }),
  )
  return [open({ input: {} }), ...halves, event('ping', {}), close]
}

function event(type: string, fields: Json): string {
  return sse({ type, ...fields }, type)
}
