import { expect, it } from 'vitest'
import type { ChatAsk } from '../chat-provider.ts'
import { lowerOutputCap } from './lower-output-cap.ts'

const messages = [{ role: 'user', content: 'Hello' }]

it('lowers what is above, in the neutral form and in the request’s own', () => {
  const native = { dialect: 'messages', body: { max_tokens: 32_000, messages }, headers: {} } as const
  expect(lowerOutputCap({ request: { messages, max_tokens: 32_000 }, native }, 8_000)).toEqual({
    request: { messages, max_tokens: 8_000 },
    native: { dialect: 'messages', body: { max_tokens: 8_000, messages }, headers: {} },
  })
})

it('lowers a budget of thinking that was below the cap with it, so that both leave room for an answer', () => {
  const thinking = { type: 'enabled', budget_tokens: 20_000, display: 'omitted' }
  const body = { max_tokens: 32_000, thinking, messages }
  const native = { dialect: 'messages', body, headers: {} } as const
  const lowered = { max_tokens: 8_000, thinking: { ...thinking, budget_tokens: 4_000 }, messages }
  const ask = lowerOutputCap({ request: body, native }, 8_000)
  expect(ask.request).toEqual(lowered)
  expect(ask.native?.body).toEqual(lowered)
})

it.each([
  ['that fits', 32_000, 7_999, 7_999],
  ['of thinking between calls of tools, which may be above', 32_000, 40_000, 40_000],
])('leaves a budget alone %s', (_name, max_tokens, budget_tokens, expected) => {
  const thinking = { type: 'enabled', budget_tokens }
  expect(lowerOutputCap({ request: { messages, max_tokens, thinking } }, 8_000).request.thinking).toEqual({
    ...thinking,
    budget_tokens: expected,
  })
})

it('leaves out thinking for which there is no room: the least budget is 1,024 tokens', () => {
  const thinking = { type: 'enabled', budget_tokens: 3_000 }
  const { request } = lowerOutputCap({ request: { messages, max_tokens: 4_096, thinking } }, 2_000)
  expect(request).toEqual({ messages, max_tokens: 2_000 })
})

it('leaves the rest alone', () => {
  const ask: ChatAsk = { request: { messages, max_tokens: 100, max_completion_tokens: null } }
  expect(lowerOutputCap(ask, 8_000).request).toBe(ask.request)
})
