import { z } from 'zod'
import { GatewayError } from '../../gateway-error.ts'
import { requireValid } from '../invalid-request.ts'

const maxItems = 10_000
const maxTools = 1_024

/** The fields that we use ourselves; every other one travels on untouched. Items and tools are checked one by one. */
export const responsesRequestBody = z.looseObject({
  model: z.string().min(1).max(256).describe('An LLM of the pool, `auto`, `auto:cost`, `auto:quality`, or an alias.'),
  input: z
    .union([z.string(), z.array(z.custom<unknown>()).max(maxItems)])
    .nullish()
    .describe('A text, or items: messages, calls and their outputs, reasoning.'),
  instructions: z.string().nullish().describe('System text of this response alone.'),
  stream: z.boolean().nullish().describe('Answer in server-sent events.'),
  stream_options: z.looseObject({}).nullish(),
  store: z.boolean().nullish().describe('Keep the response for its caller; here the default is false.'),
  background: z.boolean().nullish().describe('Not supported.'),
  previous_response_id: z.string().min(1).max(256).nullish().describe('A kept response to go on from.'),
  max_output_tokens: z.int().min(1).nullish().describe('Cap on the answer, hidden reasoning included.'),
  max_tool_calls: z.int().min(1).nullish(),
  tools: z.array(z.custom<unknown>()).max(maxTools).nullish(),
  tool_choice: z.union([z.string(), z.looseObject({ type: z.string() })]).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  text: z
    .looseObject({ format: z.looseObject({ type: z.string() }).nullish(), verbosity: z.string().nullish() })
    .nullish(),
  reasoning: z.looseObject({ effort: z.string().nullish(), summary: z.string().nullish() }).nullish(),
  include: z.array(z.string()).max(64).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  user: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),
  service_tier: z.string().nullish(),
  pointsman: z.unknown().optional().describe('What the caller asks of the choice; see above.'),
})

const anyTool = z.looseObject({ type: z.string() })
const namedTool = z.looseObject({ name: z.string().min(1) })
const functionTool = z.looseObject({
  name: z.string().min(1),
  description: z.string().nullish(),
  parameters: z.looseObject({}).nullish(),
  strict: z.boolean().nullish(),
})
const jsonSchemaFormat = z.looseObject({ name: z.string().min(1), schema: z.looseObject({}) })

/** A body of `POST /v1/responses`, checked but for its input items. Holds the unknown fields too. */
export type ResponsesRequestBody = z.infer<typeof responsesRequestBody>

/** What the API has and we have not: said, rather than answered as if it were not asked for. */
const unsupported: readonly (readonly [field: string, why: string])[] = [
  ['conversation', "conversations are kept at OpenAI; continue a response with 'previous_response_id'"],
  ['prompt', "prompt templates are kept at OpenAI; send their text as 'instructions' and 'input'"],
]

/** Fields of chat completions and what they are called here. Ignored they would be lost without a word, a cap on output too. */
const misplaced: readonly (readonly [field: string, instead: string])[] = [
  ['messages', "'input'"],
  ['max_tokens', "'max_output_tokens'"],
  ['max_completion_tokens', "'max_output_tokens'"],
  ['response_format', "'text.format'"],
  ['verbosity', "'text.verbosity'"],
  ['reasoning_effort', "'reasoning.effort'"],
  ['functions', "'tools'"],
  ['function_call', "'tool_choice'"],
  ['logprobs', "'top_logprobs' and 'message.output_text.logprobs' in 'include'"],
  ['n', 'one request for each answer'],
]

/** @throws {GatewayError} `invalid_request`, with the field's path in `param`; `unsupported_parameter` */
export function parseResponsesRequest(body: unknown): ResponsesRequestBody {
  const request = requireValid(responsesRequestBody, body, [])
  for (const [field, why] of unsupported) {
    if (request[field] !== undefined && request[field] !== null) throw notHere(field, why)
  }
  for (const [field, instead] of misplaced) {
    if (request[field] === undefined || request[field] === null) continue
    throw new GatewayError('unsupported_parameter', `'${field}' is of chat completions; here use ${instead}`, {
      param: field,
    })
  }
  if (request.background === true) throw notHere('background', 'the answer is not kept for later; use a stream instead')
  if (request.stream_options !== undefined && request.stream_options !== null && request.stream !== true) {
    throw new GatewayError('invalid_request', "'stream_options' needs 'stream' to be true", { param: 'stream_options' })
  }
  for (const [index, tool] of (request.tools ?? []).entries()) checkTool(tool, ['tools', index])
  const { tool_choice: choice, text } = request
  if (typeof choice === 'object' && choice !== null && (choice.type === 'function' || choice.type === 'custom')) {
    requireValid(namedTool, choice, ['tool_choice'])
  }
  if (text?.format?.type === 'json_schema') requireValid(jsonSchemaFormat, text.format, ['text', 'format'])
  return request
}

/** @throws {GatewayError} `invalid_request` */
export function checkTool(tool: unknown, path: readonly PropertyKey[]): void {
  const { type } = requireValid(anyTool, tool, path)
  if (type === 'function') requireValid(functionTool, tool, path)
  else if (type === 'custom') requireValid(namedTool, tool, path)
}

function notHere(field: string, why: string): GatewayError {
  return new GatewayError('unsupported_parameter', `'${field}' is not supported here: ${why}`, { param: field })
}
