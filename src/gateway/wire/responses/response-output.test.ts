import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../providers/chat-provider.ts'
import { ProviderError } from '../../../providers/provider-error.ts'
import { readAnswerPiece } from './neutral-answer-reader.ts'
import { readReasoningItem } from './reasoning-item.ts'
import { ResponseOutput } from './response-output.ts'

/** What deltas come to: events, and items at the end. */
function write(deltas: readonly JsonObject[]): { events: JsonObject[]; items: readonly JsonObject[] } {
  const events: JsonObject[] = []
  const output = new ResponseOutput('d1', (event) => events.push(structuredClone(event)))
  for (const delta of deltas) output.add(delta)
  return { events, items: output.finish('completed') }
}

const call = (index: number, id: string, name: string, text: string) => ({
  tool_calls: [{ index, id, type: 'function', function: { name, arguments: text } }],
})
const more = (index: number, text: string) => ({ tool_calls: [{ index, function: { arguments: text } }] })

describe('the output of a response', () => {
  it('is text with its events around it', () => {
    const { events, items } = write([{ role: 'assistant', content: '' }, { content: 'fo' }, { content: 'ur' }])
    const message = { id: 'msg_d1_0', type: 'message', role: 'assistant' }
    const part = { type: 'output_text', text: 'four', annotations: [], logprobs: [] }
    expect(items).toEqual([{ ...message, status: 'completed', content: [part] }])
    const place = { item_id: 'msg_d1_0', output_index: 0, content_index: 0 }
    expect(events).toEqual([
      { type: 'response.output_item.added', output_index: 0, item: { ...message, status: 'in_progress', content: [] } },
      { type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
      { type: 'response.output_text.delta', ...place, delta: 'fo', logprobs: [] },
      { type: 'response.output_text.delta', ...place, delta: 'ur', logprobs: [] },
      { type: 'response.output_text.done', ...place, text: 'four', logprobs: [] },
      { type: 'response.content_part.done', ...place, part },
      { type: 'response.output_item.done', output_index: 0, item: items[0] },
    ])
  })

  it('keeps interleaved calls apart', () => {
    const { items } = write([call(0, 'a', 'f', ''), call(1, 'b', 'g', '{"x"'), more(0, '{}'), more(1, ':1}')])
    expect(items).toMatchObject([
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}', status: 'completed' },
      { type: 'function_call', call_id: 'b', name: 'g', arguments: '{"x":1}' },
    ])
  })

  it('takes calls that are all numbered 0 for several', () => {
    const { items } = write([call(0, 'a', 'f', '{}'), call(0, 'b', 'g', '{}')])
    expect(items).toMatchObject([{ call_id: 'a' }, { call_id: 'b' }])
  })

  it('goes back to a call by its id, also where all are numbered 0', () => {
    const { items } = write([
      call(0, 'a', 'f', '{'),
      call(0, 'b', 'g', '['),
      call(0, 'a', '', '}'),
      call(0, 'b', '', ']'),
    ])
    expect(items).toMatchObject([
      { call_id: 'a', name: 'f', arguments: '{}' },
      { call_id: 'b', name: 'g', arguments: '[]' },
    ])
    expect(items).toHaveLength(2)
  })

  it('keeps each cipher of OpenAI, also where no ids tell them apart', () => {
    const cipher = (data: string, index: number) => ({
      ...{ type: 'reasoning.encrypted', data, id: null, index },
      format: 'openai-responses-v1',
    })
    const { items } = write([{ reasoning_details: [cipher('one', 0), cipher('two', 1)] }, { content: 'x' }])
    expect(items).toMatchObject([{ encrypted_content: 'one' }, { encrypted_content: 'two' }, { type: 'message' }])
  })

  it('does not grow without end', () => {
    const calls = Array.from({ length: 10_001 }, (_, index) => call(index, `i${index}`, 'f', '{}'))
    expect(() => write(calls)).toThrow('over 10000 items')
    expect(() => write(calls)).toThrow(ProviderError)
    const thoughts = Array.from({ length: 10_000 }, (_, index) => ({
      reasoning_details: [{ type: 'reasoning.text', text: 'a', index }],
    }))
    expect(write(thoughts).items).toHaveLength(1)
  })

  it('waits for the name of a call, and gives an id to one without', () => {
    const late = { tool_calls: [{ index: 0, function: { arguments: '{' } }] }
    const { items, events } = write([late, { tool_calls: [{ index: 0, function: { name: 'f' } }] }, more(0, '}')])
    expect(items).toMatchObject([{ name: 'f', arguments: '{}', call_id: expect.stringMatching(/^call_d1/) }])
    expect(events[0]).toMatchObject({ item: { name: 'f', arguments: '' } })
  })

  it('carries the thinking of another vendor with its signature', () => {
    const format = 'anthropic-claude-v1'
    const { items, events } = write([
      { reasoning_content: 'I ', reasoning_details: [{ type: 'reasoning.text', text: 'I ', index: 0, format }] },
      { reasoning_content: 'think', reasoning_details: [{ type: 'reasoning.text', text: 'think', index: 0, format }] },
      { reasoning_details: [{ type: 'reasoning.text', signature: 'sig', index: 0, format }] },
      { content: 'Done' },
    ])
    expect(items).toMatchObject([
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'I think' }] },
      { type: 'message' },
    ])
    expect(events.map(({ type }) => type).slice(0, 7)).toEqual([
      'response.output_item.added',
      'response.reasoning_summary_part.added',
      'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.done',
      'response.reasoning_summary_part.done',
      'response.output_item.done',
    ])
    expect(readReasoningItem(items[0] ?? {}).details).toEqual([
      { type: 'reasoning.text', text: 'I think', signature: 'sig', index: 0, format },
    ])
  })

  it('lets no late signature part the text', () => {
    const late = { reasoning_details: [{ type: 'reasoning.encrypted', data: 'x', format: 'google-gemini-v1' }] }
    const { items } = write([{ content: 'a' }, late, { content: 'b' }])
    expect(items.map(({ type }) => type)).toEqual(['message', 'reasoning'])
    expect(items[0]).toMatchObject({ content: [{ text: 'ab' }] })
  })

  it("gives OpenAI's reasoning items back under their own ids", () => {
    const shared = { format: 'openai-responses-v1', id: 'rs_1' }
    const { items } = write([
      { reasoning_details: [{ type: 'reasoning.summary', summary: 'A', index: 0, ...shared }] },
      { reasoning_details: [{ type: 'reasoning.summary', summary: 'B', index: 1, ...shared }] },
      { reasoning_details: [{ type: 'reasoning.encrypted', data: 'gAAAA', index: 2, ...shared }] },
      { reasoning_details: [{ type: 'reasoning.encrypted', data: 'gBBBB', index: 3, ...shared, id: 'rs_2' }] },
    ])
    const text = (said: string) => ({ type: 'summary_text', text: said })
    expect(items).toEqual([
      { id: 'rs_1', type: 'reasoning', summary: [text('A'), text('B')], encrypted_content: 'gAAAA' },
      { id: 'rs_2', type: 'reasoning', summary: [], encrypted_content: 'gBBBB' },
    ])
  })

  it('carries what Gemini wants back with a call', () => {
    const extra = { google: { thought_signature: 's1' } }
    const piece = { index: 0, id: 'a', extra_content: extra, function: { name: 'f', arguments: '{}' } }
    const { items } = write([{ tool_calls: [piece] }])
    expect(items.map(({ type }) => type)).toEqual(['reasoning', 'function_call'])
    expect(readReasoningItem(items[0] ?? {}).calls).toEqual(new Map([['a', extra]]))
  })
})

describe('an envelope', () => {
  it('brings back no more than thinking has, whatever is written into it', () => {
    const deep = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) as unknown
    const details = [{ type: 'reasoning.text', text: 'a', signature: 's', id: null, deep }, { type: 'x' }, 7]
    const calls = [['a', { google: { thought_signature: 't', deep } }], ['b', deep], 7]
    const seal = (body: unknown) => `pointsman.1.${Buffer.from(JSON.stringify(body)).toString('base64url')}`
    const read = (encrypted_content: string) => readReasoningItem({ type: 'reasoning', encrypted_content })
    expect(read(seal({ details, calls }))).toEqual({
      details: [{ type: 'reasoning.text', text: 'a', signature: 's' }],
      calls: new Map([['a', { google: { thought_signature: 't' } }]]),
    })
    for (const broken of ['pointsman.1.', 'pointsman.1.%%%', seal(null), seal([]), seal({ details: {}, calls: 7 })]) {
      expect(read(broken)).toEqual({ details: [], calls: new Map() })
    }
  })
})

const answer = fc.record({
  reasoning: fc.string({ maxLength: 12 }),
  signed: fc.boolean(),
  content: fc.string({ maxLength: 20 }),
  refusal: fc.string({ maxLength: 6 }),
  calls: fc.array(fc.record({ name: fc.string({ minLength: 1, maxLength: 4 }), text: fc.string({ maxLength: 12 }) }), {
    maxLength: 3,
  }),
  cuts: fc.infiniteStream(fc.integer({ min: 1, max: 5 })),
})
type Answer = typeof answer extends fc.Arbitrary<infer T> ? T : never

function wholeOf({ reasoning, signed, content, refusal, calls }: Answer): JsonObject {
  const detail = { type: 'reasoning.text', text: reasoning, index: 0, format: 'anthropic-claude-v1' }
  return {
    role: 'assistant',
    content,
    refusal: refusal === '' ? null : refusal,
    ...(reasoning === ''
      ? {}
      : { reasoning_content: reasoning, reasoning_details: [signed ? { ...detail, signature: 's' } : detail] }),
    tool_calls: calls.map(({ name, text }, index) => ({
      id: `c${index}`,
      type: 'function',
      function: { name, arguments: text },
    })),
  }
}

function piecesOf(said: Answer): JsonObject[] {
  const cuts = said.cuts[Symbol.iterator]()
  const cut = (text: string): string[] => {
    const parts: string[] = []
    for (let at = 0; at < text.length; ) {
      const size = Number(cuts.next().value)
      parts.push(text.slice(at, at + size))
      at += size
    }
    return parts
  }
  const format = 'anthropic-claude-v1'
  const thoughts = cut(said.reasoning).map((text) => ({
    reasoning_content: text,
    reasoning_details: [{ type: 'reasoning.text', text, index: 0, format }],
  }))
  const signed = said.signed && said.reasoning !== ''
  const signature = signed
    ? [{ reasoning_details: [{ type: 'reasoning.text', signature: 's', index: 0, format }] }]
    : []
  const texts = said.calls.map(({ text }) => cut(text))
  const rounds = Math.max(0, ...texts.map((parts) => parts.length))
  return [
    { role: 'assistant', content: '' },
    ...thoughts,
    ...signature,
    ...cut(said.content).map((content) => ({ content })),
    ...cut(said.refusal).map((refusal) => ({ refusal })),
    ...said.calls.map(({ name }, index) => call(index, `c${index}`, name, '')),
    ...Array.from({ length: rounds }, (_, round) =>
      texts.flatMap((parts, index) => (parts[round] === undefined ? [] : [more(index, parts[round])])),
    ).flat(),
  ]
}

/** What a reader of the events alone knows in the end. */
function followed(events: readonly JsonObject[]): unknown[] {
  const items: unknown[] = []
  const texts = new Map<string, string>()
  for (const event of events) {
    const index = event.output_index as number
    if (event.type === 'response.output_item.added') expect(index).toBe(items.push(event.item) - 1)
    if (typeof event.delta === 'string') {
      const key = [event.type, index, event.content_index, event.summary_index].join()
      texts.set(key, (texts.get(key) ?? '') + event.delta)
    }
    if (typeof event.type === 'string' && event.type.endsWith('.done') && event.type !== 'response.output_item.done') {
      const whole = event.text ?? event.refusal ?? event.arguments
      if (whole !== undefined) {
        const key = [event.type.replace('.done', '.delta'), index, event.content_index, event.summary_index].join()
        expect(texts.get(key) ?? '').toBe(whole)
      }
    }
    if (event.type === 'response.output_item.done') items[index] = event.item
  }
  return items
}

describe('however an answer is cut', () => {
  it('its items are those of the whole one, and its events say the same', () => {
    fc.assert(
      fc.property(answer, (said) => {
        const whole = write([readAnswerPiece({ choices: [{ index: 0, message: wholeOf(said) }] }).delta])
        const cut = write(piecesOf(said))
        expect(cut.items).toEqual(whole.items)
        expect(followed(cut.events)).toEqual(whole.items)
        expect(followed(whole.events)).toEqual(whole.items)
      }),
      { numRuns: 300 },
    )
  })

  it('nothing an upstream sends breaks it', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 6 }), fc.jsonValue(), (values, logprobs) => {
        const fields = ['content', 'refusal', 'reasoning_content', 'reasoning_details', 'tool_calls', 'annotations']
        const message = Object.fromEntries(values.map((value, index) => [fields[index] ?? 'x', value]))
        for (const carrier of ['delta', 'message']) {
          const piece = readAnswerPiece({ choices: [{ index: 0, [carrier]: message, logprobs }] })
          const output = new ResponseOutput('d1', () => {})
          output.add(piece.delta, piece.logprobs)
          expect(Array.isArray(output.finish('incomplete'))).toBe(true)
        }
      }),
    )
  })
})
