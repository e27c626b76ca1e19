import { z } from 'zod'
import { GatewayError } from '../../gateway-error.ts'
import { type ContentBlock, checkContentBlock, checkInnerBlocks } from './content-block.ts'

const message = z.looseObject({
  role: z.enum(['user', 'assistant', 'system']),
  content: z.union([z.string(), z.array(z.custom<ContentBlock>()).max(10_000)]),
})

/** A change of settings in the middle of a conversation, which says nothing. */
const silentMessage = z.looseObject({ role: z.literal('system'), content: z.null().optional() })

const tool = z.looseObject({
  type: z.string().max(64).nullish(),
  name: z.string().min(1).max(256).optional(),
})

const customTool = z.looseObject({
  name: z.string().min(1).max(256),
  description: z.string().nullish(),
  input_schema: z.looseObject({}),
  strict: z.boolean().nullish(),
  cache_control: z.looseObject({}).nullish(),
})

const outputFormat = z.looseObject({ type: z.literal('json_schema'), schema: z.looseObject({}) })

/** The fields that we use ourselves; every other one travels on to an upstream of this API untouched. */
const countTokensBody = z.looseObject({
  model: z.string().min(1).max(256).describe('An LLM of the pool, `auto`, `auto:cost`, `auto:quality`, or an alias.'),
  messages: z
    .array(z.custom<MessagesMessage>())
    .min(1)
    .max(10_000)
    .describe('The conversation: `user`, `assistant` and `system` messages.'),
  system: z
    .union([z.string(), z.array(z.custom<ContentBlock>()).max(10_000)])
    .nullish()
    .describe('The system text, or its blocks.'),
  tools: z
    .array(z.custom<MessagesTool>())
    .max(1_024)
    .nullish()
    .describe("Tools of the caller, which any LLM may call, and Anthropic's own, which only an LLM at Anthropic may."),
  tool_choice: z
    .looseObject({
      type: z.enum(['auto', 'any', 'tool', 'none']),
      name: z.string().nullish(),
      disable_parallel_tool_use: z.boolean().nullish(),
    })
    .nullish(),
  thinking: z.looseObject({ type: z.string().max(64), budget_tokens: z.int().min(1).nullish() }).nullish(),
  output_config: z.looseObject({ effort: z.string().max(64).nullish(), format: outputFormat.nullish() }).nullish(),
  /** Where the format stood before `output_config` had it. */
  output_format: outputFormat.nullish(),
  mcp_servers: z
    .array(z.looseObject({ name: z.string() }))
    .max(64)
    .nullish(),
  pointsman: z.unknown().optional().describe('What the caller asks of the choice; see above.'),
})

/** For the reference, too. */
export const messagesBody = countTokensBody.extend({
  // Anthropic takes 0 to warm its cache without an answer: there is nothing to route then.
  max_tokens: z.int().min(1).describe('Cap on the answer.'),
  stream: z.boolean().nullish().describe('Answer in server-sent events.'),
  temperature: z.number().min(0).max(1).nullish().describe('As in the API.'),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.int().min(0).nullish(),
  stop_sequences: z.array(z.string()).max(64).nullish(),
  metadata: z.looseObject({ user_id: z.string().max(1_024).nullish() }).nullish(),
  service_tier: z.enum(['auto', 'standard_only']).nullish(),
})

/** Those of the role `system` may have no content: `contentOf` gives it. */
export interface MessagesMessage {
  readonly role: 'user' | 'assistant' | 'system'
  readonly content?: MessageContent | null
  readonly [field: string]: unknown
}
export type MessageContent = string | readonly ContentBlock[]
/** Without a type, or `custom`: the caller runs it. Any other is Anthropic's own. */
export type MessagesTool = z.infer<typeof tool>
export type CustomTool = z.infer<typeof customTool>
/** A body of `POST /v1/messages`, checked. Holds the unknown fields too. */
export type MessagesRequestBody = z.infer<typeof messagesBody>
/** A body of `POST /v1/messages/count_tokens`, checked. */
export type CountTokensBody = z.infer<typeof countTokensBody>

/** @throws {GatewayError} `invalid_request`, with the field's path in the message as Anthropic writes it. */
export function parseMessagesRequest(body: unknown): MessagesRequestBody {
  return checkInside(requireValid(messagesBody, body, []))
}

/** @throws {GatewayError} as {@link parseMessagesRequest} */
export function parseCountTokensRequest(body: unknown): CountTokensBody {
  return checkInside(requireValid(countTokensBody, body, []))
}

export function contentOf({ content }: MessagesMessage): MessageContent {
  return content ?? []
}

export function isCustomTool(tool: MessagesTool): tool is CustomTool {
  return tool.type === undefined || tool.type === null || tool.type === 'custom'
}

/** What the one schema leaves open is looked at value by value: `parseChatRequest` says why. */
function checkInside<Body extends CountTokensBody>(body: Body): Body {
  checkInnerBlocks(requireValid, body.system, ['system'])
  for (const [index, sent] of body.messages.entries()) checkMessage(sent, ['messages', index])
  for (const [index, sent] of (body.tools ?? []).entries()) {
    const path = ['tools', index]
    if (isCustomTool(requireValid(tool, sent, path))) requireValid(customTool, sent, path)
  }
  if (body.thread !== undefined && body.thread !== null) throw noThreads()
  if (body.tool_choice?.type === 'tool' && typeof body.tool_choice.name !== 'string') {
    throw invalidField(['tool_choice', 'name'], 'the name of a tool is needed here')
  }
  return body
}

/**
 * Conversations kept at Anthropic: the next turn may go to another LLM, which knows nothing of them. Anthropic's client sends
 * the whole conversation itself when it is refused in these words.
 */
function noThreads(): GatewayError {
  const message = 'thread: conversations are not kept here; send all messages with each request'
  const details = { error_code: 'thread_unsupported_request', unsupported: ['thread'] }
  return new GatewayError('unsupported_parameter', message, { param: 'thread', details })
}

function checkMessage(sent: unknown, path: readonly PropertyKey[]): void {
  if (silentMessage.safeParse(sent).success) return
  const { role, content } = requireValid(message, sent, path)
  if (!Array.isArray(content)) return
  for (const [index, value] of content.entries()) {
    const place = [...path, 'content', index]
    const { type } = checkContentBlock(requireValid, value, place)
    const speaker = soleSpeaker(type)
    if (speaker !== undefined && speaker !== role) {
      throw invalidField([...place, 'type'], `'${type}' blocks can only be in '${speaker}' messages`)
    }
  }
}

/** Who alone can say blocks of a type; undefined: either. */
function soleSpeaker(type: string): 'user' | 'assistant' | undefined {
  switch (type) {
    case 'tool_use':
    case 'thinking':
    case 'redacted_thinking':
      return 'assistant'
    case 'tool_result':
    case 'image':
    case 'document':
    case 'search_result':
      return 'user'
    default:
      return undefined
  }
}

function requireValid<T>(schema: z.ZodType<T>, value: unknown, path: readonly PropertyKey[]): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw invalidField([...path, ...(issue?.path ?? [])], issue?.message ?? 'is not valid')
}

/** With the place in front, as Anthropic writes it: `messages.0.content.1.type: …`. */
export function invalidField(path: readonly PropertyKey[], complaint: string): GatewayError {
  const param = path.map(String).join('.')
  if (param === '') return new GatewayError('invalid_request', `Invalid request body: ${complaint}`)
  return new GatewayError('invalid_request', `${param}: ${complaint}`, { param })
}
