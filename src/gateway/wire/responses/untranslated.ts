import { isJsonObject } from '../../../providers/chat-provider.ts'
import type { ResponsesRequestBody } from './responses-request.ts'

/** What has no words in chat completions. */
const fields = [
  ...['truncation', 'max_tool_calls', 'context_management', 'prompt_cache_options', 'moderation', 'access_programs'],
  ...['image', 'metadata'],
]

/** What a function tool of this API has, and elsewhere has not. */
const toolFields = ['defer_loading', 'allowed_callers', 'output_schema', 'async']

/** What of a request reaches only LLMs behind this API, by name: for all others it is dropped. Defaults spelled out say nothing. */
export function untranslated(request: ResponsesRequestBody): readonly string[] {
  const names = fields.filter(
    (field) => isSaid(request[field]) && !(field === 'truncation' && request[field] === 'disabled'),
  )
  if (isSaid(request.reasoning?.summary)) names.push('reasoning.summary')
  for (const field of toolFields) {
    if (request.tools?.some((tool) => isJsonObject(tool) && isSaid(tool[field]))) names.push(`tools.${field}`)
  }
  return names
}

function isSaid(value: unknown): boolean {
  return (
    value !== undefined &&
    value !== null &&
    value !== false &&
    !(isJsonObject(value) && Object.keys(value).length === 0)
  )
}
