import { describe, expect, it } from 'vitest'
import type { ChatRequest, JsonObject } from '../chat-provider.ts'
import { messagesRequest } from './messages-request.ts'

const user = { role: 'user', content: 'hi' }

function ask(request: Partial<ChatRequest>, upstreamModel = 'claude-haiku-4-5'): JsonObject {
  return messagesRequest({ upstreamModel, request: { messages: [user], ...request } })
}

describe('tools', () => {
  const tool = (name: string, more: JsonObject = {}) => ({ type: 'function', function: { name, ...more } })

  it('says functions in Anthropic’s words and leaves its own tools alone', () => {
    const hosted = { type: 'web_search_20260318', name: 'web_search', max_uses: 2 }
    const parameters = { properties: { a: {} } }
    const marked = { ...tool('f', { description: '', parameters, strict: true }), cache_control: { type: 'ephemeral' } }
    const undated = { type: 'tool_search_tool_bm25', name: 'search' }
    expect(ask({ tools: [marked, hosted, undated] }).tools).toEqual([
      {
        name: 'f',
        input_schema: { type: 'object', properties: { a: {} }, additionalProperties: false },
        strict: true,
        cache_control: { type: 'ephemeral' },
      },
      hosted,
      undated,
    ])
  })

  it('says what a strict tool’s schema cannot hold as words, and leaves other schemas alone', () => {
    const parameters = { type: 'object', properties: { a: { type: 'integer', minimum: 3 } } }
    const made = ask({ tools: [tool('f', { parameters, strict: true }), tool('g', { parameters })] }).tools
    expect(made).toMatchObject([
      {
        input_schema: {
          properties: { a: { type: 'integer', description: '(minimum: 3)' } },
          additionalProperties: false,
        },
      },
      { input_schema: parameters },
    ])
  })

  it.each([
    ['auto', true, { type: 'auto' }],
    ['required', true, { type: 'any' }],
    ['none', false, { type: 'none' }],
    [undefined, false, { type: 'auto', disable_parallel_tool_use: true }],
    [tool('f'), false, { type: 'tool', name: 'f', disable_parallel_tool_use: true }],
    [{ type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [tool('f')] } }, true, { type: 'any' }],
  ])('chooses %j, parallel %s', (choice, parallel, expected) => {
    const body = ask({ tools: [tool('f'), tool('g')], tool_choice: choice, parallel_tool_calls: parallel })
    expect(body.tool_choice).toEqual(expected)
    const allowed = typeof choice === 'object' && choice.type === 'allowed_tools'
    expect(body.tools).toHaveLength(allowed ? 1 : 2)
  })

  it('leaves a choice without tools out', () => {
    expect(ask({ tools: [], tool_choice: 'auto' })).not.toHaveProperty('tool_choice')
  })
})

it('closes objects of a schema and keeps what the API refuses as words', () => {
  const schema = {
    $schema: 'x',
    type: 'object',
    properties: { a: { type: 'integer', minimum: 3, description: 'Age.' }, b: { oneOf: [{ type: 'object' }] } },
    $defs: { c: { type: ['object', 'null'], additionalProperties: true } },
  }
  const body = ask({ response_format: { type: 'json_schema', json_schema: { name: 'n', schema } } })
  expect(body.output_config).toEqual({
    format: {
      type: 'json_schema',
      schema: {
        type: 'object',
        additionalProperties: false,
        properties: {
          a: { type: 'integer', description: 'Age.\n\n(minimum: 3)' },
          b: { anyOf: [{ type: 'object', additionalProperties: false }] },
        },
        $defs: { c: { type: ['object', 'null'], additionalProperties: true } },
      },
    },
  })
})

it('keeps one of several choices beside another', () => {
  const schema = { anyOf: [{ type: 'string' }], oneOf: [{ type: 'object' }], allOf: [{ title: 'x' }] }
  const body = ask({ response_format: { type: 'json_schema', json_schema: { name: 'n', schema } } })
  expect(body.output_config).toEqual({
    format: {
      type: 'json_schema',
      schema: {
        anyOf: [{ type: 'string' }],
        allOf: [{ title: 'x' }, { anyOf: [{ type: 'object', additionalProperties: false }] }],
      },
    },
  })
})
