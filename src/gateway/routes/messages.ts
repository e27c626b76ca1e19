import { requireScope } from '../authenticate.ts'
import { readJsonBody } from '../json-body.ts'
import { serveChat } from '../serve-chat.ts'
import { takeInForeignHeaders } from '../wire/foreign-headers.ts'
import { MessagesAnswerWriter } from '../wire/messages/messages-answer-writer.ts'
import { takeInMessages } from '../wire/messages/messages-intake.ts'
import type { Route } from './route-handler.ts'

/** `POST /v1/messages`: Anthropic's Messages API, JSON and SSE. */
export const messagesRoute: Route = {
  name: 'messages',
  method: 'POST',
  access: 'key',
  callsLlm: true,
  errors: 'anthropic',
  async handle(services, { exchange, caller, share, time }) {
    requireScope(caller, 'inference')
    const { maxBodyBytes, defaultLambda } = services.options
    const { pool } = services.parts.router
    const sent = await readJsonBody(exchange.request, maxBodyBytes, share)
    const { body, deadlineMs } = takeInForeignHeaders(exchange, sent, pool)
    const intake = takeInMessages(body, exchange.request.headers, pool, caller, defaultLambda)
    const chat = { ...intake, deadlineMs, receivedAtMs: exchange.receivedAtMs }
    await serveChat(services, caller, chat, new MessagesAnswerWriter(exchange, intake), time)
  },
}
