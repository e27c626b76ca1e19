import { type ChatMessage, isJsonObject } from '../providers/chat-provider.ts'

/** The text of a message: its content where that is a string, else its text parts, a line each; '' where there is none. */
export function messageText(message: Pick<ChatMessage, 'content'> | undefined): string {
  const content = message?.content
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  const parts = content.map((part: unknown) =>
    isJsonObject(part) && typeof part.text === 'string' ? part.text : undefined,
  )
  return parts.filter((text) => text !== undefined).join('\n')
}
