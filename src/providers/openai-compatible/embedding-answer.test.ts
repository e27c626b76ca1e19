import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UpstreamErrors } from '../http/upstream-errors.ts'
import { ProviderError } from '../provider-error.ts'
import { embeddingAnswerOf, embeddingBody } from './embedding-answer.ts'
import { providerPreset } from './presets.ts'

const errors = new UpstreamErrors('scripted', [], { now: () => 0 })
const base64 = Buffer.from(new Float32Array([0.5, -0.25]).buffer).toString('base64')

function entry(index: number | undefined, embedding: unknown) {
  return { object: 'embedding', ...(index === undefined ? {} : { index }), embedding }
}

it('orders by index, reads floats and base64, and counts what was read', () => {
  const body = {
    data: [entry(1, [1, 2]), entry(0, base64)],
    model: 'e-1',
    usage: { prompt_tokens: 5, total_tokens: 5 },
  }
  expect(embeddingAnswerOf(body, 2, errors)).toEqual({
    embeddings: [
      [0.5, -0.25],
      [1, 2],
    ],
    usage: { inputTokens: 5, outputTokens: 0 },
    reportedModel: 'e-1',
  })
  const bare = { data: [entry(undefined, [1]), entry(undefined, [2])], usage: { total_tokens: 3 } }
  expect(embeddingAnswerOf(bare, 2, errors)).toMatchObject({ embeddings: [[1], [2]], usage: { inputTokens: 3 } })
})

describe('an answer', () => {
  it.each([
    ['without data', {}],
    ['with too few', { data: [entry(0, [1])] }],
    ['with one twice', { data: [entry(0, [1]), entry(0, [1])] }],
    ['with an index beyond', { data: [entry(0, [1]), entry(2, [1])] }],
    ['with no vector', { data: [entry(0, [1]), entry(1, ['1'])] }],
    ['with an empty vector', { data: [entry(0, [1]), entry(1, [])] }],
    ['with half a float', { data: [entry(0, [1]), entry(1, 'AAA=')] }],
    ['with something else', { data: [7, entry(1, [1])] }],
  ])('%s is refused', (_name, body) => {
    expect(() => embeddingAnswerOf(body, 2, errors)).toThrow(
      expect.objectContaining({ code: 'upstream_invalid_response' }),
    )
  })

  it('throws nothing but our errors, whatever the JSON', () => {
    const data = fc.array(fc.oneof(fc.jsonValue(), fc.record({ index: fc.jsonValue(), embedding: fc.jsonValue() })))
    fc.assert(
      fc.property(fc.record({ data: fc.oneof(data, fc.jsonValue()), usage: fc.jsonValue() }), (body) => {
        try {
          embeddingAnswerOf(body, 1, errors)
        } catch (error) {
          expect(error).toBeInstanceOf(ProviderError)
        }
      }),
    )
  })
})

it('is asked for in the upstream’s own words', () => {
  const call = { upstreamModel: 'e', input: ['a'], dimensions: 4, user: 'u' }
  expect(embeddingBody(call, {})).toEqual({ model: 'e', input: ['a'], dimensions: 4, user: 'u' })
  expect(embeddingBody(call, providerPreset('mistral')!.dialect)).toEqual({
    model: 'e',
    input: ['a'],
    output_dimension: 4,
  })
})
