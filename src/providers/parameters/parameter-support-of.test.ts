import { describe, expect, it } from 'vitest'
import { refusedParameter } from '../../routing/registry/parameter-support.ts'
import { parameterNames } from './parameter.ts'
import { parameterSupportOf } from './parameter-support-of.ts'
import { parameterApiOf, parameterTable, type ReachedLlm } from './parameter-table.ts'
import { reasonsUnasked } from './reasons-unasked.ts'

function llm(fields: Partial<ReachedLlm>): ReachedLlm {
  return { kind: 'openai-compatible', preset: undefined, upstreamModel: 'm', reasoning: undefined, ...fields }
}

describe('parameterTable', () => {
  it.each(Object.entries(parameterTable))('%s answers for every parameter', (_, { column }) => {
    const handlings = new Set(['passed', 'translated', 'dropped', 'refused'])
    for (const name of parameterNames) expect(handlings).toContain(column[name])
    expect(Object.keys(column).sort()).toEqual([...parameterNames].sort())
  })

  it('never drops what a reader relies on', () => {
    const relied = [
      'n',
      'logprobs',
      'response_format:json_schema',
      'tools:function',
      'tools:custom',
      'modalities:audio',
      'modalities:image',
      'response_format:other',
    ] as const
    for (const [api, { column }] of Object.entries(parameterTable)) {
      // The simulated pool never calls what it is free not to call.
      const names = api === 'simulated' ? relied.filter((name) => !name.startsWith('tools:')) : relied
      for (const name of names) expect(column[name]).not.toBe('dropped')
    }
  })
})

describe('parameterSupportOf', () => {
  it('lists what an API drops and refuses, by its table', () => {
    const anthropic = parameterSupportOf(llm({ kind: 'anthropic', upstreamModel: 'claude-sonnet-4-5' }))
    expect(anthropic).toMatchObject({ api: "Anthropic's Messages API", dropsUnknown: true, dialect: 'messages' })
    expect(anthropic.refused).toContain('logprobs')
    expect(anthropic.dropped).toContain('seed')
    expect(anthropic.dropped).not.toContain('temperature')
    expect(parameterSupportOf(llm({ kind: 'anthropic', upstreamModel: 'claude-opus-5' })).dropped).toContain(
      'temperature',
    )
  })

  it('refuses tools that another vendor runs', () => {
    expect([...parameterSupportOf(llm({ kind: 'gemini' })).refused]).toEqual(
      expect.arrayContaining(['tools:hosted:openai', 'tools:hosted:anthropic']),
    )
    expect(parameterSupportOf(llm({ kind: 'gemini' })).refused).not.toContain('tools:hosted:google')
  })

  it('refuses files that another vendor keeps', () => {
    const files = (fields: Partial<ReachedLlm>) =>
      [...parameterSupportOf(llm(fields)).refused].filter((name) => name.startsWith('content:file_by_id'))
    const openai = 'content:file_by_id:openai'
    const anthropic = 'content:file_by_id:anthropic'
    const google = 'content:file_by_id:google'
    expect(files({ preset: 'openai' })).toEqual([anthropic, google])
    expect(files({ kind: 'azure-openai' })).toEqual([anthropic, google])
    expect(files({ kind: 'openai-responses' })).toEqual([anthropic, google])
    expect(files({ kind: 'anthropic' })).toEqual([openai, google])
    expect(files({ kind: 'gemini' })).toEqual([openai, anthropic])
    expect(files({ preset: 'mistral' })).toEqual([openai, anthropic, google])
    expect(files({ preset: 'openrouter' })).toEqual([])
  })

  it('takes no hosted tools out of the dialect they were written in', () => {
    const said = { parameters: ['tools:hosted', 'tools:hosted:anthropic'], dialect: 'messages' }
    expect(refusedParameter(parameterSupportOf(llm({})), said)).toBe('tools:hosted')
    expect(refusedParameter(parameterSupportOf(llm({})), { ...said, dialect: undefined })).toBeUndefined()
    expect(refusedParameter(parameterSupportOf(llm({ kind: 'anthropic' })), said)).toBeUndefined()
  })

  it('tells what the simulated pool does not hear', () => {
    const { refused, dropped } = parameterSupportOf(llm({ kind: 'simulated', upstreamModel: 'sim/small' }))
    expect([refused.has('n'), dropped.has('temperature'), dropped.has('max_tokens')]).toEqual([true, true, false])
    expect([...dropped]).toEqual(expect.arrayContaining(['tools:function', 'functions', 'parallel_tool_calls']))
    expect(refused.has('tool_choice')).toBe(true)
  })

  it('lets everything pass to servers that nothing is known of', () => {
    const unknown = parameterSupportOf(llm({}))
    expect([[...unknown.refused], unknown.dropped.size, unknown.dropsUnknown]).toEqual([
      ['content:hosted_item'],
      0,
      false,
    ])
  })

  it('knows chat completions of each preset, and their reasoning models', () => {
    const openai = (reasoning: boolean | undefined) => parameterSupportOf(llm({ preset: 'openai', reasoning }))
    expect(openai(true).refused).toContain('logprobs')
    expect(openai(false).refused).not.toContain('logprobs')
    expect(openai(undefined).refused).not.toContain('logprobs')
    expect(openai(true)).toMatchObject({ api: "OpenAI's API", dropsUnknown: false })
    expect(parameterSupportOf(llm({ preset: 'mistral' })).refused).toContain('logprobs')
  })

  it('looks up the preset, then the API, and the reasoning kind of each', () => {
    expect(
      parameterApiOf(llm({ kind: 'openai-responses', preset: 'openai', reasoning: true })).column.temperature,
    ).toBe('dropped')
    const unknown = parameterApiOf(llm({ kind: 'openai-responses', preset: 'openai' })).column
    expect([unknown.temperature, unknown.reasoning_effort]).toEqual(['passed', 'translated'])
    expect(parameterApiOf(llm({ kind: 'gemini', preset: 'gemini' })).title).toBe("Google's Gemini API")
  })
})

describe('reasonsUnasked', () => {
  it.each([
    ['gpt-5-mini', true],
    ['openai/gpt-5-2025-08-07', true],
    ['o4-mini', true],
    ['gpt-5.4', undefined],
    ['gpt-5-chat-latest', undefined],
    ['gpt-4o', undefined],
    ['claude-sonnet-4-5', false],
    ['us.anthropic.claude-opus-5-5-v1:0', true],
    ['gemini-2.5-pro', true],
    ['google/gemini-2.5-flash', true],
    ['gemini-2.5-flash-lite', false],
    ['gemini-3-pro-preview', true],
    ['deepseek-reasoner', true],
    ['us.deepseek.r1-v1:0', true],
    ['openai.gpt-oss-120b-1:0', true],
    ['llama-3.1-8b', undefined],
  ])('%s: %s', (model, expected) => {
    expect(reasonsUnasked(model)).toBe(expected)
  })
})
