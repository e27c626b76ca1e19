import { z } from 'zod'
import { chatRequestBody } from '../../gateway/wire/chat-request.ts'
import { embeddingsBody } from '../../gateway/wire/embeddings/embeddings-request.ts'
import { feedbackBody } from '../../gateway/wire/feedback-request.ts'
import { messagesBody } from '../../gateway/wire/messages/messages-request.ts'
import { responsesRequestBody } from '../../gateway/wire/responses/responses-request.ts'

/** A body that a caller sends. */
export interface BodyReference {
  readonly title: string
  readonly about: string
  /** JSON schema. */
  readonly schema: () => unknown
}

/** The `pointsman` object: read field by field (`parse-preference.ts`), so that its schema stands here. */
const preferenceBody = z.object({
  quality_weight: z.number().min(0).max(1).optional().describe('Weight of quality against cost.'),
  lambda: z
    .number()
    .min(0)
    .optional()
    .describe('The same as willingness to pay: quality weighs λ/(1+λ). One of the two.'),
  max_cost_usd: z.number().min(0).optional().describe('Ceiling on the predicted cost of the answer.'),
  max_latency_ms: z.number().optional().describe('Ceiling on the predicted completion time, above 0.'),
  min_quality: z.number().min(0).max(1).optional().describe('Floor on the predicted quality.'),
  allow: z.array(z.string()).optional().describe('LLMs that may serve: ids with `*`, or `tag:<word>`.'),
  deny: z.array(z.string()).optional().describe('LLMs that may not.'),
})

export const bodyReferences: readonly BodyReference[] = [
  {
    title: '`pointsman`, in every request that is routed',
    about: 'Ceilings, floors, `allow` and `deny` can only tighten what the key and the headers say.',
    schema: () => jsonSchema(preferenceBody),
  },
  {
    title: 'POST /v1/chat/completions',
    about:
      "OpenAI's chat completions, with the additions that other APIs need: `reasoning_details`, `cache_control`, `thinking`.",
    schema: () => jsonSchema(chatRequestBody),
  },
  {
    title: 'POST /v1/responses',
    about: "OpenAI's Responses API; what is kept, and for whom, is in [responses.md](responses.md).",
    schema: () => jsonSchema(responsesRequestBody),
  },
  {
    title: 'POST /v1/messages',
    about:
      "Anthropic's Messages API: see [messages.md](messages.md). `/v1/messages/count_tokens` takes the same without `max_tokens`.",
    schema: () => jsonSchema(messagesBody),
  },
  {
    title: 'POST /v1/embeddings',
    about: "OpenAI's embeddings; other fields are refused, since no translation could carry them.",
    schema: () => jsonSchema(embeddingsBody),
  },
  {
    title: 'POST /v1/feedback',
    about:
      'What an answer was worth. Or `{"entries": […]}` with up to 1,000 of these, each judged by itself: see [feedback.md](feedback.md).',
    schema: () => jsonSchema(feedbackBody),
  },
]

function jsonSchema(schema: z.ZodType): unknown {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
}
