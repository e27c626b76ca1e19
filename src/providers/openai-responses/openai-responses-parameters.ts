import type { ParameterColumn } from '../parameters/parameter.ts'

/**
 * Models that do not reason in the Responses API of OpenAI, from its reference and the types of its SDK. It has no stop sequences, seeds, penalties or
 * several choices; its messages hold no audio. Thinking budgets have no counterpart: effort is a word there.
 */
export const openAiResponsesParameters: ParameterColumn = {
  temperature: 'passed',
  top_p: 'passed',
  top_k: 'dropped',
  min_p: 'dropped',
  frequency_penalty: 'dropped',
  presence_penalty: 'dropped',
  repetition_penalty: 'dropped',
  logit_bias: 'refused',
  seed: 'dropped',
  stop: 'refused',
  max_tokens: 'translated',
  n: 'refused',
  logprobs: 'translated',
  top_logprobs: 'passed',
  'response_format:json_object': 'translated',
  'response_format:json_schema': 'translated',
  'response_format:other': 'refused',
  verbosity: 'dropped',
  'modalities:audio': 'refused',
  'modalities:image': 'refused',
  prediction: 'dropped',
  'tools:function': 'translated',
  'tools:custom': 'translated',
  'tools:hosted': 'passed',
  tool_choice: 'translated',
  parallel_tool_calls: 'passed',
  // The request can be said in tools, but its caller reads `function_call` in the answer.
  functions: 'refused',
  reasoning_effort: 'dropped',
  thinking: 'dropped',
  'content:image': 'translated',
  'content:image_by_url': 'translated',
  'content:audio': 'refused',
  'content:file': 'translated',
  'content:file_by_url': 'translated',
  'content:file_by_id': 'translated',
  reasoning_details: 'translated',
  cache_control: 'dropped',
  user: 'passed',
  metadata: 'passed',
  store: 'passed',
  service_tier: 'passed',
  prompt_cache_key: 'passed',
  safety_identifier: 'passed',
  web_search_options: 'dropped',
}

/** Reasoning models take no sampling parameters, unless their effort is `none`, but effort and verbosity. */
export const openAiResponsesReasoningParameters: ParameterColumn = {
  ...openAiResponsesParameters,
  reasoning_effort: 'translated',
  // As an effort.
  thinking: 'translated',
  verbosity: 'translated',
  temperature: 'dropped',
  top_p: 'dropped',
  logprobs: 'refused',
  top_logprobs: 'refused',
}
