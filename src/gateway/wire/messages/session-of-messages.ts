import type { IncomingHttpHeaders } from 'node:http'
import { isJsonObject } from '../../../providers/chat-provider.ts'
import type { MessagesRequestBody } from './messages-request.ts'

/**
 * The request's headers, with the session that Claude Code names in `metadata.user_id` as one more. Older versions write
 * `user_…_account_…_session_<uuid>` there, newer ones JSON with a `session_id`. A header that names a session wins:
 * `conversationIdOf` looks at it first only because `x-session-id` is not added then.
 */
export function withSessionHeader(
  headers: IncomingHttpHeaders,
  metadata: MessagesRequestBody['metadata'],
): IncomingHttpHeaders {
  const named = headers['x-session-id'] ?? headers['x-conversation-id'] ?? headers['x-claude-code-session-id']
  if (named !== undefined && named !== '') return headers
  const userId = metadata?.user_id
  const session = typeof userId === 'string' ? sessionIn(userId) : undefined
  return session === undefined ? headers : { ...headers, 'x-session-id': session }
}

function sessionIn(userId: string): string | undefined {
  if (!userId.startsWith('{')) return /_session_([\w-]{8,64})$/.exec(userId)?.[1]
  try {
    const parsed: unknown = JSON.parse(userId)
    const session = isJsonObject(parsed) ? parsed.session_id : undefined
    return typeof session === 'string' && session !== '' ? session : undefined
  } catch {
    return undefined
  }
}
