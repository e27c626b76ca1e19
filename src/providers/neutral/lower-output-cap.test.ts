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

it('leaves the rest alone', () => {
  const ask: ChatAsk = { request: { messages, max_tokens: 100, max_completion_tokens: null } }
  expect(lowerOutputCap(ask, 8_000).request).toBe(ask.request)
})
