import { requireScope } from '../authenticate.ts'
import { readJsonBody } from '../json-body.ts'
import { serveChat } from '../serve-chat.ts'
import { ChatAnswerWriter } from '../wire/chat-answer-writer.ts'
import { takeInChat } from '../wire/chat-intake.ts'
import { takeInForeignHeaders } from '../wire/foreign-headers.ts'
import type { Route } from './route-handler.ts'

/** `POST /v1/chat/completions`, JSON and SSE. */
export const chatCompletionsRoute: Route = {
  name: 'chat_completions',
  method: 'POST',
  access: 'key',
  callsLlm: true,
  errors: 'openai',
  async handle(services, { exchange, caller, share, time }) {
    requireScope(caller, 'inference')
    const { maxBodyBytes, defaultLambda } = services.options
    const { pool } = services.parts.router
    const sent = await readJsonBody(exchange.request, maxBodyBytes, share)
    const { body, deadlineMs } = takeInForeignHeaders(exchange, sent, pool)
    const intake = takeInChat(body, exchange.request.headers, pool, caller, defaultLambda)
    const chat = { ...intake, deadlineMs, receivedAtMs: exchange.receivedAtMs }
    await serveChat(services, caller, chat, new ChatAnswerWriter(exchange, intake.includeUsage), time)
  },
}
