import { isJsonObject, type JsonObject } from '../chat-provider.ts'

/**
 * The sources of one candidate as the `annotations` of chat completions: those it was grounded in, and those it recites.
 * Google counts places in the text in bytes of UTF-8 within a part; here they are places in the whole text. A source that
 * stands by no segment cites all of it. Pages that were only read, and not cited, are left out.
 *
 * @param pieces the candidate as it came, in one piece or, streamed, in several; what several of them say counts once.
 * @param text of the whole candidate.
 */
export function annotationsOf(pieces: readonly JsonObject[], text: string): readonly JsonObject[] {
  const distinct = new Map<string, JsonObject>()
  for (const { groundingMetadata, citationMetadata } of pieces) {
    for (const annotation of [...groundedIn(groundingMetadata, text), ...recited(citationMetadata, text)]) {
      distinct.set(JSON.stringify(annotation), annotation)
    }
  }
  return [...distinct.values()]
}

/** Whether a piece of a candidate has something to say to {@link annotationsOf}. */
export function citesSources({ groundingMetadata, citationMetadata }: JsonObject): boolean {
  return isJsonObject(groundingMetadata) || isJsonObject(citationMetadata)
}

function recited(metadata: unknown, text: string): readonly JsonObject[] {
  if (!isJsonObject(metadata)) return []
  // Its own name in the Gemini API, and that of Google's cloud.
  const sources: unknown = metadata.citationSources ?? metadata.citations
  if (!Array.isArray(sources)) return []
  return sources.filter(isJsonObject).flatMap((source) => {
    if (typeof source.uri !== 'string') return []
    const title = typeof source.title === 'string' ? source.title : ''
    return [citation({ url: source.uri, title }, placeOf(source, text))]
  })
}

function groundedIn(metadata: unknown, text: string): readonly JsonObject[] {
  if (!isJsonObject(metadata) || !Array.isArray(metadata.groundingChunks)) return []
  const sources = metadata.groundingChunks.map(sourceOf)
  const cited = new Set<number>()
  const annotations: JsonObject[] = []
  for (const support of Array.isArray(metadata.groundingSupports) ? metadata.groundingSupports : []) {
    if (!isJsonObject(support) || !Array.isArray(support.groundingChunkIndices)) continue
    const place = placeOf(support.segment, text)
    for (const index of support.groundingChunkIndices) {
      const source = typeof index === 'number' ? sources[index] : undefined
      if (source === undefined) continue
      cited.add(Number(index))
      annotations.push(citation(source, place))
    }
  }
  const whole = { start_index: 0, end_index: text.length }
  for (const [index, source] of sources.entries()) {
    if (source !== undefined && !cited.has(index)) annotations.push(citation(source, whole))
  }
  return annotations
}

/** Uses of tools that Google bills beside tokens. */
export function billedToolsOf(metadata: unknown): readonly string[] {
  if (!isJsonObject(metadata)) return []
  const chunks: readonly unknown[] = Array.isArray(metadata.groundingChunks) ? metadata.groundingChunks : []
  const hasMaps = chunks.some((chunk) => isJsonObject(chunk) && chunk.maps !== undefined)
  return [
    ...(isNonEmpty(metadata.webSearchQueries) || isNonEmpty(metadata.imageSearchQueries)
      ? ['web_search_requests']
      : []),
    ...(hasMaps ? ['google_maps_requests'] : []),
  ]
}

interface Place {
  readonly start_index: number
  readonly end_index: number
}

function citation(source: JsonObject, place: Place): JsonObject {
  return { type: 'url_citation', url_citation: { ...source, ...place } }
}

function sourceOf(chunk: unknown): JsonObject | undefined {
  if (!isJsonObject(chunk)) return undefined
  for (const source of [chunk.web, chunk.maps, chunk.retrievedContext, chunk.image]) {
    if (!isJsonObject(source)) continue
    const url = source.uri ?? source.sourceUri
    if (typeof url === 'string') return { url, title: typeof source.title === 'string' ? source.title : '' }
  }
  return undefined
}

function placeOf(segment: unknown, text: string): Place {
  const whole = { start_index: 0, end_index: text.length }
  if (!isJsonObject(segment)) return whole
  const { startIndex = 0, endIndex, text: said, partIndex = 0 } = segment
  if (typeof said === 'string' && said !== '') {
    const at = nearest(text, said, typeof startIndex === 'number' ? charOfByte(text, startIndex) : 0)
    return at < 0 ? whole : { start_index: at, end_index: at + said.length }
  }
  // Where another part begins in a streamed text cannot be known.
  if (typeof startIndex !== 'number' || typeof endIndex !== 'number' || partIndex !== 0) return whole
  return { start_index: charOfByte(text, startIndex), end_index: charOfByte(text, endIndex) }
}

/** The segment's words, at its place if they are there, else where they are first: its part was not the first one. */
function nearest(text: string, said: string, start: number): number {
  return text.startsWith(said, start) ? start : text.indexOf(said)
}

function charOfByte(text: string, byte: number): number {
  return Buffer.from(text, 'utf8').subarray(0, Math.max(0, byte)).toString('utf8').length
}

function isNonEmpty(list: unknown): boolean {
  return Array.isArray(list) && list.length > 0
}
