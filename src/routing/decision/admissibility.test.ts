import { describe, expect, test } from 'vitest'
import { type Llm, unknownLlmProperties } from '../registry/llm.ts'
import { noNeeds, plainShape, type RoutingRequest } from '../request.ts'
import { exclusionReason, matchesLlm, toExclusion } from './admissibility.ts'
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

  test('a cap that may fall leaves out nobody for what they cannot write, but for a prompt that fills the window', () => {
    const small = { ...llm, capabilities: { contextWindowTokens: 1000, maxOutputTokens: 500 } }
    const asked = { ...request, maxOutputTokens: 32_000, outputCapMayFall: true }
    expect(exclusionReason(small, { ...asked, inputTokens: 500 })).toBeUndefined()
    expect(exclusionReason(small, { ...asked, inputTokens: 501 })).toBe('context_window')
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

describe('parameters, effort and room to think', () => {
  const support = {
    api: "Somebody's API",
    refused: new Set(['logprobs']),
    dropped: new Set(['seed']),
    dropsUnknown: true,
  }

  test('an LLM whose API refuses a parameter does not serve a request that has it', () => {
    const picky = { ...llm, parameters: { ...support, dialect: 'messages' } }
    const saying = (parameters: string[], dialect?: string) => ({
      ...request,
      needs: { ...noNeeds, parameters, dialect },
    })
    expect(exclusionReason(picky, saying(['seed']))).toBeUndefined()
    expect(exclusionReason(picky, saying(['seed', 'logprobs']))).toBe('unsupported_parameter')
    expect(exclusionReason(llm, saying(['logprobs']))).toBeUndefined()
    // What was written for its own API reaches it word for word.
    expect(exclusionReason(picky, saying(['logprobs'], 'messages'))).toBeUndefined()
    expect(exclusionReason(picky, saying(['logprobs'], 'responses'))).toBe('unsupported_parameter')
    expect(toExclusion(picky, 'unsupported_parameter', saying(['seed', 'logprobs']))).toEqual({
      ...{ llm: llm.id, reason: 'unsupported_parameter', detail: 'logprobs' },
    })
  })

  test('an LLM of one effort serves nobody who asks for another', () => {
    const arm: Llm = { ...llm, reasoningEffort: 'low' }
    const asking = (reasoningEffort: string | undefined) => ({ ...request, needs: { ...noNeeds, reasoningEffort } })
    expect(exclusionReason(arm, asking(undefined))).toBeUndefined()
    expect(exclusionReason(arm, asking('low'))).toBeUndefined()
    expect(exclusionReason(arm, asking('high'))).toBe('other_effort')
    expect(exclusionReason(llm, asking('high'))).toBeUndefined()
    expect(toExclusion(arm, 'other_effort', asking('high')).detail).toBe('low')
  })

  test.each([
    ['none', 1, undefined],
    ['minimal', 257, undefined],
    ['low', 1024, 'reasoning_headroom'],
    ['low', 1025, undefined],
    ['high', 4096, 'reasoning_headroom'],
    ['max', 20_000, undefined],
    ['unheard-of', 1, undefined],
    [undefined, 1024, undefined],
  ])('effort %s under a cap of %i: %s', (reasoningEffort, maxOutputTokens, reason) => {
    const thinker = { ...llm, capabilities: { reasoning: true } }
    const asking = { ...request, maxOutputTokens, needs: { ...noNeeds, reasoningEffort } }
    expect(exclusionReason(thinker, asking)).toBe(reason)
    expect(exclusionReason(llm, asking)).toBeUndefined()
  })

  test('thinking that was asked for without an effort needs room, and excludes no LLM that has one of its own', () => {
    const thinker = { ...llm, capabilities: { reasoning: true } }
    const asking = { ...request, maxOutputTokens: 2_048, needs: { ...noNeeds, roughEffort: 'medium' } }
    expect(exclusionReason(thinker, asking)).toBe('reasoning_headroom')
    expect(exclusionReason(thinker, { ...asking, maxOutputTokens: 2_049 })).toBeUndefined()
    expect(exclusionReason({ ...thinker, reasoningEffort: 'low' }, asking)).toBeUndefined()
  })

  test('those that think unasked need room where nobody says how hard', () => {
    const thinker = { ...llm, capabilities: { reasoning: true, reasonsUnasked: true } }
    expect(exclusionReason(thinker, { ...request, maxOutputTokens: 1024 })).toBe('reasoning_headroom')
    expect(exclusionReason(thinker, { ...request, maxOutputTokens: 1025 })).toBeUndefined()
    expect(exclusionReason(thinker, request)).toBeUndefined()
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
