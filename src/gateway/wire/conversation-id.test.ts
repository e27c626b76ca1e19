import { describe, expect, test } from 'vitest'
import { parseChatRequest } from './chat-request.ts'
import { conversationIdOf } from './conversation-id.ts'

const system = { role: 'system', content: 'Be brief.' }
const first = { role: 'user', content: 'Hello' }

function idOf(
  messages: object[],
  { headers = {}, keyId, ...body }: { headers?: Record<string, string>; keyId?: string; [field: string]: unknown } = {},
): string {
  return conversationIdOf(parseChatRequest({ model: 'auto', messages, ...body }), headers, keyId)
}

describe('a derived conversation', () => {
  const opening = idOf([system, first])

  test('is a hash', () => {
    expect(opening).toMatch(/^c-[0-9a-f]{32}$/)
  })

  test('stays the same as turns are added', () => {
    const turns = [
      { role: 'assistant', content: 'Hi' },
      { role: 'user', content: 'And now?' },
    ]
    expect(idOf([system, first, ...turns])).toBe(opening)
  })

  test.each<[string, string]>([
    ['another first message', idOf([system, { role: 'user', content: 'Hello!' }])],
    ['another system text', idOf([{ role: 'system', content: 'Be long.' }, first])],
    ['another key', idOf([system, first], { keyId: 'k2' })],
    ['another user', idOf([system, first], { user: 'u2' })],
  ])('differs with %s', (_what, other) => {
    expect(other).not.toBe(opening)
  })
})

describe('a named conversation', () => {
  const named = idOf([first], { headers: { 'x-session-id': 's1' } })

  test('is the same whatever is said in it', () => {
    expect(idOf([system], { headers: { 'x-session-id': 's1' } })).toBe(named)
  })

  test('is not shared between keys', () => {
    expect(idOf([first], { headers: { 'x-session-id': 's1' }, keyId: 'k2' })).not.toBe(named)
  })

  test.each<[string, { headers?: Record<string, string>; metadata?: object }]>([
    ['x-conversation-id', { headers: { 'x-conversation-id': 's1' } }],
    ['metadata.session_id', { metadata: { session_id: 's1' } }],
    ['metadata.conversation_id', { metadata: { conversation_id: 's1' } }],
  ])('can come from %s', (_where, options) => {
    expect(idOf([first], options)).toBe(named)
  })

  test('header over metadata; a name of another type is passed over', () => {
    expect(idOf([first], { headers: { 'x-session-id': 's1' }, metadata: { session_id: 's2' } })).toBe(named)
    expect(idOf([first], { metadata: { session_id: 7 } })).toBe(idOf([first]))
  })
})
