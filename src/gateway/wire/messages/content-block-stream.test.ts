import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../providers/chat-provider.ts'
import { openEnvelope } from '../reasoning-envelope.ts'
import { ContentBlockStream, type MessagesEvent } from './content-block-stream.ts'
import { toMessage } from './whole-message.ts'

const options = { showThinking: true, newToolUseId: (position: number) => `toolu_${position}` }

function eventsOf(deltas: readonly JsonObject[], showThinking = true): readonly MessagesEvent[] {
  const events: MessagesEvent[] = []
  const stream = new ContentBlockStream((event) => events.push(event), { ...options, showThinking })
  for (const delta of deltas) stream.add(delta)
  stream.end()
  return events
}

/** A client's reading of the events, which checks their order: each block begins, goes on and ends before the next. */
function contentOf(events: readonly MessagesEvent[]): readonly JsonObject[] {
  const content: JsonObject[] = []
  let open = -1
  for (const event of events) {
    if (event.type === 'content_block_start') {
      expect(open).toBe(-1)
      expect(event.index).toBe(content.length)
      open = content.push({ ...(event.content_block as JsonObject) }) - 1
      continue
    }
    expect(event.index).toBe(open)
    if (event.type === 'content_block_stop') open = -1
    else append(content[open]!, event.delta as JsonObject)
  }
  expect(open).toBe(-1)
  return content
}

function append(block: JsonObject, delta: JsonObject): void {
  if (delta.type === 'text_delta') block.text = String(block.text) + String(delta.text)
  else if (delta.type === 'thinking_delta') block.thinking = String(block.thinking) + String(delta.thinking)
  else if (delta.type === 'signature_delta') block.signature = delta.signature
  else if (delta.type === 'input_json_delta')
    block.json = `${typeof block.json === 'string' ? block.json : ''}${String(delta.partial_json)}`
}

function call(index: number, json: string, id?: string, name?: string): JsonObject {
  return { tool_calls: [{ index, ...(id === undefined ? {} : { id }), function: { name, arguments: json } }] }
}

describe('ContentBlockStream', () => {
  test('passes the first call on as it comes, and those beside it when it has ended', () => {
    const deltas = [call(0, '', 'a', 'f'), call(1, '{"x"', 'b', 'g'), call(0, '{"y":'), call(1, ':1}'), call(0, '2}')]
    const events = eventsOf(deltas)
    expect(events.map(({ type, index }) => `${type} ${String(index)}`)).toEqual([
      'content_block_start 0',
      'content_block_delta 0',
      'content_block_delta 0',
      'content_block_stop 0',
      'content_block_start 1',
      'content_block_delta 1',
      'content_block_stop 1',
    ])
    expect(contentOf(events)).toMatchObject([
      { type: 'tool_use', id: 'a', name: 'f', json: '{"y":2}' },
      { type: 'tool_use', id: 'b', name: 'g', json: '{"x":1}' },
    ])
  })

  test('tells calls apart that all have index 0, or none, by their ids', () => {
    const same = [call(0, '{}', 'a', 'f'), call(0, '{"b":', 'b', 'g'), call(0, '1}')]
    const none = [
      { tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{}' } }] },
      { tool_calls: [{ id: 'b', function: { name: 'g', arguments: '{"b":' } }] },
      { tool_calls: [{ function: { arguments: '1}' } }] },
    ]
    for (const deltas of [same, none]) {
      expect(contentOf(eventsOf(deltas))).toMatchObject([
        { id: 'a', json: '{}' },
        { id: 'b', json: '{"b":1}' },
      ])
    }
  })

  test.each([
    ['by another name', 'g', '{"a":1}'],
    ['by the same name behind whole arguments', 'f', '{"a":1}'],
  ])('tells calls apart that have no ids and one index, %s', (_how, name, json) => {
    const content = contentOf(
      eventsOf([call(0, json, undefined, 'f'), call(0, '{"b":', undefined, name), call(0, '2}', undefined, name)]),
    )
    expect(content).toMatchObject([
      { id: 'toolu_0', name: 'f', json: '{"a":1}' },
      { id: 'toolu_1', name, json: '{"b":2}' },
    ])
  })

  test('takes a name that is said again with each piece for the same call’s', () => {
    const pieces = [call(0, '{"a"', undefined, 'f'), call(0, ':1', undefined, 'f'), call(0, '}', undefined, 'f')]
    expect(contentOf(eventsOf(pieces))).toMatchObject([{ name: 'f', json: '{"a":1}' }])
  })

  test('takes arguments that are an object already', () => {
    const message = { tool_calls: [{ id: 'a', function: { name: 'f', arguments: { city: 'Paris' } } }] }
    const completion = { body: { choices: [{ message }] }, usage: undefined, reportedModel: undefined }
    expect(toMessage(completion, { id: 'm', model: 'x' }, options)).toMatchObject({
      content: [{ type: 'tool_use', input: { city: 'Paris' } }],
    })
  })

  test('keeps Claude’s own thinking for the calls behind it where it is not shown', () => {
    const format = 'anthropic-claude-v1'
    const deltas = [
      { reasoning_details: [{ type: 'reasoning.text', text: 'He', format, index: 0 }] },
      { reasoning_details: [{ type: 'reasoning.text', text: 'llo', format, index: 0 }] },
      { reasoning_details: [{ type: 'reasoning.text', signature: 's', format, index: 0 }] },
      call(0, '{}', 'a', 'f'),
    ]
    const [carrier, use] = contentOf(eventsOf(deltas, false))
    expect(use).toMatchObject({ type: 'tool_use', id: 'a' })
    expect(openEnvelope(String(carrier?.data)).details).toEqual([
      { type: 'reasoning.text', text: 'Hello', signature: 's', format, index: 0 },
    ])
  })

  test('collects a long thought in pieces quickly', () => {
    const stream = new ContentBlockStream(() => {}, { ...options, showThinking: false })
    const begin = performance.now()
    for (let index = 0; index < 60_000; index++) {
      stream.add({
        reasoning_details: [{ type: 'reasoning.summary', summary: 'x', format: 'openai-responses-v1', index }],
      })
    }
    expect(performance.now() - begin).toBeLessThan(2_000)
  })

  test('makes an id where the upstream gave none, and shows a call whose name never came', () => {
    expect(contentOf(eventsOf([call(0, '{}', undefined, 'f'), call(1, '{}', 'b')]))).toMatchObject([
      { id: 'toolu_0', name: 'f' },
      { id: 'b', name: '' },
    ])
    expect(contentOf(eventsOf([call(0, '{}', 'a')]))).toMatchObject([{ id: 'a', name: '', json: '{}' }])
  })

  test('keeps what is said behind a call for its end', () => {
    const content = contentOf(
      eventsOf([call(0, '{', 'a', 'f'), { content: 'so' }, call(0, '}'), { content: ' be it' }]),
    )
    expect(content).toMatchObject([
      { type: 'tool_use', json: '{}' },
      { type: 'text', text: 'so be it' },
    ])
  })

  test('writes Anthropic’s thinking block by block, with its signatures', () => {
    const format = 'anthropic-claude-v1'
    const detail = (fields: JsonObject) => ({ reasoning_details: [{ format, ...fields }] })
    const deltas = [
      { reasoning_content: 'He', reasoning_details: [{ type: 'reasoning.text', text: 'He', format, index: 0 }] },
      detail({ type: 'reasoning.text', text: 'llo', index: 0 }),
      detail({ type: 'reasoning.text', signature: 's0', index: 0 }),
      detail({ type: 'reasoning.encrypted', data: 'd', index: 1 }),
      detail({ type: 'reasoning.text', signature: 's2', index: 2 }),
      { content: 'Hi' },
    ]
    expect(contentOf(eventsOf(deltas))).toEqual([
      { type: 'thinking', thinking: 'Hello', signature: 's0' },
      { type: 'redacted_thinking', data: 'd' },
      { type: 'thinking', thinking: '', signature: 's2' },
      { type: 'text', text: 'Hi', citations: null },
    ])
    expect(contentOf(eventsOf(deltas, false))).toEqual([{ type: 'text', text: 'Hi', citations: null }])
  })

  test('keeps a thought signature of Gemini’s with its call', () => {
    const extra = { extra_content: { google: { thought_signature: 'gs' } } }
    const deltas = [{ tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{}' }, ...extra }] }]
    const [carrier, use] = contentOf(eventsOf(deltas, false))
    expect(use).toMatchObject({ type: 'tool_use', id: 'a' })
    expect([...openEnvelope(String(carrier?.data)).calls]).toEqual([['a', { google: { thought_signature: 'gs' } }]])
  })

  test('thinking of another API has no signature unless that API wants something back', () => {
    expect(contentOf(eventsOf([{ reasoning_content: 'Hm' }, { reasoning: 'm' }, { content: 'x' }]))).toEqual([
      { type: 'thinking', thinking: 'Hmm', signature: '' },
      { type: 'text', text: 'x', citations: null },
    ])
    const sealed = { type: 'reasoning.encrypted', data: 'c', format: 'openai-responses-v1', index: 0 }
    const [thinking] = contentOf(
      eventsOf([{ reasoning_content: 'Hm' }, { reasoning_details: [sealed] }, { content: 'x' }]),
    )
    expect(openEnvelope(String(thinking?.signature)).details).toEqual([sealed])
  })

  test('ends an answer that would fill the memory while its first call is open', () => {
    const stream = new ContentBlockStream(() => {}, options)
    stream.add(call(0, '{', 'a', 'f'))
    const flood = () => {
      for (let i = 0; i < 100; i++) stream.add({ content: 'x'.repeat(1_000_000) })
    }
    expect(flood).toThrow(expect.objectContaining({ code: 'upstream_too_large' }))
  })

  /** What an LLM said, and any way of cutting it. */
  const said = fc.record({
    thinking: fc.string(),
    text: fc.string(),
    refusal: fc.constantFrom('', 'I will not'),
    calls: fc.array(
      fc.record({ name: fc.string({ minLength: 1 }), input: fc.dictionary(fc.string(), fc.jsonValue()) }),
      {
        maxLength: 4,
      },
    ),
  })

  test('says the same however an answer is cut into chunks and its calls are interleaved', () => {
    fc.assert(
      fc.property(said, fc.infiniteStream(fc.nat()), ({ thinking, text, refusal, calls }, random) => {
        const draw = (limit: number) => random.next().value! % limit
        const message = {
          reasoning_content: thinking,
          content: text,
          refusal,
          tool_calls: calls.map(({ name, input }, index) => ({
            id: `call_${index}`,
            function: { name, arguments: JSON.stringify(input) },
          })),
        }
        const whole = toMessage(
          { body: { choices: [{ message }] }, usage: undefined, reportedModel: undefined },
          { id: 'i', model: 'm' },
          options,
        )
        const deltas = [
          ...cut(thinking, draw).map((piece) => ({ reasoning_content: piece })),
          ...cut(text, draw).map((content) => ({ content })),
          ...cut(refusal, draw).map((piece) => ({ refusal: piece })),
          ...interleaved(message.tool_calls, draw),
        ]
        const streamed = contentOf(eventsOf(deltas)).map(({ json, ...block }) =>
          block.type === 'tool_use' ? { ...block, input: JSON.parse(String(json)) as unknown } : block,
        )
        expect(streamed).toEqual(whole.content)
      }),
    )
  })

  function cut(text: string, draw: (limit: number) => number): readonly string[] {
    const pieces: string[] = []
    for (let at = 0; at < text.length; ) {
      const length = 1 + draw(text.length)
      pieces.push(text.slice(at, at + length))
      at += length
    }
    return pieces
  }

  function interleaved(
    calls: readonly { readonly id: string; readonly function: { readonly name: string; readonly arguments: string } }[],
    draw: (limit: number) => number,
  ): readonly JsonObject[] {
    const queues = calls.map(({ id, function: called }, index) => [
      call(index, '', id, called.name),
      ...cut(called.arguments, draw).map((piece) => call(index, piece)),
    ])
    const deltas: JsonObject[] = []
    // Calls begin in order, as their indexes say.
    for (let begun = 0; ; ) {
      const ready = queues.filter((queue, index) => queue.length > 0 && index <= begun)
      if (ready.length === 0) return deltas
      const queue = ready[draw(ready.length)]!
      if (queue === queues[begun]) begun++
      deltas.push(queue.shift()!)
    }
  }
})
