import { z } from 'zod'
import { isJsonObject } from '../../../providers/chat-provider.ts'
import { GatewayError } from '../../gateway-error.ts'
import { toInvalidRequest } from '../invalid-request.ts'

/** OpenAI's own limits. */
const maxInputs = 2_048
const maxInputTokens = 300_000

/** Room for as many tokens and what stands around them, and for a clear word to who sends some more. */
export const maxEmbeddingValues = 2 * maxInputTokens

/** Token ids are below this at every tokenizer we know of, by far. */
const maxTokenId = 0x7fff_ffff

/**
 * Everything there is: what a translation to another API could not carry is refused rather than lost. `input` is checked by
 * hand, which names the entry that is wrong and does not look at those behind it.
 */
export const embeddingsBody = z.strictObject({
  model: z.string().min(1).max(256).describe('An entry of `embeddings`.'),
  input: z.unknown().describe('A text, a list of texts, or lists of token ids; 2,048 at most.'),
  encoding_format: z.enum(['float', 'base64']).nullish().describe('How vectors are written; numbers by default.'),
  dimensions: z.int().min(1).max(65_536).nullish().describe('Length of the vectors, where the model can choose.'),
  user: z.string().nullish().describe('Passed on.'),
})

/** A body of `POST /v1/embeddings`, checked. */
export interface EmbeddingsRequest {
  readonly model: string
  /** Texts, or token ids of the model's own tokenizer; none empty, all of one kind. */
  readonly input: readonly string[] | readonly (readonly number[])[]
  /** OpenAI's clients ask for base64 without being told to. Default: numbers. */
  readonly base64: boolean
  readonly dimensions: number | undefined
  readonly user: string | undefined
}

/** @throws {GatewayError} `invalid_request`, with the field's path in `param`. */
export function parseEmbeddingsRequest(body: unknown): EmbeddingsRequest {
  if (isJsonObject(body) && body.input === undefined) throw invalid('input', wanted)
  const parsed = embeddingsBody.safeParse(body)
  if (!parsed.success) throw toInvalidRequest(parsed.error, body)
  const { model, input, encoding_format, dimensions, user } = parsed.data
  return {
    model,
    input: parseInput(input),
    base64: encoding_format === 'base64',
    dimensions: dimensions ?? undefined,
    user: user ?? undefined,
  }
}

function parseInput(input: unknown): EmbeddingsRequest['input'] {
  if (typeof input === 'string') return [requireText(input, 'input')]
  if (!Array.isArray(input)) throw invalid('input', wanted)
  const list: readonly unknown[] = input
  if (list.length === 0) throw invalid('input', 'is empty')
  if (typeof list[0] === 'number') return requireFewTokens([requireTokens(list, 'input')])
  if (list.length > maxInputs) throw invalid('input', `holds ${list.length} entries; ${maxInputs} are the most`)
  return typeof list[0] === 'string'
    ? list.map((entry, index) => requireText(entry, `input[${index}]`))
    : requireFewTokens(list.map((entry, index) => requireTokens(entry, `input[${index}]`)))
}

const wanted = 'give a text, a list of texts, or lists of token ids'

function requireFewTokens(lists: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const tokens = lists.reduce((sum, list) => sum + list.length, 0)
  if (tokens > maxInputTokens) throw invalid('input', `holds ${tokens} tokens; ${maxInputTokens} are the most`)
  return lists
}

function requireText(value: unknown, path: string): string {
  if (typeof value !== 'string') throw invalid(path, 'is no text, as the entries before it are')
  if (value === '') throw invalid(path, 'is empty')
  return value
}

function requireTokens(value: unknown, path: string): readonly number[] {
  if (!Array.isArray(value)) throw invalid(path, 'is no text and no list of token ids')
  const tokens: readonly unknown[] = value
  if (tokens.length === 0) throw invalid(path, 'is empty')
  tokens.forEach((token, index) => {
    if (typeof token === 'number' && Number.isInteger(token) && token >= 0 && token <= maxTokenId) return
    throw invalid(`${path}[${index}]`, 'is no token id')
  })
  return tokens as readonly number[]
}

function invalid(param: string, complaint: string): GatewayError {
  return new GatewayError('invalid_request', `Invalid value for '${param}': ${complaint}`, { param })
}
