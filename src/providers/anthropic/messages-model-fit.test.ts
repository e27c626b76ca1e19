import { describe, expect, it } from 'vitest'
import type { ChatRequest, JsonObject } from '../chat-provider.ts'
import { messagesRequest } from './messages-request.ts'

const user = { role: 'user', content: 'hi' }

function ask(request: Partial<ChatRequest>, upstreamModel = 'claude-haiku-4-5'): JsonObject {
  return messagesRequest({ upstreamModel, request: { messages: [user], ...request } })
}

describe('what the model takes', () => {
  it.each([
    ['claude-haiku-4-5', { reasoning_effort: 'low' }, { thinking: { type: 'enabled', budget_tokens: 2048 } }],
    [
      'claude-haiku-4-5',
      { reasoning_effort: 'high', max_tokens: 4000 },
      { thinking: { type: 'enabled', budget_tokens: 2000 } },
    ],
    ['claude-haiku-4-5', { reasoning_effort: 'high', max_tokens: 1500 }, {}],
    ['claude-haiku-4-5', { reasoning_effort: 'none' }, {}],
    ['claude-3-haiku', { reasoning_effort: 'high' }, {}],
    [
      'claude-opus-4-5',
      { reasoning_effort: 'max' },
      { thinking: { type: 'enabled', budget_tokens: 24_576 }, output_config: { effort: 'high' } },
    ],
    [
      'claude-sonnet-4-6',
      { reasoning_effort: 'xhigh' },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
    ],
    ['claude-opus-5', { reasoning_effort: 'none' }, { thinking: { type: 'disabled' } }],
    ['claude-sonnet-5-5', { reasoning_effort: 'none' }, { thinking: { type: 'between_tools' } }],
    ['claude-opus-5-5', { reasoning_effort: 'none' }, { output_config: { effort: 'low' } }],
    ['claude-opus-5-5', { reasoning_effort: 'huge' }, {}],
    ['claude-opus-5-5', { thinking: { type: 'enabled', budget_tokens: 5 } }, { thinking: { type: 'adaptive' } }],
    ['claude-opus-5-5', { thinking: { type: 'disabled' } }, {}],
    [
      'claude-opus-5',
      { thinking: { type: 'disabled' }, reasoning_effort: 'max' },
      { thinking: { type: 'disabled' }, output_config: { effort: 'high' } },
    ],
  ])('%s: %j', (model, request, expected) => {
    const { thinking, output_config } = ask(request, model)
    expect({ thinking, output_config }).toEqual({ thinking: undefined, output_config: undefined, ...expected })
  })

  it.each([
    ['claude-3-7-sonnet', { temperature: 0.5, top_p: 0.5, top_k: 5 }],
    ['claude-haiku-4-5', { temperature: 0.5, top_k: 5 }],
    ['claude-opus-4-8', {}],
  ])('%s samples with %j', (model, expected) => {
    const { temperature, top_p, top_k } = ask({ temperature: 0.5, top_p: 0.5, top_k: 5 }, model)
    expect({ temperature, top_p, top_k }).toEqual(expected)
  })

  it('does not sample while it thinks', () => {
    const body = ask({ temperature: 0.5, top_p: 0.97, top_k: 5, reasoning_effort: 'low' })
    expect(body).toMatchObject({ top_p: 0.97 })
    expect(body).not.toHaveProperty('temperature')
    expect(body).not.toHaveProperty('top_k')
  })

  const tools = ['f', 'g'].map((name) => ({ type: 'function', function: { name } }))
  const choice = { type: 'function', function: { name: 'g' } }

  it.each([
    ['claude-haiku-4-5', {}, { type: 'tool', name: 'g' }, undefined, 2],
    ['claude-haiku-4-5', { reasoning_effort: 'low' }, { type: 'tool', name: 'g' }, undefined, 2],
    ['claude-haiku-4-5', { thinking: { type: 'enabled', budget_tokens: 1024 } }, { type: 'auto' }, 'enabled', 1],
    ['claude-opus-5', {}, { type: 'tool', name: 'g' }, 'disabled', 2],
    ['claude-opus-5-5', {}, { type: 'auto' }, undefined, 1],
    ['claude-sonnet-5-5', { thinking: { type: 'between_tools' } }, { type: 'auto' }, 'between_tools', 1],
  ])('%s with %j and a forced tool', (model, request, expected, thinking, offered) => {
    const body = ask({ ...request, tools, tool_choice: choice }, model)
    expect(body.tool_choice).toEqual(expected)
    expect((body.thinking as JsonObject | undefined)?.type).toBe(thinking)
    expect(body.tools).toHaveLength(offered)
  })

  it('does not think by budget where the turn that goes on shows no thinking', () => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
    const messages = [
      user,
      { role: 'assistant', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c', content: 'x' },
    ]
    expect(ask({ messages, tools, reasoning_effort: 'high' })).not.toHaveProperty('thinking')
    expect(ask({ messages, tools, reasoning_effort: 'high' }, 'claude-opus-4-6')).toHaveProperty('thinking')
  })
})
