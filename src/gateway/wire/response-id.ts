/** How each API's ids begin; clients of it may look. */
const prefixes = { chat: 'chatcmpl-', messages: 'msg_', responses: 'resp_', embeddings: 'embd-' } as const

export type AnswerKind = keyof typeof prefixes

/** The `id` of an answer: it carries the decision id. */
export function toResponseId(decisionId: string, kind: AnswerKind = 'chat'): string {
  return prefixes[kind] + decisionId
}

/** The decision id in a response id of any API; a bare decision id is taken too. */
export function toDecisionId(id: string): string {
  for (const prefix of Object.values(prefixes)) if (id.startsWith(prefix)) return id.slice(prefix.length)
  return id
}
