import { describe, expect, it } from 'vitest'
import { messagesRequest } from '../anthropic/messages-request.ts'
import type { ChatCall, ChatRequest, JsonObject } from '../chat-provider.ts'
import { geminiRequest } from '../gemini/gemini-request.ts'
import { ChatBodyWriter } from '../openai-compatible/chat-body.ts'
import { providerPresets } from '../openai-compatible/presets.ts'
import { responsesRequest } from '../openai-responses/responses-request.ts'
import type { ParameterName } from './parameter.ts'
import { parameterApiOf, type ReachedLlm } from './parameter-table.ts'

/** One thing to say with each parameter that is a field of its own; where a vendor knows few words, one of those. */
const sayings: Readonly<Partial<Record<ParameterName, ChatRequest[string]>>> = {
  temperature: 0.3,
  top_p: 0.4,
  top_k: 5,
  min_p: 0.1,
  frequency_penalty: 0.5,
  presence_penalty: 0.6,
  repetition_penalty: 1.1,
  seed: 7,
  stop: ['halt'],
  max_tokens: 5_000,
  verbosity: 'low',
  prediction: { type: 'content', content: 'x' },
  reasoning_effort: 'low',
  user: 'someone',
  metadata: { team: 'red' },
  prompt_cache_key: 'pck',
  safety_identifier: 'sid',
}

const messages = [{ role: 'user', content: 'Hello' }]

interface Writer extends Omit<ReachedLlm, 'upstreamModel'> {
  readonly title: string
  readonly model: string
  readonly bodyOf: (call: ChatCall) => JsonObject
}

const chatWriters = providerPresets
  .filter(({ kind }) => kind === 'openai-compatible')
  .flatMap(({ name, dialect }) =>
    [true, false, undefined].map((reasoning): Writer => {
      const writer = new ChatBodyWriter(dialect)
      const bodyOf = (call: ChatCall) => writer.bodyOf(call, false)
      const title = `${name}, reasoning: ${reasoning}`
      return { title, kind: 'openai-compatible', preset: name, model: 'm', reasoning, bodyOf }
    }),
  )

const writers: readonly Writer[] = [
  ...chatWriters,
  ...[true, false, undefined].map((reasoning): Writer => {
    const bodyOf = (call: ChatCall) => responsesRequest(call, false)
    return {
      ...{ title: `responses, reasoning: ${reasoning}`, kind: 'openai-responses', preset: undefined },
      ...{ model: 'm', reasoning, bodyOf },
    }
  }),
  ...['claude-haiku-4-5', 'claude-sonnet-4-6', 'claude-opus-5'].map((model): Writer => {
    const bodyOf = (call: ChatCall) => messagesRequest(call)
    return { title: model, kind: 'anthropic', preset: 'anthropic', model, reasoning: undefined, bodyOf }
  }),
  ...['gemini-2.5-flash', 'gemini-3-pro-preview', 'gemini-2.0-flash'].map((model): Writer => {
    const bodyOf = (call: ChatCall) => geminiRequest(call)
    return { title: model, kind: 'gemini', preset: 'gemini', model, reasoning: undefined, bodyOf }
  }),
]

/** The table is what users are told; each provider's writer is what is done. */
describe.each(writers)('what the table says of $title', ({ kind, preset, model, reasoning, bodyOf }) => {
  const { column } = parameterApiOf({ kind, preset, upstreamModel: model, reasoning })
  const written = (fields: object) =>
    JSON.stringify(bodyOf({ request: { messages, ...fields }, upstreamModel: model, reasons: reasoning }))
  const without = written({})

  it.each(Object.entries(sayings))('is done with %s', (name, value) => {
    const handling = column[name as ParameterName]
    if (handling === 'refused') return
    const says = written({ [name]: value }) !== without
    expect([name, says ? 'said' : 'dropped']).toEqual([name, handling === 'dropped' ? 'dropped' : 'said'])
  })
})
