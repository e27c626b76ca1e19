import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../chat-provider.ts'
import { type ParameterName, parameterNames } from '../parameters/parameter.ts'
import { requestParameters } from '../parameters/request-parameters.ts'
import { anthropicParameters, anthropicParametersOf } from './anthropic-parameters.ts'
import { messagesRequest } from './messages-request.ts'

const part = (content: JsonObject) => ({ messages: [{ role: 'user', content: [content] }] })
const tool = { type: 'function', function: { name: 'f' } }
const image = (url: string) => part({ type: 'image_url', image_url: { url } })
const file = (more: JsonObject) => part({ type: 'file', file: more })
const schema = { type: 'json_schema', json_schema: { name: 's', schema: { type: 'object' } } }
const detail = { type: 'reasoning.text', text: 'x', signature: 's', format: 'anthropic-claude-v1' }

/** A request that says the parameter, beside a plain question. */
const samples: Readonly<Record<ParameterName, JsonObject>> = {
  temperature: { temperature: 0.2 },
  top_p: { top_p: 0.5 },
  top_k: { top_k: 3 },
  min_p: { min_p: 0.1 },
  frequency_penalty: { frequency_penalty: 1 },
  presence_penalty: { presence_penalty: 1 },
  repetition_penalty: { repetition_penalty: 1.5 },
  logit_bias: { logit_bias: { 1: 2 } },
  seed: { seed: 1 },
  stop: { stop: ['x'] },
  max_tokens: { max_tokens: 7 },
  n: { n: 2 },
  logprobs: { logprobs: true },
  top_logprobs: { top_logprobs: 2 },
  'response_format:json_object': { response_format: { type: 'json_object' } },
  'response_format:json_schema': { response_format: schema },
  'response_format:other': { response_format: { type: 'grammar', grammar: 'root ::= "a"' } },
  verbosity: { verbosity: 'low' },
  'modalities:audio': { modalities: ['audio'] },
  'modalities:image': { modalities: ['text', 'image'] },
  prediction: { prediction: { type: 'content', content: 'x' } },
  'tools:function': { tools: [tool] },
  'tools:custom': { tools: [{ type: 'custom', custom: { name: 'f' } }] },
  'tools:hosted': { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
  tool_choice: { tools: [tool], tool_choice: 'required' },
  parallel_tool_calls: { tools: [tool], parallel_tool_calls: false },
  functions: { functions: [{ name: 'f' }] },
  reasoning_effort: { reasoning_effort: 'high' },
  thinking: { thinking: { type: 'enabled', budget_tokens: 2000 } },
  'content:image': image('data:image/png;base64,AA=='),
  'content:image_by_url': image('https://example.org/a.png'),
  'content:audio': part({ type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } }),
  'content:file': file({ file_data: 'data:application/pdf;base64,AA==' }),
  'content:file_by_url': file({ file_url: 'https://example.org/a.pdf' }),
  'content:file_by_id': file({ file_id: 'file_1' }),
  reasoning_details: {
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b', reasoning_details: [detail] },
    ],
  },
  cache_control: part({ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }),
  user: { user: 'u' },
  metadata: { metadata: { a: 'b' } },
  store: { store: true },
  service_tier: { service_tier: 'default' },
  prompt_cache_key: { prompt_cache_key: 'k' },
  safety_identifier: { safety_identifier: 's' },
  web_search_options: { web_search_options: { search_context_size: 'low' } },
}

const plain = { messages: [{ role: 'user', content: 'a' }] }

describe.each(['claude-haiku-4-5', 'claude-opus-5'])('%s', (upstreamModel) => {
  const column = anthropicParametersOf(upstreamModel)

  it.each(parameterNames.map((name) => [name, column[name]] as const))(
    '%s is %s, as the table says',
    (name, handling) => {
      const request = { ...plain, ...samples[name] }
      expect(requestParameters(request).names).toContain(name)
      const write = () => messagesRequest({ upstreamModel, request })
      if (handling === 'refused') {
        expect(write).toThrow(name)
        return
      }
      const without = messagesRequest({ upstreamModel, request: plain })
      if (handling === 'dropped') expect(write()).toEqual(without)
      else expect(write()).not.toEqual(without)
    },
  )
})

it('says of no model that it takes what the API refuses', () => {
  for (const model of ['claude-3-haiku', 'claude-opus-5-5', 'kimi-k3']) {
    const column = anthropicParametersOf(model)
    const refused = (name: ParameterName) => anthropicParameters[name] === 'refused'
    expect(parameterNames.filter((name) => refused(name) !== (column[name] === 'refused'))).toEqual([])
  }
})
