import { describe, expect, test } from 'vitest'
import { type Llm, unknownLlmProperties } from '../registry/llm.ts'
import { noNeeds, plainShape, type RoutingRequest } from '../request.ts'
import { exclusionReason, matchesLlm } from './admissibility.ts'
import { defaultPreference } from './routing-preference.ts'

const llm: Llm = { ...unknownLlmProperties, id: 'openai/gpt-x', provider: 'openai', upstreamModel: 'gpt-x' }

const request: RoutingRequest = {
  userText: 'hello',
  shape: plainShape,
  needs: noNeeds,
  inputTokens: 100,
  maxOutputTokens: undefined,
  choices: 1,
  preference: defaultPreference,
  pinnedLlm: undefined,
  conversationId: undefined,
}

describe('exclusionReason', () => {
  test('what is not known of an LLM does not exclude it', () => {
    const needs = { tools: true, vision: true, audio: true, files: true, jsonSchema: true }
    expect(exclusionReason(llm, { ...request, needs, maxOutputTokens: 1e6, inputTokens: 1e9 })).toBeUndefined()
  })

  test.each([
    ['tools', 'no_tools'],
    ['vision', 'no_vision'],
    ['audio', 'no_audio'],
    ['files', 'no_files'],
    ['jsonSchema', 'no_json_schema'],
  ] as const)('a missing %s excludes only a request that needs it', (need, reason) => {
    const without = { ...llm, capabilities: { [need]: false } }
    expect(exclusionReason(without, request)).toBeUndefined()
    expect(exclusionReason(without, { ...request, needs: { ...noNeeds, [need]: true } })).toBe(reason)
  })

  test('prompt and answer must fit the window together, the answer the output cap', () => {
    const small = { ...llm, capabilities: { contextWindowTokens: 1000, maxOutputTokens: 500 } }
    expect(exclusionReason(small, { ...request, inputTokens: 900, maxOutputTokens: 100 })).toBeUndefined()
    expect(exclusionReason(small, { ...request, inputTokens: 901, maxOutputTokens: 100 })).toBe('context_window')
    expect(exclusionReason(small, { ...request, maxOutputTokens: 501 })).toBe('output_cap')
  })

  test('every allow list must admit; any deny entry excludes', () => {
    const withPreference = (allow: string[][], deny: string[]) =>
      exclusionReason(llm, { ...request, preference: { ...defaultPreference, allow, deny } })
    expect(withPreference([['openai/*'], ['*gpt*']], [])).toBeUndefined()
    expect(withPreference([['openai/*'], ['mistral*']], [])).toBe('not_allowed')
    expect(withPreference([[]], [])).toBe('not_allowed')
    expect(withPreference([['*']], ['*x'])).toBe('denied')
  })
})

describe('matchesLlm', () => {
  test.each([
    ['openai/gpt-x', true],
    ['gpt-x', false],
    ['*', true],
    ['open*x', true],
    ['*gpt*', true],
    ['openai/gpt-x*', true],
    ['openai/gpt-x*x', false],
    ['a*', false],
    ['', false],
    ['OPENAI/*', false],
  ])('%s: %s', (pattern, expected) => {
    expect(matchesLlm(pattern, llm)).toBe(expected)
  })

  test('tag: looks at the tags alone', () => {
    const tagged = { ...llm, tags: ['region-eu', 'no-retention'] }
    expect(matchesLlm('tag:region-*', tagged)).toBe(true)
    expect(matchesLlm('tag:region-us', tagged)).toBe(false)
    expect(matchesLlm('tag:openai/*', tagged)).toBe(false)
  })

  test('a hostile pattern costs no more than its length', () => {
    const pattern = `${'*a'.repeat(5000)}b`
    expect(matchesLlm(pattern, { ...llm, id: 'a'.repeat(10_000) })).toBe(false)
  })
})
