import { describe, expect, it } from 'vitest'
import { refusedParameter } from '../../routing/registry/parameter-support.ts'
import type { ChatCall, JsonObject } from '../chat-provider.ts'
import { ChatBodyWriter } from '../openai-compatible/chat-body.ts'
import { providerPreset } from '../openai-compatible/presets.ts'
import { droppedOfCall } from './dropped-parameters.ts'
import { parameterSupportOf } from './parameter-support-of.ts'
import { requestParameters } from './request-parameters.ts'

const asked = { temperature: 0.5, top_p: 0.5, prediction: { type: 'content', content: 'a' } }
const support = parameterSupportOf({ kind: 'openai-compatible', preset: 'openai', upstreamModel: 'm', reasoning: true })

function callOf(more: JsonObject, arm: Partial<ChatCall> = {}): ChatCall {
  return { upstreamModel: 'm', reasons: true, request: { messages: [], ...asked, ...more }, ...arm }
}

describe('a reasoning model of OpenAI', () => {
  it.each([
    ['thinks as it likes', callOf({}), ['temperature', 'top_p', 'prediction']],
    ['is asked to think', callOf({ reasoning_effort: 'low' }), ['temperature', 'top_p', 'prediction']],
    ['is told not to think', callOf({ reasoning_effort: 'none' }), ['prediction']],
    [
      'is told so in words of another API',
      callOf({ thinking: { type: 'disabled' } }, { upstreamModel: 'gpt-5.1' }),
      ['prediction'],
    ],
    [
      'cannot be told so',
      callOf({ thinking: { type: 'disabled' } }),
      ['temperature', 'top_p', 'prediction', 'thinking'],
    ],
    ['does not think as the LLM it is here', callOf({}, { reasoningEffort: 'none' }), ['prediction']],
  ])('that %s: the header says what is not sent', (_, call, dropped) => {
    expect(droppedOfCall(support, requestParameters(call.request), call)).toEqual(dropped)
    const body = new ChatBodyWriter(providerPreset('openai')!.dialect).bodyOf(call, false)
    for (const name of Object.keys(asked)) expect(Object.hasOwn(body, name)).toBe(!dropped.includes(name))
  })

  it('tells probabilities where it does not think, and never stops at words', () => {
    const said = { parameters: ['logprobs'] }
    expect(refusedParameter(support, said, 'low')).toBe('logprobs')
    expect(refusedParameter(support, said)).toBe('logprobs')
    expect(refusedParameter(support, said, 'none')).toBeUndefined()
    expect(refusedParameter(support, { parameters: ['stop'] }, 'none')).toBe('stop')
  })
})

describe('a Claude on Bedrock', () => {
  const reached = parameterSupportOf({
    kind: 'bedrock',
    preset: undefined,
    upstreamModel: 'anthropic.claude-haiku-4-5',
    reasoning: true,
  })
  const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }]
  const messages = [{ role: 'user', content: 'hi' }]

  it.each<[string, string, JsonObject, readonly string[]]>([
    ['thinks where it is asked to', 'anthropic.claude-haiku-4-5', {}, []],
    [
      'does not where it must call a tool',
      'anthropic.claude-haiku-4-5',
      { tool_choice: 'required' },
      ['reasoning_effort'],
    ],
    [
      'chooses freely where it always thinks',
      'anthropic.claude-opus-5-5',
      { tool_choice: 'required' },
      ['tool_choice'],
    ],
    ['is not the only model there', 'meta.llama4', { tool_choice: 'required' }, []],
  ])('%s: the header says so', (_, upstreamModel, more, dropped) => {
    const request = { messages, tools, reasoning_effort: 'low', max_tokens: 9_000, ...more }
    const call: ChatCall = { upstreamModel, request }
    expect(droppedOfCall(reached, requestParameters(request), call)).toEqual(dropped)
  })
})

describe('a summary of reasoning that a Responses request asks for', () => {
  const gemini = { kind: 'gemini', upstreamModel: 'gemini-3.1-pro-preview' } as const
  const claude = (upstreamModel: string) => ({ kind: 'anthropic', upstreamModel }) as const
  const openai = { kind: 'openai-compatible', preset: 'openai', upstreamModel: 'm' } as const

  it.each([
    ['comes with thinking that Gemini was asked for', gemini, 'auto', 'low', []],
    ['comes with that of Claudes which show it', claude('claude-sonnet-4-6'), 'auto', 'low', []],
    ['is told to be missing of those that do not', claude('claude-opus-5'), 'auto', 'low', ['reasoning.summary']],
    ['is told to be missing where no thinking was asked for', gemini, 'auto', undefined, ['reasoning.summary']],
    ['and where it was to be none', gemini, 'auto', 'none', ['reasoning.summary']],
    ['has no other length than the LLM gives it', gemini, 'concise', 'low', ['reasoning.summary']],
    ['never comes from chat completions', openai, 'auto', 'low', ['reasoning.summary']],
  ] as const)('%s', (_, llm, summary, effort, dropped) => {
    const request = { messages: [], ...(effort === undefined ? {} : { reasoning_effort: effort }) }
    const body = { input: 'hi', reasoning: { summary, effort } }
    const call: ChatCall = { upstreamModel: 'm', request, native: { dialect: 'responses', body, headers: {} } }
    const reached = parameterSupportOf({ preset: undefined, reasoning: true, ...llm })
    const said = requestParameters(request)
    expect(droppedOfCall(reached, { ...said, unknown: ['reasoning.summary'] }, call)).toEqual(dropped)
  })
})
