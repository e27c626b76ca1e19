import type { ParameterColumn } from '../parameters/parameter.ts'
import { claudeTraits } from './claude-traits.ts'

/**
 * What Anthropic's Messages API does with each parameter. Handling that depends on the model is `translated` here;
 * {@link anthropicParametersOf} says more.
 */
export const anthropicParameters: ParameterColumn = {
  // Above 1, where Anthropic's scale ends, it is 1.
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
  // Sequences of white space alone are left out: the API refuses them.
  stop: 'translated',
  max_tokens: 'translated',
  n: 'refused',
  logprobs: 'refused',
  top_logprobs: 'refused',
  // Anthropic promises JSON by a schema only.
  'response_format:json_object': 'refused',
  'response_format:json_schema': 'translated',
  'response_format:other': 'refused',
  verbosity: 'dropped',
  'modalities:audio': 'refused',
  'modalities:image': 'refused',
  prediction: 'dropped',
  'tools:function': 'translated',
  'tools:custom': 'refused',
  // Anthropic's own kinds; those of other vendors are refused by the request writer.
  'tools:hosted': 'passed',
  // Forced choices are free where the model thinks and cannot stop: the API refuses both together.
  tool_choice: 'translated',
  parallel_tool_calls: 'translated',
  functions: 'translated',
  reasoning_effort: 'translated',
  thinking: 'translated',
  'content:image': 'translated',
  'content:image_by_url': 'translated',
  'content:audio': 'refused',
  'content:file': 'translated',
  'content:file_by_url': 'translated',
  'content:file_by_id': 'translated',
  reasoning_details: 'translated',
  cache_control: 'passed',
  user: 'translated',
  metadata: 'dropped',
  store: 'dropped',
  // `auto` and `default`; other tiers are left out.
  service_tier: 'translated',
  prompt_cache_key: 'dropped',
  safety_identifier: 'translated',
  web_search_options: 'refused',
}

/** The same for one model: those since Opus 4.7 sample as they like, those without thinking have no effort. */
export function anthropicParametersOf(upstreamModel: string): ParameterColumn {
  const { sampling, thinkingBudget, adaptiveThinking } = claudeTraits(upstreamModel)
  const sampled = sampling === 'none' ? 'dropped' : 'translated'
  const thought = thinkingBudget || adaptiveThinking ? 'translated' : 'dropped'
  return {
    ...anthropicParameters,
    temperature: sampled,
    top_p: sampled,
    top_k: sampled,
    reasoning_effort: thought,
    thinking: thought,
  }
}
