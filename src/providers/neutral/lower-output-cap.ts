import { type ChatAsk, isJsonObject, type JsonObject } from '../chat-provider.ts'

/** Under which names the APIs know the cap on output. */
const caps = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'] as const

/** Anthropic's least, whose field it is. */
const minBudgetTokens = 1024

/** The same request with no cap on output above `most`, in the neutral form and in its own. */
export function lowerOutputCap(ask: ChatAsk, most: number): ChatAsk {
  const { request, native } = ask
  return {
    ...ask,
    request: lowered(request, most),
    ...(native === undefined ? {} : { native: { ...native, body: lowered(native.body, most) } }),
  }
}

/** The same object where nothing is above. */
function lowered<Body extends JsonObject>(body: Body, most: number): Body {
  const above = caps.filter((name) => {
    const cap = body[name]
    return typeof cap === 'number' && cap > most
  })
  if (above.length === 0) return body
  const mended = { ...body, ...Object.fromEntries(above.map((name) => [name, most])) }
  return withLowerBudget(mended, Math.max(...above.map((name) => Number(body[name]))), most)
}

/**
 * With a budget of thinking that fitted below the old cap below the new one too: the API refuses it else, and elsewhere nothing
 * would be left for the answer. A budget above the old cap is one for all calls of a turn together, which may be.
 */
function withLowerBudget<Body extends JsonObject>(body: Body, cap: number, most: number): Body {
  const { thinking } = body
  if (!isJsonObject(thinking) || typeof thinking.budget_tokens !== 'number') return body
  const { budget_tokens: budget } = thinking
  if (budget >= cap || budget < most) return body
  const room = Math.floor(most / 2)
  if (room >= minBudgetTokens) return { ...body, thinking: { ...thinking, budget_tokens: room } }
  const { thinking: _, ...rest } = body
  // Nothing else is left out: a body of the same kind.
  return rest as Body
}
