import { hash } from 'node:crypto'
import type { ChatRequestBody } from './chat-request.ts'

/** Headers by which clients name a session, strongest first. */
const sessionHeaders = ['x-session-id', 'x-conversation-id', 'x-claude-code-session-id'] as const
const sessionMetadata = ['session_id', 'conversation_id', 'thread_id'] as const

/** Enough of a first message to tell conversations apart; hashing a whole pasted book would cost more than routing. */
const hashedChars = 2_048

/**
 * The conversation a request belongs to: named by a session header or `metadata`, else derived from the first system
 * text and the first user message, which every later turn repeats. Always a hash, so that names of any length and
 * content are safe to store, and scoped to the key, so that two keys never share a conversation.
 *
 * `user` names a person, who has many conversations; it only enters the derived id.
 */
export function conversationIdOf(
  body: ChatRequestBody,
  headers: { readonly [name: string]: string | readonly string[] | undefined },
  keyId: string | undefined,
): string {
  const session = namedSession(body, headers)
  return session === undefined
    ? hashedId(`derived\n${firstMessages(body)}`, keyId)
    : namedConversationId(session, keyId)
}

/** The conversation that a key calls by that name. */
export function namedConversationId(session: string, keyId: string | undefined): string {
  return hashedId(`named\n${session}`, keyId)
}

function hashedId(source: string, keyId: string | undefined): string {
  return `c-${hash('sha256', `${keyId ?? ''}\n${source}`, 'hex').slice(0, 32)}`
}

function namedSession(
  body: ChatRequestBody,
  headers: { readonly [name: string]: string | readonly string[] | undefined },
): string | undefined {
  for (const name of sessionHeaders) {
    const value = headers[name]
    if (typeof value === 'string' && value.length > 0) return value
  }
  const metadata = body.metadata
  if (metadata === undefined || metadata === null) return undefined
  for (const name of sessionMetadata) {
    const value = metadata[name]
    if (typeof value === 'string' && value.length > 0) return value
  }
  return undefined
}

function firstMessages(body: ChatRequestBody): string {
  let system = ''
  let user = ''
  for (const message of body.messages) {
    if (message.role === 'user') {
      user = opening(message.content)
      break
    }
    if (system === '' && (message.role === 'system' || message.role === 'developer')) system = opening(message.content)
  }
  const person = body.user ?? ''
  // Lengths keep the parts apart, and unlike JSON escape nothing.
  return `${person.length}:${person}${system.length}:${system}${user}`
}

function opening(content: ChatRequestBody['messages'][number]['content']): string {
  if (typeof content === 'string') return `${content.length}:${content.slice(0, hashedChars)}`
  if (content === undefined || content === null) return ''
  return content.map((part) => (typeof part.text === 'string' ? part.text.slice(0, hashedChars) : part.type)).join('\n')
}
