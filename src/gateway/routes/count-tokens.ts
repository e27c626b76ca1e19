import { type TokenCounter, tokenCounterOf } from '../../providers/embedding-provider.ts'
import { ProviderError } from '../../providers/provider-error.ts'
import { noNeeds } from '../../routing/request.ts'
import type { Caller } from '../authenticate.ts'
import { requireScope } from '../authenticate.ts'
import type { GatewayServices } from '../gateway-services.ts'
import { readJsonBody } from '../json-body.ts'
import { takeInForeignHeaders } from '../wire/foreign-headers.ts'
import { type MessagesIntake, takeInCount } from '../wire/messages/messages-intake.ts'
import type { Route } from './route-handler.ts'

/**
 * `POST /v1/messages/count_tokens`: Anthropic's count where the request names an LLM whose provider counts. Else our own
 * estimate, the one that requests are admitted by: which LLM `auto` will draw is not known, nor its tokens.
 */
export const countTokensRoute: Route = {
  name: 'count_tokens',
  method: 'POST',
  access: 'key',
  callsLlm: true,
  errors: 'anthropic',
  async handle(services, { exchange, caller, share, time }) {
    requireScope(caller, 'inference')
    const { maxBodyBytes, defaultLambda } = services.options
    const { pool } = services.parts.router
    const sent = await readJsonBody(exchange.request, maxBodyBytes, share)
    const { body } = takeInForeignHeaders(exchange, sent, pool)
    const intake = takeInCount(body, exchange.request.headers, pool, caller, defaultLambda)
    const counted = await countUpstream(services, caller, intake, time.signal)
    time.upstreamEnded()
    if (counted !== undefined) exchange.sendJson(200, { input_tokens: counted })
    else {
      exchange.sendJson(200, { input_tokens: intake.routing.inputTokens }, { 'x-pointsman-estimated': 'true' })
    }
  },
}

/** Undefined when nobody counts. @throws {ProviderError} when the upstream refuses the request, or the caller left. */
export async function countUpstream(
  { parts }: GatewayServices,
  caller: Caller,
  { routing, request, native }: Pick<MessagesIntake, 'routing' | 'request' | 'native'>,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (routing.pinnedLlm === undefined) return undefined
  const llm = parts.router.pool.require(routing.pinnedLlm)
  const counter: TokenCounter | undefined = tokenCounterOf(parts.providerFor(llm))
  if (counter === undefined) return undefined
  // Whoever may not be served by an LLM is not to reach its upstream in this way either. A prompt that does not fit is
  // still counted: that is what the count is for.
  await parts.router.route(
    { ...routing, needs: noNeeds, inputTokens: 0 },
    { keyId: caller.keyId, budgetUsd: undefined },
  )
  const { upstreamModel, reasoningEffort } = llm
  try {
    const asWritten = routing.pinnedByAlias !== true
    return await counter.countTokens({ request, native, upstreamModel, reasoningEffort, asWritten }, signal)
  } catch (error) {
    if (!(error instanceof ProviderError) || isForCaller(error)) throw error
    return undefined
  }
}

function isForCaller({ code }: ProviderError): boolean {
  return code === 'upstream_rejected' || code === 'upstream_context_length' || code === 'aborted'
}
