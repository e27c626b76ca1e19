import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ChatMessage, JsonObject } from '../chat-provider.ts'
import { UpstreamErrors } from '../http/upstream-errors.ts'
import { toCompletion } from './messages-answer.ts'
import { messagesEventsOf } from './messages-event-stream.ts'
import { historyOf } from './messages-history.ts'

const context = { created: 7, toolNames: new Map<string, string>() }

function answer(content: readonly JsonObject[], more: JsonObject = {}): JsonObject {
  const usage = { input_tokens: 3, output_tokens: 2 }
  return { id: 'msg_1', type: 'message', model: 'claude-x', content, stop_reason: 'end_turn', usage, ...more }
}

function choiceOf(body: JsonObject) {
  return (toCompletion(body, context).body.choices as { message: ChatMessage; finish_reason: string }[])[0]!
}

it('says an answer in the neutral form', () => {
  const content = [
    { type: 'thinking', thinking: 'hm', signature: 's' },
    { type: 'text', text: 'One ' },
    { type: 'server_tool_use', id: 'x', name: 'web_search', input: {} },
    { type: 'text', text: 'two', citations: [{ type: 'char_location', cited_text: 'c' }] },
    { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } },
  ]
  expect(toCompletion(answer(content, { stop_reason: 'tool_use' }), context)).toEqual({
    body: {
      id: 'msg_1',
      object: 'chat.completion',
      created: 7,
      model: 'claude-x',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'One two',
            refusal: null,
            reasoning_content: 'hm',
            reasoning_details: [
              { type: 'reasoning.text', format: 'anthropic-claude-v1', index: 0, text: 'hm', signature: 's' },
            ],
            annotations: [{ type: 'char_location', cited_text: 'c' }],
            tool_calls: [{ id: 't', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
          },
          finish_reason: 'tool_calls',
          native_finish_reason: 'tool_use',
          logprobs: null,
        },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    },
    usage: { inputTokens: 3, outputTokens: 2 },
    reportedModel: 'claude-x',
  })
})

it.each([
  ['end_turn', 'stop'],
  ['pause_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['refusal', 'content_filter'],
  ['something new', 'stop'],
])('ends by %s with %s', (reason, finish) => {
  expect(choiceOf(answer([], { stop_reason: reason })).finish_reason).toBe(finish)
})

const word = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => text.trim() === text && text !== '')
const id = fc.stringMatching(/^toolu_[A-Za-z0-9]{6,12}$/)
const thought = fc.oneof(
  fc.record({ type: fc.constant('thinking'), thinking: fc.string(), signature: word }),
  fc.record({ type: fc.constant('redacted_thinking'), data: word }),
)
const input = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
const toolUse = fc.record({ type: fc.constant('tool_use'), id, name: fc.constant('f'), input })
/** What an answer may hold, in the order of the neutral form. */
const blocks = fc
  .tuple(
    fc.array(thought, { maxLength: 3 }),
    fc.array(fc.record({ type: fc.constant('text'), text: word }), { maxLength: 1 }),
    fc.uniqueArray(toolUse, { maxLength: 3, selector: (call) => call.id }),
  )
  .map((parts) => parts.flat() as JsonObject[])
  .filter((content) => content.length > 0)

it('goes back into the history as it came', () => {
  fc.assert(
    fc.property(blocks, (content) => {
      const said = choiceOf(answer(content)).message
      const calls = content.filter(({ type }) => type === 'tool_use')
      const outputs = calls.map((call) => ({ role: 'tool', tool_call_id: String(call.id), content: 'x' }))
      const { turns } = historyOf([
        { role: 'user', content: 'hi' },
        said,
        ...outputs,
        { role: 'user', content: 'go on' },
      ])
      expect(JSON.parse(JSON.stringify(turns[1]?.content))).toEqual(JSON.parse(JSON.stringify(content)))
    }),
  )
})

it('says the same streamed as whole', async () => {
  await fc.assert(
    fc.asyncProperty(blocks, fc.integer({ min: 1, max: 4 }), async (content, size) => {
      const body = answer(content, { stop_reason: 'tool_use' })
      const text = streamOf(body, size)
      async function* bytes() {
        yield new TextEncoder().encode(text)
      }
      const errors = new UpstreamErrors('scripted', [], { now: () => 0 })
      const deltas: JsonObject[] = []
      for await (const event of messagesEventsOf(bytes(), errors, context)) {
        if (event.type === 'finished') continue
        for (const choice of event.chunk.choices as { delta: JsonObject }[]) deltas.push(choice.delta)
      }
      const { content: saidText, reasoning_content, reasoning_details, tool_calls } = choiceOf(body).message
      expect(joined(deltas)).toEqual({
        content: saidText ?? '',
        reasoning_content: reasoning_content ?? '',
        reasoning_details: reasoning_details ?? [],
        tool_calls: tool_calls ?? [],
      })
    }),
  )
})

function streamOf(body: JsonObject, size: number): string {
  const events: JsonObject[] = [{ type: 'message_start', message: { ...body, content: [] } }]
  for (const [index, block] of (body.content as JsonObject[]).entries()) {
    const say = (delta: JsonObject) => events.push({ type: 'content_block_delta', index, delta })
    const cut = (text: string) => text.match(new RegExp(`[^]{1,${size}}`, 'gu')) ?? []
    const empty = { text: { text: '' }, thinking: { thinking: '', signature: '' }, tool_use: { input: {} } }
    const kind = block.type as keyof typeof empty
    events.push({ type: 'content_block_start', index, content_block: { ...block, ...empty[kind] } })
    if (kind === 'text') for (const text of cut(String(block.text))) say({ type: 'text_delta', text })
    if (kind === 'thinking') {
      for (const thinking of cut(String(block.thinking))) say({ type: 'thinking_delta', thinking })
      say({ type: 'signature_delta', signature: block.signature })
    }
    if (kind === 'tool_use') {
      for (const json of cut(JSON.stringify(block.input))) say({ type: 'input_json_delta', partial_json: json })
    }
    events.push({ type: 'content_block_stop', index })
  }
  events.push({ type: 'message_delta', delta: { stop_reason: body.stop_reason }, usage: body.usage })
  return [...events, { type: 'message_stop' }].map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
}

interface Detail {
  readonly type: string
  readonly index: number
  readonly text?: string
}

interface Call {
  readonly index: number
  readonly function: { readonly name?: string; readonly arguments: string }
}

/** Deltas joined as a client joins them. */
function joined(deltas: readonly JsonObject[]) {
  const details: JsonObject[] = []
  const calls: { function: { arguments: string } }[] = []
  let [content, thoughts] = ['', '']
  for (const delta of deltas) {
    content += typeof delta.content === 'string' ? delta.content : ''
    thoughts += typeof delta.reasoning_content === 'string' ? delta.reasoning_content : ''
    for (const detail of (delta.reasoning_details ?? []) as Detail[]) {
      const before = (details[detail.index] ?? {}) as { text?: string }
      const text = detail.type === 'reasoning.text' ? { text: (before.text ?? '') + (detail.text ?? '') } : {}
      details[detail.index] = { ...before, ...detail, ...text }
    }
    for (const { index, ...call } of (delta.tool_calls ?? []) as Call[]) {
      calls[index] ??= { ...call, function: { ...call.function, arguments: '' } }
      calls[index].function.arguments += call.function.arguments
    }
  }
  return { content, reasoning_content: thoughts, reasoning_details: details, tool_calls: calls }
}

it.each([
  ['name', { id: 'toolu_1', name: { toString: 5 } }],
  ['id', { id: { toString: 5 }, name: 'f' }],
])('takes no call for one whose %s is no text', async (_name, called) => {
  const block = { type: 'tool_use', input: {}, ...called }
  expect(() => choiceOf(answer([block]))).toThrow('call without an id or a name')
  const start = `data: ${JSON.stringify({ type: 'content_block_start', index: 0, content_block: block })}\n\n`
  async function* bytes() {
    yield new TextEncoder().encode(start)
  }
  const events = messagesEventsOf(bytes(), new UpstreamErrors('claude', [], { now: () => 0 }), context)
  await expect(events.next()).rejects.toMatchObject({ code: 'upstream_invalid_response' })
})

it('reads the name of an old function only where it is a text', () => {
  const said = [
    { role: 'user', content: 'hi' },
    { role: 'function', name: { toString: 5 }, content: 'x' },
  ]
  expect(() => historyOf(said)).not.toThrow()
})
