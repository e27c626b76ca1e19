import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../providers/chat-provider.ts'
import type { RoutingPreference } from '../../routing/decision/routing-preference.ts'
import { unknownLlmProperties } from '../../routing/registry/llm.ts'
import { LlmRegistry } from '../../routing/registry/llm-registry.ts'
import { takeInChat } from './chat-intake.ts'

const pool = new LlmRegistry([{ ...unknownLlmProperties, id: 'small', provider: 'p', upstreamModel: 'm' }])

function takeIn(fields: JsonObject, preference: Partial<RoutingPreference> = {}) {
  const body = { model: 'small', messages: [{ role: 'user', content: 'hello' }], ...fields }
  return takeInChat(body, {}, pool, { keyId: 'k', preference }, 0.5)
}

describe('callers who may not choose the LLM and its price', () => {
  const search = { type: 'web_search' }

  it.each<[string, JsonObject]>([
    ['tools[0]', { tools: [search] }],
    [
      'tools[1]',
      {
        tools: [
          { type: 'function', function: { name: 'f' } },
          { type: 'web_search_20250305', name: 'w' },
        ],
      },
    ],
    ['tools[0]', { tools: [{ google_search: {} }] }],
    ['tools[0]', { tools: [{ computer_use: {}, google_search: {} }] }],
    ['tools[0]', { tools: [{ type: 'mcp_toolset', mcp_server_name: 's' }] }],
    ['tools[0]', { tools: [{ type: 'builtin_function', function: { name: '$web_search' } }] }],
    ['tools[0]', { tools: [{ type: 'namespace', name: 'n', tools: [search] }] }],
    ['tools[0]', { tools: [{ type: 'shell', environment: { type: 'container_auto' } }] }],
    ['models', { models: ['other'] }],
    ['moderation', { moderation: { model: 'm' } }],
  ])('are told of %s in %j', (param, fields) => {
    const refusal = expect.objectContaining({ code: 'invalid_request', param })
    expect(() => takeIn({ ...fields, model: 'auto' })).toThrow(refusal)
    expect(() => takeIn(fields, { allow: [['small']] })).toThrow(refusal)
    expect(() => takeIn(fields, { deny: ['other'] })).toThrow(refusal)
    expect(takeIn(fields).routing.pinnedLlm).toBe('small')
  })

  it('may use tools that they run themselves', () => {
    const types = ['function', 'custom', 'bash_20250124', 'computer_use', 'tool_search_tool_bm25', 'apply_patch']
    const tools = [
      ...types.map((type) => ({ type })),
      { computerUse: { environment: 'ENVIRONMENT_BROWSER' } },
      { type: 'shell', environment: { type: 'local' } },
      { type: 'namespace', name: 'n', tools: [{ type: 'function', name: 'f' }] },
    ]
    expect(takeIn({ model: 'auto', tools }).routing.shape.toolCount).toBe(tools.length)
  })
})
