import { z } from 'zod'
import { GatewayError } from '../gateway-error.ts'
import { toInvalidRequest } from './invalid-request.ts'

const contentPart = z.looseObject({ type: z.string(), text: z.string().optional() })

const message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: z.union([z.string(), z.array(contentPart).max(10_000), z.null()]).optional(),
  tool_calls: z.array(z.looseObject({})).max(1_024).nullish(),
})

const tokenCount = z.int().min(1).nullish()

/** The fields that we use ourselves; every other one travels on untouched. */
const chatRequestBody = z.looseObject({
  model: z.string().min(1).max(256),
  messages: z.array(message).min(1).max(10_000),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: tokenCount,
  max_completion_tokens: tokenCount,
  tools: z
    .array(z.looseObject({ type: z.string() }))
    .max(1_024)
    .nullish(),
  tool_choice: z.union([z.string(), z.looseObject({})]).nullish(),
  functions: z
    .array(z.looseObject({ name: z.string() }))
    .max(1_024)
    .nullish(),
  response_format: z.looseObject({ type: z.string() }).nullish(),
  n: z.int().min(1).max(128).nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(64)]).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  user: z.string().nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  pointsman: z.unknown().optional(),
})

/** A body of `POST /v1/chat/completions`, checked. Holds the unknown fields too. */
export type ChatRequestBody = z.infer<typeof chatRequestBody>

/** @throws {GatewayError} `invalid_request`, with the field's path in `param`. */
export function parseChatRequest(body: unknown): ChatRequestBody {
  const parsed = chatRequestBody.safeParse(body)
  if (!parsed.success) throw toInvalidRequest(parsed.error)
  const request = parsed.data
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
  return request
}
