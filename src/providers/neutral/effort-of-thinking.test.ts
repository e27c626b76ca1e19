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
  expect(effortOfThinking(thinking, 'm')).toBe(effort)
})

it.each([
  ['gpt-5.1', 'none'],
  ['openai/gpt-5.4-mini-2026-03-05', 'none'],
  ['gpt-5', undefined],
  ['o3', undefined],
  ['gpt-5.1-codex', undefined],
  ['gpt-5.1-chat-latest', undefined],
  ['gpt-5.2-pro', undefined],
])('switches off what can be: %s', (upstreamModel, effort) => {
  const disabled = { type: 'disabled' }
  expect(effortOfThinking(disabled, upstreamModel)).toBe(effort)
  const request = { messages: [{ role: 'user', content: 'hi' }], thinking: disabled, temperature: 0.5 }
  const call = { request, upstreamModel, reasons: true }
  const chat = new ChatBodyWriter(providerPreset('openai')!.dialect)
  expect(chat.bodyOf(call, false)).toMatchObject(
    effort === undefined ? {} : { reasoning_effort: effort, temperature: 0.5 },
  )
  expect(chat.bodyOf(call, false).reasoning_effort).toBe(effort)
  expect(responsesRequest(call, false).reasoning).toEqual(effort === undefined ? undefined : { effort })
  // An effort of the LLM's own is what makes it that LLM; the caller's is for thinking that is on.
  expect(chat.bodyOf({ ...call, reasoningEffort: 'high' }, false).reasoning_effort).toBe('high')
  const both = { ...call, request: { ...request, reasoning_effort: 'high' } }
  expect(chat.bodyOf(both, false).reasoning_effort).toBe(effort ?? 'high')
  expect(responsesRequest(both, false).reasoning).toEqual({ effort: effort ?? 'high' })
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
