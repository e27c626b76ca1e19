import type { ParameterColumn } from '../parameters/parameter.ts'
import { geminiTraits } from './gemini-model.ts'

/**
 * What `generateContent` does with each parameter; {@link geminiParametersOf} says more of one model. Hardly any keeps its
 * name there, so that nothing is `passed` but hosted tools, which callers write as Google does.
 *
 * Some models refuse what the API has: penalties, log probabilities and several candidates are not for all of them, and
 * the newest ignore sampling parameters. Google's refusal says so; there is no list to go by.
 */
export const geminiParameters: ParameterColumn = {
  temperature: 'translated',
  top_p: 'translated',
  top_k: 'translated',
  min_p: 'dropped',
  frequency_penalty: 'translated',
  presence_penalty: 'translated',
  repetition_penalty: 'dropped',
  // Ids of another vendor's tokens name nothing there.
  logit_bias: 'refused',
  seed: 'translated',
  stop: 'translated',
  max_tokens: 'translated',
  n: 'translated',
  logprobs: 'translated',
  top_logprobs: 'translated',
  'response_format:json_object': 'translated',
  'response_format:json_schema': 'translated',
  'response_format:other': 'refused',
  verbosity: 'dropped',
  // Speech comes as raw samples, in none of the formats that callers can ask for.
  'modalities:audio': 'refused',
  'modalities:image': 'translated',
  prediction: 'dropped',
  'tools:function': 'translated',
  // No free-form calls: every call's arguments are an object.
  'tools:custom': 'refused',
  'tools:hosted': 'passed',
  tool_choice: 'translated',
  // There is no switch: calls after the first are left out of the answer.
  parallel_tool_calls: 'translated',
  // Whoever declares functions the old way reads `function_call`, which no answer has.
  functions: 'refused',
  reasoning_effort: 'translated',
  thinking: 'translated',
  'content:image': 'translated',
  'content:image_by_url': 'translated',
  'content:audio': 'translated',
  'content:file': 'translated',
  'content:file_by_url': 'translated',
  'content:file_by_id': 'translated',
  reasoning_details: 'translated',
  // Prefixes are cached without asking.
  cache_control: 'dropped',
  user: 'dropped',
  metadata: 'dropped',
  store: 'dropped',
  // `default`, `flex` and `priority`; others are left out.
  service_tier: 'translated',
  prompt_cache_key: 'dropped',
  safety_identifier: 'dropped',
  web_search_options: 'translated',
}

/** The same for one model: some do not think, or are not known to be told how much. */
export function geminiParametersOf(upstreamModel: string): ParameterColumn {
  if (geminiTraits(upstreamModel).thinking.kind !== 'none') return geminiParameters
  return { ...geminiParameters, reasoning_effort: 'dropped', thinking: 'dropped' }
}
