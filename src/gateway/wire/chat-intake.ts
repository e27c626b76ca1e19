import type { IncomingHttpHeaders } from 'node:http'
import type { ChatRequest } from '../../providers/chat-provider.ts'
import { steeringParameters } from '../../providers/openai-compatible/steering-parameters.ts'
import { type RequestParameters, requestParameters } from '../../providers/parameters/request-parameters.ts'
import {
  joinPreferences,
  parsePreferenceBody,
  parsePreferenceHeaders,
} from '../../routing/decision/parse-preference.ts'
import type { RoutingPreference } from '../../routing/decision/routing-preference.ts'
import type { LlmRegistry } from '../../routing/registry/llm-registry.ts'
import type { RoutingRequest } from '../../routing/request.ts'
import { GatewayError } from '../gateway-error.ts'
import { callerRunsTool } from './caller-run-tools.ts'
import { type ChatRequestBody, parseChatRequest } from './chat-request.ts'
import { conversationIdOf } from './conversation-id.ts'
import { maySteer } from './may-steer.ts'
import { resolveModelName } from './model-name.ts'
import { toRoutingRequest } from './to-routing-request.ts'

/** An OpenAI chat request taken apart. */
export interface ChatIntake {
  readonly routing: RoutingRequest
  /** For the upstream: everything the caller sent but `model`, `stream` and `pointsman`. */
  readonly request: ChatRequest
  /** What it says beyond text to text. */
  readonly parameters: RequestParameters
  readonly stream: boolean
  readonly includeUsage: boolean
}

/**
 * @param body parsed JSON.
 * @param defaultLambda λ where neither the caller nor the key's owner says.
 * @throws {GatewayError} `invalid_request`, `model_not_found`
 * @throws {RoutingError} `invalid_preference`
 */
export function takeInChat(
  body: unknown,
  headers: IncomingHttpHeaders,
  pool: LlmRegistry,
  caller: { readonly keyId: string | undefined; readonly preference: Partial<RoutingPreference> },
  defaultLambda: number,
): ChatIntake {
  const checked = parseChatRequest(body)
  const named = resolveModelName(checked.model, pool)
  if (!maySteer(named, caller.preference)) refuseSteering(checked)
  const preference = joinPreferences(
    [parsePreferenceBody(checked.pointsman), parsePreferenceHeaders(preferenceHeaders(headers)), named.preference],
    { ...caller.preference, lambda: caller.preference.lambda ?? defaultLambda },
  )
  const request = forUpstream(body as ChatRequestBody)
  const parameters = requestParameters(request)
  const conversationId = conversationIdOf(checked, headers, caller.keyId)
  return {
    routing: toRoutingRequest(
      checked,
      { preference, pinnedLlm: named.pinnedLlm, pinnedByAlias: named.byAlias, conversationId },
      parameters,
    ),
    request,
    parameters,
    stream: checked.stream === true,
    includeUsage: checked.stream_options?.include_usage === true,
  }
}

/**
 * What would choose another LLM behind the one that was admitted, or bill what its estimate does not hold. Whoever names
 * an LLM without being confined to some may steer it as they like: no choice of ours is bent.
 */
function refuseSteering(body: ChatRequestBody): void {
  for (const [param, reason] of steeringParameters) {
    const value = body[param]
    if (value === undefined || value === null) continue
    throw refusal(param, reason)
  }
  for (const [index, tool] of (body.tools ?? []).entries()) {
    if (callerRunsTool(tool)) continue
    throw refusal(`tools[${index}]`, 'it runs at the upstream and is billed beyond what is estimated')
  }
}

function refusal(param: string, reason: string): GatewayError {
  const message = `'${param}' cannot be sent with this model and key: ${reason}`
  return new GatewayError('invalid_request', message, { param })
}

/** From the body as it came, so that what the checks do not know travels on untouched. */
function forUpstream(body: ChatRequestBody): ChatRequest {
  const { model: _model, stream: _stream, pointsman: _pointsman, ...request } = body
  return request as ChatRequest
}

/** Most requests have none: then nothing is allocated. Node has lower-cased the names. */
function preferenceHeaders(headers: IncomingHttpHeaders): readonly (readonly [string, string])[] {
  let found: [string, string][] | undefined
  for (const name in headers) {
    if (!name.startsWith('x-pointsman-')) continue
    const value = headers[name]
    if (typeof value === 'string') {
      found ??= []
      found.push([name, value])
    }
  }
  return found ?? []
}
