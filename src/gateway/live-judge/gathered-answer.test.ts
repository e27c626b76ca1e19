import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ForeignDialect, JsonObject } from '../../providers/chat-provider.ts'
import { answerSaid, GatheredAnswer } from './gathered-answer.ts'

function gather(chunks: readonly JsonObject[], dialect?: ForeignDialect, maxCharacters = 1_000) {
  const gathered = new GatheredAnswer(maxCharacters)
  for (const chunk of chunks) gathered.add(dialect === undefined ? { chunk } : { chunk, dialect })
  return gathered.said
}

const weather = { name: 'weather', arguments: '{"city":"Rome"}' }

describe('GatheredAnswer', () => {
  it('joins text and tool calls of chat completions, of the first choice only', () => {
    const delta = (piece: object, index = 0) => ({ choices: [{ index, delta: piece }] })
    const call = (piece: object) => delta({ tool_calls: [{ index: 0, ...piece }] })
    const chunks = [
      delta({ role: 'assistant', content: '' }),
      delta({ reasoning_content: 'hm' }),
      delta({ content: 'a' }),
      delta({ content: 'x' }, 1),
      delta({ content: 'b' }),
      call({ id: 'c1', function: { name: 'weather', arguments: '' } }),
      call({ function: { arguments: '{"city":' } }),
      call({ function: { arguments: '"Rome"}' } }),
      { choices: [] },
    ]
    expect(gather(chunks)).toEqual({ text: 'ab', toolCalls: [weather] })
  })

  it('joins the events of Messages, thinking left out', () => {
    const chunks = [
      { type: 'message_start', message: {} },
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
      { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'ab' } },
      {
        type: 'content_block_start',
        index: 2,
        content_block: { type: 'tool_use', id: 't', name: 'weather', input: {} },
      },
      { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"city":' } },
      { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '"Rome"}' } },
      { type: 'message_stop' },
    ]
    expect(gather(chunks, 'messages')).toEqual({ text: 'ab', toolCalls: [weather] })
  })

  it('joins the events of Responses', () => {
    const item = { type: 'function_call', name: 'weather', arguments: '' }
    const chunks = [
      { type: 'response.created', response: {} },
      { type: 'response.reasoning_summary_text.delta', output_index: 0, delta: 'hm' },
      { type: 'response.output_text.delta', output_index: 1, delta: 'a' },
      { type: 'response.output_text.delta', output_index: 1, delta: 'b' },
      { type: 'response.output_text.done', output_index: 1, text: 'ab' },
      { type: 'response.output_item.added', output_index: 2, item },
      { type: 'response.function_call_arguments.delta', output_index: 2, delta: weather.arguments },
      { type: 'response.output_item.done', output_index: 2, item: { ...item, ...weather } },
    ]
    expect(gather(chunks, 'responses')).toEqual({ text: 'ab', toolCalls: [weather] })
  })

  it('keeps no more than it may, and tells nothing then', () => {
    const chunks = Array.from({ length: 20 }, () => ({ choices: [{ index: 0, delta: { content: 'x'.repeat(100) } }] }))
    expect(gather(chunks, undefined, 1_999)).toBeUndefined()
    expect(gather(chunks, undefined, 2_000)?.text).toHaveLength(2_000)
  })

  it('never fails, whatever an upstream sends', () => {
    const dialect = fc.constantFrom(undefined, 'messages' as const, 'responses' as const)
    const field = fc.constantFrom(
      'choices',
      'delta',
      'content',
      'tool_calls',
      'function',
      'type',
      'item',
      'content_block',
      'output',
    )
    const chunk = fc.dictionary(field, fc.jsonValue())
    fc.assert(
      fc.property(fc.array(chunk), dialect, (chunks, kind) => {
        expect(typeof gather(chunks as JsonObject[], kind)?.text).toBe('string')
        for (const body of chunks as JsonObject[]) {
          const completion = {
            body,
            usage: undefined,
            reportedModel: undefined,
            ...(kind === undefined ? {} : { dialect: kind }),
          }
          expect(typeof answerSaid(completion).text).toBe('string')
        }
      }),
    )
  })
})

describe('answerSaid', () => {
  const head = { usage: undefined, reportedModel: undefined }
  it('reads whole answers of each dialect', () => {
    const call = { id: 'c', type: 'function', function: weather }
    const neutral = { choices: [{ message: { content: 'ab', tool_calls: [call] } }, { message: { content: 'x' } }] }
    const messages = {
      content: [
        { type: 'thinking', thinking: 'hm' },
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
        { type: 'tool_use', name: 'weather', input: { city: 'Rome' } },
      ],
    }
    const responses = {
      output: [
        { type: 'reasoning', summary: [] },
        { type: 'message', content: [{ type: 'output_text', text: 'ab' }] },
        { type: 'function_call', ...weather },
      ],
    }
    const said = { text: 'ab', toolCalls: [weather] }
    expect(answerSaid({ ...head, body: neutral })).toEqual(said)
    expect(answerSaid({ ...head, body: messages, dialect: 'messages' })).toEqual(said)
    expect(answerSaid({ ...head, body: responses, dialect: 'responses' })).toEqual(said)
  })
})
