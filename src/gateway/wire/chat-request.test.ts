import { describe, expect, test } from 'vitest'
import { parseChatRequest } from './chat-request.ts'

function invalid(param: string) {
  return expect.objectContaining({ code: 'invalid_request', param })
}

describe('parseChatRequest', () => {
  test('keeps everything that was sent', () => {
    const content = [
      { type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } },
      { type: 'hologram', data: [1] },
    ]
    const body = { model: 'auto', messages: [{ role: 'user', content, name: 'x' }], made_up: { deep: [null] } }
    expect(parseChatRequest(body)).toEqual(body)
  })

  test.each([
    ['messages[1].role', [{ role: 'user' }, { role: 'root' }]],
    ['messages[0].content', [{ role: 'user', content: 7 }]],
    [
      'messages[1].content[2].text',
      [{ role: 'user' }, { role: 'user', content: [text(), text(), { type: 'text', text: 7 }] }],
    ],
    ['messages[0].content[0]', [{ role: 'user', content: [null] }]],
    ['messages[0].content', [{ role: 'user', content: Array(10_001).fill(text()) }]],
  ])('names the place of what is wrong: %s', (param, messages) => {
    expect(() => parseChatRequest({ model: 'auto', messages })).toThrow(invalid(param))
  })

  test('takes tools that Google names by a field, and no others without a type', () => {
    const messages = [{ role: 'user', content: 'hi' }]
    const body = { model: 'auto', messages, tools: [{ google_search: {} }, { urlContext: {} }, { type: 'made_up' }] }
    expect(parseChatRequest(body)).toEqual(body)
    for (const tool of [{}, { function: { name: 'f' } }, { type: 5, google_search: {} }]) {
      expect(() => parseChatRequest({ model: 'auto', messages, tools: [tool] })).toThrow(invalid('tools[0].type'))
    }
  })

  test('looks no further than the first wrong part, however many follow', () => {
    const looked = new Set<number>()
    const wrongPart = (place: number) => ({
      get type() {
        looked.add(place)
        return 7
      },
    })
    const messages = Array.from({ length: 100 }, (_, m) => ({
      role: 'user',
      content: Array.from({ length: 9_000 }, (_, part) => wrongPart(9_000 * m + part)),
    }))
    expect(() => parseChatRequest({ model: 'auto', messages })).toThrow(invalid('messages[0].content[0].type'))
    expect([...looked]).toEqual([0])
  })
})

function text() {
  return { type: 'text', text: 'hi' }
}
