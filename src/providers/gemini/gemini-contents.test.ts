import { describe, expect, it } from 'vitest'
import type { ChatMessage, JsonObject } from '../chat-provider.ts'
import { toContents } from './gemini-contents.ts'
import { geminiTraits } from './gemini-model.ts'

const older = geminiTraits('gemini-2.5-flash')
const question = { role: 'user', content: 'hi' }
const call = (id: string, name: string) => ({ id, type: 'function', function: { name, arguments: '{}' } })
const calls = (...made: readonly JsonObject[]) => ({ role: 'assistant', content: null, tool_calls: made })
const output = (id: string, content: string) => ({ role: 'tool', tool_call_id: id, content })

function partsOf(...messages: readonly ChatMessage[]): readonly JsonObject[] {
  return toContents(messages, older).contents.flatMap(({ parts }) => parts)
}

/** Of calls and outputs: the name, the id and what was said. */
function toolParts(...messages: readonly ChatMessage[]): unknown[] {
  return partsOf(...messages).flatMap(({ functionCall, functionResponse }) => {
    const { id, name, response } = (functionCall ?? functionResponse ?? {}) as JsonObject
    return id === undefined ? [] : [response === undefined ? [id, name] : [id, name, (response as JsonObject).output]]
  })
}

it('says what an assistant refused, as the other APIs do', () => {
  const refused = { role: 'assistant', content: null, refusal: 'I would rather not.' }
  expect(partsOf(question, refused, question)).toEqual([
    { text: 'hi' },
    { text: 'I would rather not.' },
    { text: 'hi' },
  ])
  // Where it also said something, that is what it said.
  expect(partsOf(question, { ...refused, content: 'No.' })).toEqual([{ text: 'hi' }, { text: 'No.' }])
})

describe('the ids of calls', () => {
  it('are each given once, and outputs meet their own call', () => {
    expect(
      toolParts(question, calls(call('x', 'a'), call('x', 'b')), output('x', 'of a'), output('x', 'of b')),
    ).toEqual([
      ['x', 'a'],
      ['x_2', 'b'],
      ['x', 'a', 'of a'],
      ['x_2', 'b', 'of b'],
    ])
  })

  it('may come again in a later turn', () => {
    const turn = (name: string) => [calls(call('call_0', name)), output('call_0', `of ${name}`)]
    expect(toolParts(question, ...turn('a'), ...turn('b'))).toEqual([
      ['call_0', 'a'],
      ['call_0', 'a', 'of a'],
      ['call_0_2', 'b'],
      ['call_0_2', 'b', 'of b'],
    ])
  })

  it('may be no text that can be sent', () => {
    const parts = toolParts(question, calls(call('\ud800', 'a')), output('\ud800', 'of a')) as string[][]
    const [made, answered] = parts.map(([id]) => id)
    expect(made).toBe(answered)
    expect(made).not.toMatch(/\p{Cs}/u)
  })
})

it('reads calls as they were written before there were tools', () => {
  const called = { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{"a":1}' } }
  expect(partsOf(question, called, { role: 'function', name: 'f', content: 'out' }).slice(1)).toEqual([
    { functionCall: { id: 'function_f', name: 'f', args: { a: 1 } } },
    { functionResponse: { id: 'function_f', name: 'f', response: { output: 'out' } } },
  ])
  expect(() => partsOf(question, { role: 'function', name: 'g', content: '' })).toThrow('messages.1.name')
})

it.each([
  ['base64 beside a name', { file_data: 'aGk=', filename: 'a.PDF' }, 'application/pdf'],
  ['a data URL without a type', { file_data: 'data:;base64,aGk=', filename: 'a.pdf' }, 'application/pdf'],
  ['capital letters', { file_data: 'DATA:text/plain;BASE64,aGk=' }, 'text/plain'],
])('takes a file of %s', (_name, file, mimeType) => {
  expect(partsOf({ role: 'user', content: [{ type: 'file', file }] })).toEqual([
    { inlineData: { mimeType, data: 'aGk=' } },
  ])
})

it.each([
  ['without any type', { file_data: 'data:;base64,aGk=' }],
  ['with an ending nobody knows', { file_data: 'aGk=', filename: 'a.xyz' }],
])('refuses a file %s', (_name, file) => {
  expect(() => partsOf({ role: 'user', content: [{ type: 'file', file }] })).toThrow(
    'messages.0.content.0.file.file_data',
  )
})

it('reads a long conversation in time that grows as it does', () => {
  const said = Array.from({ length: 200_000 }, (_, index) => ({ role: 'user', content: `line ${index}` }))
  const startMs = performance.now()
  expect(partsOf(...said)).toHaveLength(said.length)
  // Quadratic, this took minutes.
  expect(performance.now() - startMs).toBeLessThan(5000)
})
