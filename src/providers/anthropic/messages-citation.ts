import type { JsonObject } from '../chat-provider.ts'

/**
 * A citation as an annotation of the answer's text: those of the web in OpenAI's form, those of the caller's own documents as
 * Anthropic wrote them, since chat completions have no word for them.
 *
 * @param start where the cited text begins in the answer. @param end where it ends, exclusive.
 */
export function toAnnotation(citation: JsonObject, start: number, end: number): JsonObject {
  if (citation.type !== 'web_search_result_location') return citation
  const { url, title } = citation
  return {
    type: 'url_citation',
    url_citation: { url, title: typeof title === 'string' ? title : '', start_index: start, end_index: end },
  }
}
