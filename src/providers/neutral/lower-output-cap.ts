import type { ChatAsk, JsonObject } from '../chat-provider.ts'

/** Under which names the APIs know the cap on output. */
const caps = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'] as const

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
  return above.length === 0 ? body : { ...body, ...Object.fromEntries(above.map((name) => [name, most])) }
}
