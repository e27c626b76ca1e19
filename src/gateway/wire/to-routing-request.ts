import { isJsonObject } from '../../providers/chat-provider.ts'
import { effortOfThinking } from '../../providers/neutral/effort-of-thinking.ts'
import { noParameters, type RequestParameters } from '../../providers/parameters/request-parameters.ts'
import type { RoutingPreference } from '../../routing/decision/routing-preference.ts'
import type { LlmId } from '../../routing/registry/llm.ts'
import { estimatedTokens, type RequestNeeds, type RequestShape, type RoutingRequest } from '../../routing/request.ts'
import { audioTokens, fileTokens, tokensPerImage } from './attachment-tokens.ts'
import type { ChatRequestBody } from './chat-request.ts'

/** What is known of a request beside its body. */
export interface RequestFacts {
  readonly preference: RoutingPreference
  readonly pinnedLlm: LlmId | undefined
  readonly pinnedByAlias?: boolean | undefined
  readonly conversationId: string
}

type Message = ChatRequestBody['messages'][number]
type ContentPart = Exclude<NonNullable<Message['content']>, string>[number]

/** Sums over the messages of one request. */
interface Tally {
  readonly userTexts: string[]
  systemChars: number
  assistantChars: number
  toolOutputChars: number
  userTurns: number
  images: number
  audio: boolean
  files: boolean
  textBytes: number
  attachmentTokens: number
}

/**
 * An OpenAI chat request as the router sees it. Only user turns become text; system text, the assistant's own words
 * and tool output become sizes (mathematics §1).
 */
export function toRoutingRequest(
  body: ChatRequestBody,
  facts: RequestFacts,
  { names }: RequestParameters = noParameters,
): RoutingRequest {
  const tally: Tally = {
    userTexts: [],
    systemChars: 0,
    assistantChars: 0,
    toolOutputChars: 0,
    userTurns: 0,
    images: 0,
    audio: false,
    files: false,
    textBytes: 0,
    attachmentTokens: 0,
  }
  for (const message of body.messages) addMessage(tally, message)
  const toolCount = (body.tools?.length ?? 0) + (body.functions?.length ?? 0)
  const shape: RequestShape = {
    systemChars: tally.systemChars,
    assistantChars: tally.assistantChars,
    toolOutputChars: tally.toolOutputChars,
    userTurns: tally.userTurns,
    toolCount,
    imageCount: tally.images,
  }
  const needs: RequestNeeds = {
    tools: toolCount > 0,
    vision: tally.images > 0,
    audio: tally.audio,
    files: tally.files,
    jsonSchema: body.response_format?.type === 'json_schema',
    parameters: names.length === 0 ? undefined : names,
    reasoningEffort: effortOf(body),
    roughEffort: effortOfThinking(body.thinking),
  }
  return {
    userText: tally.userTexts.join('\n\n'),
    shape,
    needs,
    inputTokens: estimateInputTokens(body, tally),
    maxOutputTokens: body.max_completion_tokens ?? body.max_tokens ?? undefined,
    choices: body.n ?? 1,
    ...facts,
  }
}

/** Thinking that is switched off is no thinking, however hard the rest is to be tried. */
function effortOf({ reasoning_effort: effort, thinking }: ChatRequestBody): string | undefined {
  if (isJsonObject(thinking) && thinking.type === 'disabled') return 'none'
  return typeof effort === 'string' ? effort : undefined
}

/** An estimate for admissibility and prices before the call; the bill comes from the usage. */
function estimateInputTokens(body: ChatRequestBody, tally: Tally): number {
  let bytes = tally.textBytes
  if (body.tools !== undefined && body.tools !== null) bytes += Buffer.byteLength(JSON.stringify(body.tools))
  if (body.functions !== undefined && body.functions !== null)
    bytes += Buffer.byteLength(JSON.stringify(body.functions))
  if (body.response_format?.type === 'json_schema') bytes += Buffer.byteLength(JSON.stringify(body.response_format))
  return Math.ceil(estimatedTokens(bytes, body.messages.length)) + tally.attachmentTokens
}

function addMessage(tally: Tally, message: Message): void {
  if (message.role === 'user') tally.userTurns += 1
  const { content } = message
  if (typeof content === 'string') {
    addText(tally, message.role, content)
  } else if (content !== undefined && content !== null) {
    for (const part of content) addPart(tally, message.role, part)
  }
  if (message.tool_calls !== undefined && message.tool_calls !== null && message.tool_calls.length > 0) {
    addText(tally, 'assistant', JSON.stringify(message.tool_calls))
  }
}

function addPart(tally: Tally, role: Message['role'], part: ContentPart): void {
  if (part.text !== undefined) addText(tally, role, part.text)
  if (part.type === 'image_url') {
    tally.images += 1
    tally.attachmentTokens += tokensPerImage
  } else if (part.type === 'input_audio') {
    tally.audio = true
    tally.attachmentTokens += audioTokens(part.input_audio)
  } else if (part.type === 'file') {
    tally.files = true
    tally.attachmentTokens += fileTokens(part.file)
  }
}

function addText(tally: Tally, role: Message['role'], text: string): void {
  tally.textBytes += Buffer.byteLength(text)
  switch (role) {
    case 'user':
      tally.userTexts.push(text)
      return
    case 'assistant':
      tally.assistantChars += text.length
      return
    case 'tool':
    case 'function':
      tally.toolOutputChars += text.length
      return
    case 'system':
    case 'developer':
      tally.systemChars += text.length
  }
}
