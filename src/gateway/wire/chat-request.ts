import { z } from 'zod'
import { isGoogleTool } from '../../providers/parameters/vendor-forms.ts'
import { GatewayError } from '../gateway-error.ts'
import { requireValid } from './invalid-request.ts'

const contentPart = z.looseObject({ type: z.string(), text: z.string().optional() })

type ContentPart = z.infer<typeof contentPart>

/** Parts, and below the messages, take their types from here and their checks one by one, see {@link requireValid}. */
const message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: z.union([z.string(), z.array(z.custom<ContentPart>()).max(10_000), z.null()]).optional(),
  tool_calls: z.array(z.looseObject({})).max(1_024).nullish(),
})

type Message = z.infer<typeof message>

const tokenCount = z.int().min(1).nullish()

/** Google's own tools name themselves by a field: `{google_search: {}}`. */
const tool = z
  .looseObject({ type: z.string().optional() })
  .refine((given) => given.type !== undefined || isGoogleTool(given), {
    path: ['type'],
    error: 'it is required',
  })

/** The fields that we use ourselves; every other one travels on untouched. */
export const chatRequestBody = z.looseObject({
  model: z
    .string()
    .min(1)
    .max(256)
    .describe('`auto`, `auto:cost`, `auto:quality`, `auto:<λ>`, an LLM of the pool, or an alias.'),
  messages: z.array(z.custom<Message>()).min(1).max(10_000).describe('The conversation.'),
  stream: z.boolean().nullish().describe('Server-sent events instead of one answer.'),
  stream_options: z
    .looseObject({ include_usage: z.boolean().nullish().describe('Ends the stream with a chunk of usage and cost.') })
    .nullish(),
  max_tokens: tokenCount.describe('Cap on each answer; LLMs that cannot write as much are left out.'),
  max_completion_tokens: tokenCount.describe('Its newer name.'),
  tools: z.array(tool).max(1_024).nullish(),
  tool_choice: z.union([z.string(), z.looseObject({})]).nullish(),
  functions: z
    .array(z.looseObject({ name: z.string() }))
    .max(1_024)
    .nullish(),
  response_format: z.looseObject({ type: z.string() }).nullish(),
  n: z.int().min(1).max(128).nullish().describe('Answers asked for at once; each is billed.'),
  stop: z.union([z.string(), z.array(z.string()).max(64)]).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  user: z.string().nullish().describe('The person behind the request; enters the derived conversation id.'),
  metadata: z
    .record(z.string(), z.unknown())
    .nullish()
    .describe('`session_id`, `conversation_id` or `thread_id` name the conversation.'),
  pointsman: z.unknown().optional().describe('What the caller asks of the choice; see above.'),
})

/** A body of `POST /v1/chat/completions`, checked. Holds the unknown fields too. */
export type ChatRequestBody = z.infer<typeof chatRequestBody>

/** @throws {GatewayError} `invalid_request`, with the field's path in `param`. */
export function parseChatRequest(body: unknown): ChatRequestBody {
  const request = requireValid(chatRequestBody, body, [])
  for (const [index, sent] of request.messages.entries()) {
    const path = ['messages', index]
    const { content } = requireValid(message, sent, path)
    if (!Array.isArray(content)) continue
    for (const [part, sentPart] of content.entries()) requireValid(contentPart, sentPart, [...path, 'content', part])
  }
  requireConsistent(request)
  return request
}

function requireConsistent(request: ChatRequestBody): void {
  if (request.stream_options !== undefined && request.stream_options !== null && request.stream !== true) {
    throw new GatewayError('invalid_request', "'stream_options' needs 'stream' to be true", { param: 'stream_options' })
  }
  const { max_tokens: older, max_completion_tokens: newer } = request
  // Upstreams differ in which of the two they keep to, so that neither bounds the bill.
  if (typeof older === 'number' && typeof newer === 'number' && older !== newer) {
    throw new GatewayError('invalid_request', "'max_tokens' and 'max_completion_tokens' differ; give one of them", {
      param: 'max_tokens',
    })
  }
}
