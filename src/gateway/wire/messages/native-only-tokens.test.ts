import { expect, test } from 'vitest'
import type { JsonObject } from '../../../providers/chat-provider.ts'
import { sealEnvelope } from '../reasoning-envelope.ts'
import { parseCountTokensRequest } from './messages-request.ts'
import { nativeOnlyTokens } from './native-only-tokens.ts'

function tokensOf(role: string, ...content: readonly JsonObject[]): number {
  return nativeOnlyTokens(parseCountTokensRequest({ model: 'auto', messages: [{ role, content }] }))
}

const long = 'x'.repeat(400_000)
const envelope = sealEnvelope({ details: [{ type: 'reasoning.summary', summary: long }], calls: new Map() })

test.each<[string, number, string, JsonObject]>([
  ['what was fetched', 100_000, 'assistant', { type: 'web_fetch_tool_result', content: { source: { data: long } } }],
  ['signed thinking', 100_000, 'assistant', { type: 'thinking', thinking: long, signature: 'abc' }],
  ['thinking that is not shown', 75_000, 'assistant', { type: 'thinking', thinking: '', signature: long }],
  ['redacted thinking', 75_000, 'assistant', { type: 'redacted_thinking', data: long }],
  [
    'blocks nobody knows in the output of a tool',
    100_000,
    'user',
    { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'hologram', data: [long] }] },
  ],
  [
    // 300,000 bytes of a PDF, 16 to the token.
    'a file that was fetched',
    18_750,
    'assistant',
    { type: 'web_fetch_tool_result', content: { source: { type: 'base64', data: `JVBERi${long.slice(6)}` } } },
  ],
])('counts %s', (_what, tokens, role, block) => {
  expect(tokensOf(role, block)).toBeGreaterThanOrEqual(tokens)
  expect(tokensOf(role, block)).toBeLessThan(tokens + 50)
})

test.each<[string, string, JsonObject]>([
  ['text', 'user', { type: 'text', text: long }],
  ['outputs of tools', 'user', { type: 'tool_result', tool_use_id: 'a', content: long }],
  ['calls of tools', 'assistant', { type: 'tool_use', id: 'a', name: 'f', input: { long } }],
  ['our own envelopes', 'assistant', { type: 'redacted_thinking', data: envelope }],
])('leaves %s to the count of what is translated, or sent to nobody', (_what, role, block) => {
  expect(tokensOf(role, block)).toBe(0)
})
