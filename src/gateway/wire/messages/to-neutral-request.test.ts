import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../providers/chat-provider.ts'
import { sealEnvelope } from '../reasoning-envelope.ts'
import { parseMessagesRequest } from './messages-request.ts'
import { toNeutralRequest } from './to-neutral-request.ts'

const base = { model: 'auto', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }

function neutral(changes: JsonObject, mayChooseTier = true) {
  const { body, nativeOnly } = toNeutralRequest(parseMessagesRequest({ ...base, ...changes }), mayChooseTier)
  return { body, nativeOnly }
}

function messagesOf(...messages: readonly JsonObject[]): readonly unknown[] {
  return neutral({ messages }).body.messages
}

const user = (...content: readonly JsonObject[]) => ({ role: 'user', content })
const assistant = (...content: readonly JsonObject[]) => ({ role: 'assistant', content })
const cache = { cache_control: { type: 'ephemeral', ttl: '1h' } }

describe('toNeutralRequest', () => {
  test.each<[string, JsonObject, JsonObject]>([
    [
      'the system text',
      { system: 'Be brief' },
      { messages: [{ role: 'system', content: 'Be brief' }, base.messages[0]] },
    ],
    [
      'system blocks with a breakpoint',
      {
        system: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b', ...cache },
        ],
      },
      {
        messages: [
          {
            role: 'system',
            content: [
              { type: 'text', text: 'a' },
              { type: 'text', text: 'b', ...cache },
            ],
          },
          base.messages[0],
        ],
      },
    ],
    ['sampling', { temperature: 0, top_p: 0.5, top_k: 3 }, { temperature: 0, top_p: 0.5, top_k: 3 }],
    ['stop sequences', { stop_sequences: ['a', 'b'] }, { stop: ['a', 'b'] }],
    ['no stop sequences', { stop_sequences: [] }, {}],
    ['the user', { metadata: { user_id: 'u' } }, { user: 'u' }],
    [
      'thinking',
      { thinking: { type: 'enabled', budget_tokens: 2048 } },
      { thinking: { type: 'enabled', budget_tokens: 2048 } },
    ],
    ['an effort', { output_config: { effort: 'xhigh' } }, { reasoning_effort: 'xhigh' }],
    [
      'a format',
      { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } },
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'output', schema: { type: 'object' }, strict: true },
        },
      },
    ],
    ['any tool', { tool_choice: { type: 'any' } }, { tool_choice: 'required' }],
    ['no tool', { tool_choice: { type: 'none' } }, { tool_choice: 'none' }],
    [
      'one tool, one at a time',
      { tool_choice: { type: 'tool', name: 'f', disable_parallel_tool_use: true } },
      { tool_choice: { type: 'function', function: { name: 'f' } }, parallel_tool_calls: false },
    ],
    [
      'tools, its own among them',
      {
        tools: [
          { type: 'custom', name: 'f', description: 'd', input_schema: { type: 'object' }, strict: true, ...cache },
          { type: 'bash_20250124', name: 'bash' },
        ],
      },
      {
        tools: [
          {
            type: 'function',
            function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
            ...cache,
          },
          { type: 'bash_20250124', name: 'bash' },
        ],
      },
    ],
    [
      'servers with tools, once each',
      {
        mcp_servers: [{ name: 'a' }, { name: 'b' }],
        tools: [{ type: 'mcp_toolset', mcp_server_name: 'a' }],
      },
      {
        tools: [
          { type: 'mcp_toolset', mcp_server_name: 'a' },
          { type: 'mcp_toolset', mcp_server_name: 'b' },
        ],
      },
    ],
    ['the usual tier', { service_tier: 'standard_only' }, { service_tier: 'default' }],
    ['a tier that says nothing', { service_tier: 'auto' }, {}],
    ['a preference', { pointsman: { lambda: 1 } }, { pointsman: { lambda: 1 } }],
  ])('translates %s', (_what, said, expected) => {
    expect(neutral(said)).toEqual({ body: { ...base, ...expected }, nativeOnly: [] })
  })

  test('names what only an upstream of the same API gets to see', () => {
    const said = {
      context_management: { edits: [] },
      container: 'c',
      cache_control: { type: 'ephemeral' },
      diagnostics: null,
      betas: [],
      service_tier: 'standard_only',
      messages: [
        assistant({ type: 'server_tool_use', id: 's', name: 'web_search', input: {} }, { type: 'text', text: 'x' }),
      ],
    }
    const { body, nativeOnly } = neutral(said, false)
    expect(nativeOnly.toSorted()).toEqual([
      'cache_control',
      'container',
      'context_management',
      'server_tool_use',
      'service_tier',
    ])
    expect(body).toEqual({ ...base, messages: [{ role: 'assistant', content: 'x' }] })
  })

  test.each<[string, JsonObject, unknown]>([
    ['a text', { type: 'text', text: 'x' }, 'x'],
    ['a text with a breakpoint', { type: 'text', text: 'x', ...cache }, [{ type: 'text', text: 'x', ...cache }]],
    [
      'an image by URL',
      { type: 'image', source: { type: 'url', url: 'https://x/y.png' } },
      [{ type: 'image_url', image_url: { url: 'https://x/y.png' } }],
    ],
    [
      'an image',
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' }, ...cache },
      [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' }, ...cache }],
    ],
    [
      'an image kept at Anthropic',
      { type: 'image', source: { type: 'file', file_id: 'f' } },
      [{ type: 'file', file: { file_id: 'f' } }],
    ],
    [
      'a PDF',
      { type: 'document', title: 't.pdf', source: { type: 'base64', media_type: 'application/pdf', data: 'AA==' } },
      [{ type: 'file', file: { file_data: 'data:application/pdf;base64,AA==', filename: 't.pdf' } }],
    ],
    [
      'a document by URL, in context',
      { type: 'document', context: 'Q3', source: { type: 'url', url: 'https://x/y.pdf' } },
      [
        { type: 'text', text: 'Context: Q3' },
        { type: 'file', file: { file_url: 'https://x/y.pdf' } },
      ],
    ],
    [
      'a document of text',
      { type: 'document', title: 'T', context: 'C', source: { type: 'text', media_type: 'text/plain', data: 'D' } },
      'Title: T\nContext: C\nD',
    ],
    [
      'a document of blocks',
      {
        type: 'document',
        source: {
          type: 'content',
          content: [
            { type: 'text', text: 'a' },
            { type: 'image', source: { type: 'url', url: 'https://x' } },
          ],
        },
        ...cache,
      },
      [
        { type: 'text', text: 'a' },
        { type: 'image_url', image_url: { url: 'https://x' }, ...cache },
      ],
    ],
    [
      'a search result',
      { type: 'search_result', title: 'T', source: 'S', content: [{ type: 'text', text: 'x' }] },
      'Title: T\nSource: S\nx',
    ],
    ['a tool that was found', { type: 'tool_reference', tool_name: 'f' }, 'f'],
    [
      'what is not known here',
      { type: 'hologram', text: 5 },
      [{ type: 'hosted_item', item: { type: 'hologram', text: 5 } }],
    ],
  ])('translates %s in a user’s turn', (_what, block, content) => {
    expect(messagesOf(user(block))).toEqual([{ role: 'user', content }])
  })

  test('names what of tools and settings only an upstream of this API gets', () => {
    const tool = { name: 'f', input_schema: {}, input_examples: [{}], allowed_callers: ['direct'], defer_loading: null }
    const settings = { role: 'system', output_config: { effort: 'low' } }
    const { body, nativeOnly } = toNeutralRequest(
      parseMessagesRequest({ ...base, tools: [tool], messages: [...base.messages, settings] }),
      true,
    )
    expect(nativeOnly).toEqual(
      expect.arrayContaining(['tools.input_examples', 'tools.allowed_callers', 'messages.output_config']),
    )
    expect(nativeOnly).toHaveLength(3)
    expect(body.messages).toEqual(base.messages)
  })

  test('puts tool results right behind their calls, whatever came first', () => {
    const call = { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } }
    const image = { type: 'image', source: { type: 'url', url: 'https://x' } }
    const results = [
      { type: 'text', text: 'look' },
      {
        type: 'tool_result',
        tool_use_id: 'a',
        content: [{ type: 'text', text: 'r' }, image],
        is_error: true,
        ...cache,
      },
      { type: 'tool_result', tool_use_id: 'b' },
    ]
    expect(messagesOf(assistant(call), user(...results))).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
      },
      {
        role: 'tool',
        tool_call_id: 'a',
        content: [
          { type: 'text', text: 'r' },
          { type: 'image_url', image_url: { url: 'https://x' }, ...cache },
        ],
        is_error: true,
      },
      { role: 'tool', tool_call_id: 'b', content: '' },
      { role: 'user', content: 'look' },
    ])
  })

  test('cuts a turn where thinking follows text, and moves its calls to the end', () => {
    const format = 'anthropic-claude-v1'
    const turn = assistant(
      { type: 'thinking', thinking: 't1', signature: 's1' },
      { type: 'redacted_thinking', data: 'd' },
      { type: 'text', text: 'one ' },
      { type: 'text', text: 'two' },
      { type: 'tool_use', id: 'a', name: 'f', input: {} },
      { type: 'thinking', thinking: 't2', signature: 's2' },
      { type: 'text', text: 'three' },
    )
    expect(messagesOf(turn)).toEqual([
      {
        role: 'assistant',
        content: 'one two',
        reasoning_details: [
          { type: 'reasoning.text', text: 't1', signature: 's1', format, index: 0 },
          { type: 'reasoning.encrypted', data: 'd', format, index: 1 },
        ],
      },
      {
        role: 'assistant',
        content: 'three',
        reasoning_details: [{ type: 'reasoning.text', text: 't2', signature: 's2', format, index: 0 }],
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
    ])
  })

  test('drops thinking without a signature, and reads what we hid in one', () => {
    const detail = { type: 'reasoning.encrypted', data: 'c', format: 'openai-responses-v1' } as const
    const turn = assistant(
      { type: 'thinking', thinking: 'ours', signature: '' },
      { type: 'thinking', thinking: 'theirs', signature: sealEnvelope({ details: [detail], calls: new Map() }) },
      {
        type: 'redacted_thinking',
        data: sealEnvelope({ details: [], calls: new Map([['a', { google: { thought_signature: 'gs' } }]]) }),
      },
      { type: 'tool_use', id: 'a', name: 'f', input: {} },
    )
    expect(messagesOf(turn)).toEqual([
      {
        role: 'assistant',
        content: null,
        reasoning_details: [{ ...detail, index: 0 }],
        tool_calls: [
          {
            id: 'a',
            type: 'function',
            function: { name: 'f', arguments: '{}' },
            extra_content: { google: { thought_signature: 'gs' } },
          },
        ],
      },
    ])
    expect(messagesOf(assistant({ type: 'thinking', thinking: 'ours' }))).toEqual([])
  })
})
