import { describe, expect, it } from 'vitest'
import { messagesRequest } from '../anthropic/messages-request.ts'
import { converseRequest } from '../bedrock/converse-request.ts'
import type { ChatCall, ChatRequest, JsonObject } from '../chat-provider.ts'
import { geminiRequest } from '../gemini/gemini-request.ts'
import { ChatBodyWriter } from '../openai-compatible/chat-body.ts'
import { providerPresets } from '../openai-compatible/presets.ts'
import { responsesRequest } from '../openai-responses/responses-request.ts'
import { type ParameterName, parameterNames } from './parameter.ts'
import { parameterApiOf, type ReachedLlm } from './parameter-table.ts'
import { requestParameters } from './request-parameters.ts'

const messages = [{ role: 'user', content: 'Hello' }]
const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }]
const schema = { name: 's', schema: { type: 'object', properties: {}, additionalProperties: false } }

/** A message with one more part than {@link messages}. */
function withPart(part: JsonObject): JsonObject {
  return { messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }, part] }] }
}

/** Ways to say each parameter, the same with each API; where vendors know few words, some of those. */
const sayings: Readonly<Record<ParameterName, readonly JsonObject[]>> = {
  temperature: [{ temperature: 0.3 }],
  top_p: [{ top_p: 0.4 }],
  top_k: [{ top_k: 5 }],
  min_p: [{ min_p: 0.1 }],
  frequency_penalty: [{ frequency_penalty: 0.5 }],
  presence_penalty: [{ presence_penalty: 0.6 }],
  repetition_penalty: [{ repetition_penalty: 1.1 }],
  logit_bias: [{ logit_bias: { 50256: -100 } }],
  seed: [{ seed: 7 }],
  stop: [{ stop: ['halt'] }, { stop: 'halt' }],
  max_tokens: [{ max_tokens: 5_000 }, { max_completion_tokens: 5_000 }],
  n: [{ n: 2 }],
  logprobs: [{ logprobs: true }],
  top_logprobs: [{ logprobs: true, top_logprobs: 3 }],
  'response_format:json_object': [{ response_format: { type: 'json_object' } }],
  'response_format:json_schema': [{ response_format: { type: 'json_schema', json_schema: schema } }],
  'response_format:other': [{ response_format: { type: 'grammar', grammar: 'root ::= "a"' } }],
  verbosity: [{ verbosity: 'low' }],
  'modalities:audio': [{ modalities: ['text', 'audio'], audio: { voice: 'ash', format: 'wav' } }],
  'modalities:image': [{ modalities: ['text', 'image'] }],
  prediction: [{ prediction: { type: 'content', content: 'x' } }],
  'tools:function': [{ tools }],
  'tools:custom': [{ tools: [{ type: 'custom', custom: { name: 'c' } }] }],
  'tools:hosted': [],
  tool_choice: [
    { tools, tool_choice: 'none' },
    { tools, tool_choice: 'required' },
  ],
  parallel_tool_calls: [{ tools, parallel_tool_calls: false }],
  functions: [{ functions: [{ name: 'f', parameters: { type: 'object', properties: {} } }] }],
  reasoning_effort: [{ reasoning_effort: 'low' }],
  thinking: [],
  'content:image': [withPart({ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } })],
  'content:image_by_url': [withPart({ type: 'image_url', image_url: { url: 'https://pictures.test/a.png' } })],
  'content:audio': [withPart({ type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } })],
  'content:file': [
    withPart({ type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } }),
  ],
  'content:file_by_url': [withPart({ type: 'file', file: { file_url: 'https://files.test/a.pdf' } })],
  'content:file_by_id': [],
  reasoning_details: [],
  cache_control: [
    { messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello', cache_control: { type: 'ephemeral' } }] }] },
  ],
  user: [{ user: 'someone' }],
  metadata: [{ metadata: { team: 'red' } }],
  store: [{ store: true }],
  service_tier: [{ service_tier: 'default' }],
  prompt_cache_key: [{ prompt_cache_key: 'pck' }],
  safety_identifier: [{ safety_identifier: 'sid' }],
  web_search_options: [{ web_search_options: { search_context_size: 'low' } }],
}

/** What else the saying says, which the same request without it keeps. */
function besides(name: ParameterName, saying: JsonObject): JsonObject {
  const { [name]: _, ...rest } = saying
  if (name === 'tool_choice' || name === 'parallel_tool_calls' || name === 'top_logprobs') return rest
  if (name === 'cache_control') return { messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }] }
  return {}
}

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
  ...['anthropic.claude-sonnet-4-6', 'amazon.nova-pro-v1:0', 'meta.llama3-1-70b-instruct-v1:0'].map((model): Writer => {
    const bodyOf = (call: ChatCall) => converseRequest(call)
    return { title: model, kind: 'bedrock', preset: undefined, model, reasoning: undefined, bodyOf }
  }),
]

/** Their requests cannot say it: calls after the first are left out of the answer. */
const withoutSwitch: ReadonlySet<string> = new Set(['gemini', 'bedrock'])

const cases = parameterNames.flatMap((name) => sayings[name].map((saying) => [name, saying] as const))

/** The table is what users are told; each provider's writer is what is done. */
describe.each(writers)('what the table says of $title', ({ kind, preset, model, reasoning, bodyOf }) => {
  const { column } = parameterApiOf({ kind, preset, upstreamModel: model, reasoning })
  const written = (fields: object) =>
    JSON.stringify(bodyOf({ request: { messages, ...fields }, upstreamModel: model, reasons: reasoning }))

  it.each(cases)('is done with %s: %j', (name, saying) => {
    expect(requestParameters({ messages, ...saying } as ChatRequest).names).toContain(name)
    const handling = column[name]
    if (handling === 'refused' || (name === 'parallel_tool_calls' && withoutSwitch.has(kind))) return
    const says = written(saying) !== written(besides(name, saying))
    expect([name, says ? 'said' : 'dropped']).toEqual([name, handling === 'dropped' ? 'dropped' : 'said'])
  })
})
