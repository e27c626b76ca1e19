import type { ParameterColumn, ParameterName } from '../parameters/parameter.ts'
import { passingColumn } from '../parameters/passing-column.ts'

/** Additions of other vendors that OpenAI's API, and those as strict, do not know. */
const noAdditions = {
  top_k: 'dropped',
  min_p: 'dropped',
  repetition_penalty: 'dropped',
  thinking: 'dropped',
  reasoning_details: 'dropped',
  cache_control: 'dropped',
  'content:file_by_url': 'refused',
} as const satisfies Partial<ParameterColumn>

/** What no answer of theirs can be: a grammar's word, a picture. */
const textAndJson = {
  'response_format:other': 'refused',
  'modalities:image': 'refused',
} as const satisfies Partial<ParameterColumn>

/**
 * OpenAI's chat completions with a model that does not reason, from its API reference and the types of its SDK. Hosted tools
 * are of its Responses API alone.
 */
export const openAiParameters: ParameterColumn = {
  ...passingColumn,
  ...noAdditions,
  max_tokens: 'translated',
  reasoning_effort: 'dropped',
  verbosity: 'dropped',
  ...textAndJson,
  'tools:hosted': 'refused',
}

/** Its reasoning models take no sampling parameters, unless their effort is `none`, and no stop sequences at all. */
export const openAiReasoningParameters: ParameterColumn = {
  ...openAiParameters,
  temperature: 'dropped',
  top_p: 'dropped',
  frequency_penalty: 'dropped',
  presence_penalty: 'dropped',
  logit_bias: 'refused',
  logprobs: 'refused',
  top_logprobs: 'refused',
  stop: 'refused',
  prediction: 'dropped',
  reasoning_effort: 'passed',
  // As an effort.
  thinking: 'translated',
  verbosity: 'passed',
}

/** What they take with that effort, by its guide to the latest models; no other parameter is said to. */
export const openAiTakenUnthinking: readonly ParameterName[] = [
  ...(['temperature', 'top_p', 'frequency_penalty', 'presence_penalty'] as const),
  ...(['logit_bias', 'logprobs', 'top_logprobs'] as const),
]

/**
 * Mistral, from its API reference and the OpenAPI document behind its clients. A field it does not know is a 422
 * (github.com/BerriAI/litellm/issues/9583 and 8978); `seed` is `random_seed` there, documents have a part of their own.
 */
export const mistralParameters: ParameterColumn = {
  ...passingColumn,
  ...noAdditions,
  logit_bias: 'refused',
  seed: 'translated',
  max_tokens: 'translated',
  logprobs: 'refused',
  top_logprobs: 'refused',
  verbosity: 'dropped',
  ...textAndJson,
  'modalities:audio': 'refused',
  'tools:custom': 'refused',
  'tools:hosted': 'refused',
  functions: 'refused',
  'content:file': 'translated',
  'content:file_by_url': 'translated',
  user: 'dropped',
  store: 'dropped',
  service_tier: 'dropped',
  safety_identifier: 'dropped',
  web_search_options: 'dropped',
}

/** Groq, from console.groq.com/docs/openai: these are a 400 there. Of fields it does not list we leave the wishes out. */
export const groqParameters: ParameterColumn = {
  ...passingColumn,
  ...noAdditions,
  ...textAndJson,
  logit_bias: 'refused',
  logprobs: 'refused',
  top_logprobs: 'refused',
  n: 'refused',
  verbosity: 'dropped',
  prediction: 'dropped',
  prompt_cache_key: 'dropped',
  safety_identifier: 'dropped',
  web_search_options: 'dropped',
}

/**
 * DeepSeek, from api-docs.deepseek.com: JSON without a schema, its own `thinking`, one choice. Sampling with thinking on is
 * taken and has no effect; what its reference does not list is left out.
 */
export const deepSeekParameters: ParameterColumn = {
  ...passingColumn,
  ...noAdditions,
  thinking: 'passed',
  logit_bias: 'refused',
  seed: 'dropped',
  max_tokens: 'translated',
  n: 'refused',
  'response_format:json_schema': 'refused',
  verbosity: 'dropped',
  ...textAndJson,
  'modalities:audio': 'refused',
  prediction: 'dropped',
  'tools:custom': 'refused',
  'tools:hosted': 'refused',
  parallel_tool_calls: 'dropped',
  functions: 'refused',
  'content:audio': 'refused',
  'content:file': 'refused',
  'content:file_by_id': 'refused',
  store: 'dropped',
  metadata: 'dropped',
  service_tier: 'dropped',
  prompt_cache_key: 'dropped',
  safety_identifier: 'dropped',
  web_search_options: 'dropped',
}

/** Its reasoning models answer these two with an error: api-docs.deepseek.com/guides/reasoning_model. */
export const deepSeekReasoningParameters: ParameterColumn = {
  ...deepSeekParameters,
  logprobs: 'refused',
  top_logprobs: 'refused',
}

/** xAI, from docs.x.ai. */
export const xAiParameters: ParameterColumn = {
  ...passingColumn,
  ...noAdditions,
  ...textAndJson,
  logit_bias: 'refused',
}

/** Its reasoning models answer these with an error: docs.x.ai, guide on reasoning. */
export const xAiReasoningParameters: ParameterColumn = {
  ...xAiParameters,
  frequency_penalty: 'dropped',
  presence_penalty: 'dropped',
  stop: 'refused',
}

/** OpenRouter translates for each model behind it and ignores what that one does not take, by its own documentation. */
export const openRouterParameters: ParameterColumn = {
  ...passingColumn,
  thinking: 'translated',
  'content:file_by_url': 'translated',
}

/** Ollama, from docs.ollama.com: it ignores what it does not list, so that what answers depend on is refused here. */
export const ollamaParameters: ParameterColumn = {
  ...passingColumn,
  ...noAdditions,
  logit_bias: 'refused',
  max_tokens: 'translated',
  n: 'refused',
  ...textAndJson,
  'modalities:audio': 'refused',
  prediction: 'dropped',
  'tools:custom': 'refused',
  'tools:hosted': 'refused',
  parallel_tool_calls: 'dropped',
  functions: 'refused',
  'content:audio': 'refused',
  'content:file': 'refused',
  'content:file_by_id': 'refused',
  user: 'dropped',
  metadata: 'dropped',
  store: 'dropped',
  service_tier: 'dropped',
  prompt_cache_key: 'dropped',
  safety_identifier: 'dropped',
  web_search_options: 'dropped',
  verbosity: 'dropped',
}

/** Together, Fireworks and vLLM serve open models: they sample as those can; marks of other vendors mean nothing there. */
export const openModelParameters: ParameterColumn = {
  ...passingColumn,
  thinking: 'dropped',
  reasoning_details: 'dropped',
  cache_control: 'dropped',
  'tools:hosted': 'refused',
  'content:file_by_url': 'refused',
}
