import type { JsonObject } from '../../../../providers/chat-provider.ts'
import { unknownLlmProperties } from '../../../../routing/registry/llm.ts'
import { LlmRegistry } from '../../../../routing/registry/llm-registry.ts'
import { BodyBudget } from '../../../body-budget.ts'
import { takeInResponses } from '../responses-intake.ts'
import { parseResponsesRequest } from '../responses-request.ts'
import { StateBudget } from '../state-budget.ts'
import { resolveState, type StateReader } from '../stored-state.ts'

const pool = new LlmRegistry([
  { ...unknownLlmProperties, id: 'small', provider: 'p', upstreamModel: 'u', price: undefined },
])
const nothingKept: StateReader = {
  chain: async () => [],
  chainSize: async () => ({ responses: 0, bytes: 0 }),
  item: async () => undefined,
}
const anybody = { keyId: 'k', preference: {} }

/** A request to a pool of one LLM, of a caller for whom nothing is kept. */
export async function takeIn(body: JsonObject) {
  const request = parseResponsesRequest({ model: 'small', ...body })
  const state = await resolveState(request, nothingKept, 'k', new StateBudget(1e7, new BodyBudget(1e8).open()))
  return takeInResponses(request, state, {}, pool, anybody, 1)
}
