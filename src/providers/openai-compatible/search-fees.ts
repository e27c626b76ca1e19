import type { TokenUsage } from '../../routing/registry/token-price.ts'
import { isJsonObject, type JsonObject } from '../chat-provider.ts'

/** OpenAI's models that search before every answer: `gpt-4o-search-preview`, `gpt-5-search-api`. */
const searchingModel = /-search-(?:preview|api)\b/

/** Whether the answer to a request, as it is sent, may come with a fee for searching. */
export function asksForSearch({ model, web_search_options: options }: JsonObject): boolean {
  return (options !== undefined && options !== null) || (typeof model === 'string' && searchingModel.test(model))
}

/** Whether a message or a delta cites pages: then somebody searched for them. */
export function citesPages({ annotations }: JsonObject): boolean {
  return (
    Array.isArray(annotations) &&
    annotations.some((annotation: unknown) => isJsonObject(annotation) && annotation.type === 'url_citation')
  )
}

/** Searches are billed by the call, beside the tokens, and usage does not count them. */
export function withSearchFee(usage: TokenUsage | undefined): TokenUsage | undefined {
  return usage === undefined ? undefined : { ...usage, unpriced: [...(usage.unpriced ?? []), 'web_search'] }
}
