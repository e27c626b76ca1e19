/**
 * Everything of a request in the neutral form that some API cannot take, by one name each. A request has a parameter when it
 * says something that differs from leaving it out: `null` and empty lists say nothing.
 *
 * `tools:*` are the kinds of tools it brings, `content:*` the kinds of parts in its messages. `response_format:other` is all that
 * is neither text nor JSON, such as the grammars of some servers.
 */
export const parameterNames = [
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'frequency_penalty',
  'presence_penalty',
  'repetition_penalty',
  'logit_bias',
  'seed',
  'stop',
  'max_tokens',
  'n',
  'logprobs',
  'top_logprobs',
  'response_format:json_object',
  'response_format:json_schema',
  'response_format:other',
  'verbosity',
  'modalities:audio',
  'modalities:image',
  'prediction',
  'tools:function',
  'tools:custom',
  'tools:hosted',
  'tool_choice',
  'parallel_tool_calls',
  'functions',
  'reasoning_effort',
  'thinking',
  'content:image',
  'content:image_by_url',
  'content:audio',
  'content:file',
  'content:file_by_url',
  'content:file_by_id',
  'reasoning_details',
  'cache_control',
  'user',
  'metadata',
  'store',
  'service_tier',
  'prompt_cache_key',
  'safety_identifier',
  'web_search_options',
] as const

export type ParameterName = (typeof parameterNames)[number]

/**
 * What an API does with a parameter: takes it as it is, in its own words, or not at all. `dropped`: the answer comes without
 * it, and a header says so; for what is a wish. `refused`: the LLM may not serve the request; for what changes what the
 * answer means or what its reader relies on.
 */
export type ParameterHandling = 'passed' | 'translated' | 'dropped' | 'refused'

/** One API's column of the table: every parameter, so that a new one does not compile without an answer. */
export type ParameterColumn = { readonly [name in ParameterName]: ParameterHandling }
