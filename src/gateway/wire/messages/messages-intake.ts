import type { IncomingHttpHeaders } from 'node:http'
import type { NativeRequest } from '../../../providers/chat-provider.ts'
import type { RoutingPreference } from '../../../routing/decision/routing-preference.ts'
import type { LlmRegistry } from '../../../routing/registry/llm-registry.ts'
import { type ChatIntake, takeInChat } from '../chat-intake.ts'
import { maySteer } from '../may-steer.ts'
import { resolveModelName } from '../model-name.ts'
import type { MessagesAnswerOptions } from './messages-answer-writer.ts'
import {
  type CountTokensBody,
  type MessagesRequestBody,
  parseCountTokensRequest,
  parseMessagesRequest,
} from './messages-request.ts'
import { refuseMessagesSteering } from './messages-steering.ts'
import { neverSentOf, toNativeMessages } from './native-messages.ts'
import { nativeOnlyTokens } from './native-only-tokens.ts'
import { withSessionHeader } from './session-of-messages.ts'
import { toNeutralRequest } from './to-neutral-request.ts'

/** A Messages request taken apart: as a chat request, and as it came. */
export interface MessagesIntake extends ChatIntake, MessagesAnswerOptions {
  readonly native: NativeRequest
}

interface MessagesCaller {
  readonly keyId: string | undefined
  readonly preference: Partial<RoutingPreference>
}

/**
 * @param body parsed JSON.
 * @param defaultLambda see `takeInChat`.
 * @throws {GatewayError} `invalid_request`, `model_not_found`
 * @throws {RoutingError} `invalid_preference`
 */
export function takeInMessages(
  body: unknown,
  headers: IncomingHttpHeaders,
  pool: LlmRegistry,
  caller: MessagesCaller,
  defaultLambda: number,
): MessagesIntake {
  return takeIn(parseMessagesRequest(body), headers, pool, caller, defaultLambda)
}

/** The same for a request whose tokens are to be counted: it needs no `max_tokens`. */
export function takeInCount(
  body: unknown,
  headers: IncomingHttpHeaders,
  pool: LlmRegistry,
  caller: MessagesCaller,
  defaultLambda: number,
): MessagesIntake {
  return takeIn(parseCountTokensRequest(body), headers, pool, caller, defaultLambda)
}

function takeIn(
  checked: CountTokensBody & Partial<MessagesRequestBody>,
  headers: IncomingHttpHeaders,
  pool: LlmRegistry,
  caller: MessagesCaller,
  defaultLambda: number,
): MessagesIntake {
  const steers = maySteer(resolveModelName(checked.model, pool), caller.preference)
  if (!steers) refuseMessagesSteering(checked)
  const { body, nativeOnly } = toNeutralRequest(checked, steers)
  const named = withSessionHeader(headers, checked.metadata)
  const intake = takeInChat(body, named, pool, caller, defaultLambda)
  return {
    ...intake,
    // This API asks for a cap, and its clients give the highest that their favourite model knows.
    routing: {
      ...intake.routing,
      inputTokens: intake.routing.inputTokens + nativeOnlyTokens(checked),
      outputCapMayFall: true,
    },
    native: toNativeMessages(checked, headers),
    nativeOnly,
    neverSent: neverSentOf(checked),
    showThinking: asksToSeeThinking(checked.thinking),
  }
}

function asksToSeeThinking(thinking: CountTokensBody['thinking']): boolean {
  return thinking !== undefined && thinking !== null && thinking.type !== 'disabled' && thinking.display !== 'omitted'
}
