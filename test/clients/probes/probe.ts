import type { FixtureUpstream } from '../../upstreams/fixture-upstream.ts'

/** What a probe works with: an official client that knows the gateway's URL and key and nothing else. */
export interface ProbeContext<Client> {
  /** Never tries again by itself. */
  readonly client: Client
  /** Another one of the same kind. */
  readonly connect: (options: { readonly apiKey?: string; readonly maxRetries?: number }) => Client
  /** The LLM to name as `model`. */
  readonly model: string
  /** One of the same family that thinks before it answers. */
  readonly thinkingModel: string
  /** A model that embeds; where the family has none, that LLM. */
  readonly embeddingModel: string
  /** Where that LLM's calls arrive. */
  readonly upstream: FixtureUpstream
}

/** Thrown by a probe that got its answer, but without the thing it is about. */
export class NotShown extends Error {}

/** One row of the matrix: something a client of a dialect does. */
export interface Probe<Client> {
  readonly feature: string
  /** In the parameter table, where an API may leave it out: then the answer's header must name it. */
  readonly parameter?: string
  /** Only for callers who name an LLM: it is billed by what no estimate holds. */
  readonly namedOnly?: true
  /** Does it and expects it to have worked. @returns the headers of the answer, where there is one to look at. */
  readonly run: (context: ProbeContext<Client>) => Promise<Headers | undefined>
}

/** One pixel, white. */
export const pngBase64 =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='

/** A page without anything on it. */
export const pdfBase64 = Buffer.from(
  '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n' +
    '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n',
).toString('base64')

/** 44 bytes of header and 4 of silence. */
export const wavBase64 = Buffer.concat([
  Buffer.from('RIFF'),
  Buffer.from([40, 0, 0, 0]),
  Buffer.from('WAVEfmt '),
  Buffer.from([16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0]),
  Buffer.from('data'),
  Buffer.from([4, 0, 0, 0, 0, 0, 0, 0]),
]).toString('base64')

/** What a tool of the tests takes. */
export const citySchema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
} as const

/** What a structured answer of the tests looks like. */
export const reportSchema = {
  type: 'object',
  properties: { title: { type: 'string' }, score: { type: 'number' }, done: { type: 'boolean' } },
  required: ['title', 'score', 'done'],
  additionalProperties: false,
} as const

export const report = { title: 'text', score: 42, done: true }

/** The weather, as the tool of the tests tells it. */
export function weatherIn(city: string): string {
  return `${city}: ${city === 'Oslo' ? 3 : 19} degrees`
}

/** USD of a call at the pool's prices, to compare with what the client was told. */
export function costOf(inputTokens: number, outputTokens: number, price: { input: number; output: number }): number {
  return (inputTokens * price.input + outputTokens * price.output) / 1e6
}

/** For caps on output: OpenAI's Responses API takes none below 16. */
export const twentyWords = Array.from({ length: 20 }, (_, index) => `word${index}`).join(' ')
