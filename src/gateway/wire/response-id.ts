const prefix = 'chatcmpl-'

/** The `id` of an answer: it carries the decision id. */
export function toResponseId(decisionId: string): string {
  return prefix + decisionId
}

/** The decision id in a response id; a bare decision id is taken too. */
export function toDecisionId(id: string): string {
  return id.startsWith(prefix) ? id.slice(prefix.length) : id
}
