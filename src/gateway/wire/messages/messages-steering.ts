import type { CountTokensBody } from './messages-request.ts'
import { invalidField } from './messages-request.ts'

/**
 * Fields of a Messages request that choose another model behind the one admitted, or bill what no estimate holds, each
 * with the reason as the end of a sentence. Source: the API's reference and its official client, November 2026.
 */
const steeringFields: ReadonlyMap<string, string> = new Map([
  ['fallbacks', 'it names other models that may answer'],
  ['fallback_credit_token', 'it changes what is billed'],
  ['billing_policy', 'it changes what is billed'],
  ['speed', 'it changes the price per token'],
  ['inference_geo', 'it changes the price per token'],
  ['container', 'it adds code execution, which is billed by the hour'],
  ['mcp_servers', 'it adds tools that run at the upstream, with tokens that no estimate holds'],
])

/** Anthropic's own tools that the caller runs: they cost no more than their tokens. All others run at Anthropic. */
const callerRunTools = ['bash_', 'text_editor_', 'memory_', 'computer_', 'browser_', 'tool_search_tool_']

/**
 * For callers who may not choose which LLM serves and at what price.
 * @throws {GatewayError} `invalid_request`
 */
export function refuseMessagesSteering(body: CountTokensBody): void {
  for (const [name, reason] of steeringFields) {
    const value = body[name]
    if (value === undefined || value === null || value === 'standard') continue
    throw refusal([name], reason)
  }
  for (const [index, { type }] of (body.tools ?? []).entries()) {
    if (type === undefined || type === null || type === 'custom') continue
    if (callerRunTools.some((prefix) => type.startsWith(prefix))) continue
    throw refusal(['tools', index, 'type'], `'${type}' runs at the upstream and is billed beyond what is estimated`)
  }
}

function refusal(path: readonly PropertyKey[], reason: string) {
  return invalidField(path, `cannot be sent with this model and key: ${reason}`)
}
