import { anthropicParametersOf } from '../anthropic/anthropic-parameters.ts'
import type { ParameterColumn } from '../parameters/parameter.ts'
import { bedrockTraits } from './bedrock-model.ts'

/**
 * What Bedrock's Converse API does with each parameter, for the model that takes most; {@link bedrockParametersOf} says more.
 * Some models refuse what the API has (tools, forced choices, schemas, pictures): Bedrock says so, there is no list to go by.
 */
export const bedrockParameters: ParameterColumn = {
  // Above 1, where the API's scale ends, it is 1.
  temperature: 'translated',
  top_p: 'translated',
  top_k: 'translated',
  min_p: 'dropped',
  frequency_penalty: 'dropped',
  presence_penalty: 'dropped',
  repetition_penalty: 'dropped',
  // Forces or forbids tokens of another tokenizer: without it the answer is another one.
  logit_bias: 'refused',
  seed: 'dropped',
  stop: 'translated',
  max_tokens: 'translated',
  n: 'refused',
  logprobs: 'refused',
  top_logprobs: 'refused',
  'response_format:json_object': 'refused',
  'response_format:json_schema': 'translated',
  'response_format:other': 'refused',
  verbosity: 'dropped',
  'modalities:audio': 'refused',
  'modalities:image': 'refused',
  prediction: 'dropped',
  'tools:function': 'translated',
  'tools:custom': 'refused',
  'tools:hosted': 'refused',
  // `none` takes the tools out of the request, and tells those used before as text.
  tool_choice: 'translated',
  // There is no switch: calls after the first are left out of the answer.
  parallel_tool_calls: 'translated',
  // Whoever declares functions the old way reads `function_call`, which no answer has.
  functions: 'refused',
  reasoning_effort: 'translated',
  thinking: 'translated',
  'content:image': 'translated',
  'content:image_by_url': 'refused',
  'content:audio': 'translated',
  'content:file': 'translated',
  'content:file_by_url': 'refused',
  'content:file_by_id': 'refused',
  reasoning_details: 'translated',
  cache_control: 'translated',
  user: 'dropped',
  // Filters invocation logs; entries that AWS would refuse are left out.
  metadata: 'translated',
  store: 'dropped',
  service_tier: 'translated',
  prompt_cache_key: 'dropped',
  safety_identifier: 'dropped',
  web_search_options: 'refused',
}

/** The same for one model: thinking, caching and `top_k` are for some makers' only. */
export function bedrockParametersOf(upstreamModel: string): ParameterColumn {
  const { family, effort, cachePoints, topK } = bedrockTraits(upstreamModel)
  const kept = {
    top_k: topK ? 'translated' : 'dropped',
    cache_control: cachePoints === 'none' ? 'dropped' : 'translated',
    reasoning_effort: effort === undefined ? 'dropped' : 'translated',
    thinking: effort === undefined ? 'dropped' : 'translated',
  } as const
  if (family !== 'claude') return { ...bedrockParameters, ...kept }
  // Newer Claudes refuse here what they refuse at home.
  const { temperature, top_p, top_k, reasoning_effort, thinking } = anthropicParametersOf(upstreamModel)
  return { ...bedrockParameters, ...kept, temperature, top_p, top_k, reasoning_effort, thinking }
}
