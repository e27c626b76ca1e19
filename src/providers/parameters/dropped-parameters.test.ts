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
