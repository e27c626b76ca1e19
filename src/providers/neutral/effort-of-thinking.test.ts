import { expect, it } from 'vitest'
import { ChatBodyWriter } from '../openai-compatible/chat-body.ts'
import { providerPreset } from '../openai-compatible/presets.ts'
import { responsesRequest } from '../openai-responses/responses-request.ts'
import { effortOfThinking } from './effort-of-thinking.ts'

it.each([
  [{ type: 'enabled', budget_tokens: 1_024 }, 'low'],
  [{ type: 'enabled', budget_tokens: 4_096 }, 'medium'],
  [{ type: 'enabled', budget_tokens: 16_384 }, 'high'],
  [{ type: 'adaptive' }, 'medium'],
  [{ type: 'disabled' }, undefined],
  [undefined, undefined],
])('takes %j for %s', (thinking, effort) => {
  expect(effortOfThinking(thinking)).toBe(effort)
})

it('is what OpenAI’s models are asked for that are known to reason, where no effort is said', () => {
  const messages = [{ role: 'user', content: 'hi' }]
  const thinking = { type: 'enabled', budget_tokens: 20_000 }
  const efforts = (more: object, reasons: boolean | undefined) => {
    const call = { request: { messages, thinking, ...more }, upstreamModel: 'm', reasons }
    const chat = new ChatBodyWriter(providerPreset('openai')!.dialect).bodyOf(call, false)
    const responses = responsesRequest(call, false)
    expect(chat).not.toHaveProperty('thinking')
    return [chat.reasoning_effort, (responses.reasoning as { effort?: string } | undefined)?.effort]
  }
  expect(efforts({}, true)).toEqual(['high', 'high'])
  expect(efforts({ reasoning_effort: 'low' }, true)).toEqual(['low', 'low'])
  expect(efforts({}, undefined)).toEqual([undefined, undefined])
  expect(efforts({}, false)).toEqual([undefined, undefined])
})
