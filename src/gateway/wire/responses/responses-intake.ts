import type { IncomingHttpHeaders } from 'node:http'
import type { ChatRequest, NativeRequest } from '../../../providers/chat-provider.ts'
import type { RequestParameters } from '../../../providers/parameters/request-parameters.ts'
import type { RoutingPreference } from '../../../routing/decision/routing-preference.ts'
import type { LlmRegistry } from '../../../routing/registry/llm-registry.ts'
import type { RoutingRequest } from '../../../routing/request.ts'
import { takeInChat } from '../chat-intake.ts'
import { maySteer } from '../may-steer.ts'
import { resolveModelName } from '../model-name.ts'
import { addedTools } from './added-tools.ts'
import { wrong } from './input-content.ts'
import { toNeutralMessages } from './input-messages.ts'
import { nativeItemTokens } from './native-item-tokens.ts'
import { toNativeRequest } from './native-request.ts'
import type { ResponsesRequestBody } from './responses-request.ts'
import { refuseResponsesSteering } from './responses-steering.ts'
import type { PriorState } from './stored-state.ts'
import { toChatBody } from './to-chat-body.ts'
import { untranslated } from './untranslated.ts'

/** A request of the Responses API taken apart. */
export interface ResponsesIntake {
  readonly routing: RoutingRequest
  /** The same in the neutral form. */
  readonly request: ChatRequest
  readonly native: NativeRequest
  /** What it says beyond text to text. */
  readonly parameters: RequestParameters
  readonly stream: boolean
}

/**
 * @param state what the request continues.
 * @throws {GatewayError} `invalid_request`, `model_not_found`
 * @throws {RoutingError} `invalid_preference`
 */
export function takeInResponses(
  request: ResponsesRequestBody,
  state: PriorState,
  headers: IncomingHttpHeaders,
  pool: LlmRegistry,
  caller: { readonly keyId: string | undefined; readonly preference: Partial<RoutingPreference> },
  defaultLambda: number,
): ResponsesIntake {
  if (!maySteer(resolveModelName(request.model, pool), caller.preference)) refuseResponsesSteering(request, state.items)
  const messages = toNeutralMessages(state.items)
  if (messages.length === 0) throw wrong(['input'], 'there is nothing to answer')
  const body = toChatBody(request, messages, addedTools(state.items))
  const intake = takeInChat(body, headers, pool, caller, defaultLambda)
  const { routing, parameters, stream } = intake
  // Chat completions take metadata only for what they are to store.
  const { metadata: _metadata, ...neutral } = intake.request
  const items = state.resolved ? state.items.map(({ item }) => item) : undefined
  return {
    routing: {
      ...routing,
      inputTokens: routing.inputTokens + nativeItemTokens(state.items),
      conversationId: state.conversationId ?? routing.conversationId,
    },
    request: neutral as ChatRequest,
    native: toNativeRequest(request, items, request.store === true),
    parameters: { ...parameters, unknown: [...parameters.unknown, ...untranslated(request)] },
    stream,
  }
}
