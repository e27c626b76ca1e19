import { isJsonObject, type JsonObject } from '../../../providers/chat-provider.ts'
import { wrong } from './input-content.ts'
import type { ResponsesRequestBody } from './responses-request.ts'

/**
 * OpenAI's own tools that the caller runs: they cost no more than their tokens. All others run at OpenAI. Source: the types
 * of its official client, November 2026.
 */
const callerRunTools: ReadonlySet<unknown> = new Set([
  ...['function', 'custom', 'namespace', 'tool_search', 'local_shell', 'apply_patch'],
  ...['computer', 'computer_use_preview'],
])

/**
 * For callers who may not choose which LLM serves and at what price.
 * @throws {GatewayError} `invalid_request`
 */
export function refuseResponsesSteering({ tools }: ResponsesRequestBody): void {
  for (const [index, tool] of (tools ?? []).entries()) {
    if (!isJsonObject(tool) || isCallerRun(tool)) continue
    const complaint = `'${String(tool.type)}' runs at the upstream and is billed beyond what is estimated`
    throw wrong(['tools', index, 'type'], `cannot be sent with this model and key: ${complaint}`)
  }
}

function isCallerRun({ type, environment }: JsonObject): boolean {
  if (callerRunTools.has(type)) return true
  return type === 'shell' && isJsonObject(environment) && environment.type === 'local'
}
