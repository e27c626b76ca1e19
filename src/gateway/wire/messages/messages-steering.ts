import { isJsonObject, type JsonObject } from '../../../providers/chat-provider.ts'
import { callerRunsAnthropicTool } from '../caller-run-tools.ts'
import { type CountTokensBody, contentOf, invalidField } from './messages-request.ts'

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
  ['compaction', 'it adds passes of the model, with tokens that no estimate holds'],
])

/**
 * For callers who may not choose which LLM serves and at what price.
 * @throws {GatewayError} `invalid_request`
 */
export function refuseMessagesSteering(body: CountTokensBody): void {
  for (const [name, reason] of steeringFields) {
    const value = body[name]
    if (!says(value) || (name === 'speed' && value === 'standard')) continue
    throw refusal([name], reason)
  }
  refuseCompactingEdits(body.context_management)
  for (const [index, tool] of (body.tools ?? []).entries()) refuseHostedTool(tool, ['tools', index])
  // Only turns can bring further tools.
  for (const [index, message] of body.messages.entries()) {
    const content = contentOf(message)
    if (typeof content === 'string') continue
    for (const [at, block] of content.entries()) refuseAddedTools(block, ['messages', index, 'content', at])
  }
}

/** Whether a field says something: null and empty lists do not. */
export function says(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)
}

/** Edits that clear old tool results cost nothing; those that sum up are passes of the model. */
function refuseCompactingEdits(management: unknown): void {
  const edits: unknown = isJsonObject(management) ? management.edits : undefined
  if (!Array.isArray(edits)) return
  for (const [index, edit] of edits.entries()) {
    const type: unknown = isJsonObject(edit) ? edit.type : undefined
    if (typeof type === 'string' && type.startsWith('clear_')) continue
    const path = ['context_management', 'edits', index, 'type']
    throw refusal(path, 'it adds passes of the model, with tokens that no estimate holds')
  }
}

/** A tool may be defined in the middle of a conversation, and again in what sums up one. */
function refuseAddedTools(block: JsonObject, path: readonly PropertyKey[]): void {
  if (block.type === 'tool_addition') refuseDefinition(block, path)
  if (block.type !== 'compaction' || !Array.isArray(block.tool_changes)) return
  for (const [index, change] of block.tool_changes.entries()) {
    if (isJsonObject(change)) refuseDefinition(change, [...path, 'tool_changes', index])
  }
}

function refuseDefinition({ tool }: JsonObject, path: readonly PropertyKey[]): void {
  if (!isJsonObject(tool) || !isJsonObject(tool.definition)) return
  refuseHostedTool(tool.definition, [...path, 'tool', 'definition'])
}

function refuseHostedTool(tool: JsonObject, path: readonly PropertyKey[]): void {
  const { type } = tool
  if (type === undefined || type === null || type === 'custom' || callerRunsAnthropicTool(tool)) return
  const named = typeof type === 'string' ? `'${type}'` : 'it'
  throw refusal([...path, 'type'], `${named} runs at the upstream and is billed beyond what is estimated`)
}

function refusal(path: readonly PropertyKey[], reason: string) {
  return invalidField(path, `cannot be sent with this model and key: ${reason}`)
}
