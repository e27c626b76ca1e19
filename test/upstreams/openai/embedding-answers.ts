import type { FixtureAnswer } from '../fixture-upstream.ts'
import {
  checkNumber,
  isJson,
  type Json,
  refuse,
  requireArray,
  requireKnown,
  requireOneOf,
  requireText,
} from './openai-refusal.ts'

const defaultDimensions = 8

/** The answer of `POST /embeddings`: unit vectors made from the characters of a text. @throws {OpenAiRefusal} */
export function embeddingAnswer(body: Json): FixtureAnswer {
  requireKnown(body, ['input', 'model', 'dimensions', 'encoding_format', 'user'])
  const format = body.encoding_format ?? 'float'
  requireOneOf(format, 'encoding_format', ['float', 'base64'])
  checkNumber(body.dimensions, 'dimensions', 1, 3072, true)
  const inputs = inputsOf(body.input)
  const size = typeof body.dimensions === 'number' ? body.dimensions : defaultDimensions
  const data = inputs.map((input, index) => {
    const vector = embeddingOf(input, size)
    return { object: 'embedding', index, embedding: format === 'base64' ? base64Of(vector) : vector }
  })
  const tokens = inputs.reduce(
    (sum, input) => sum + (typeof input === 'string' ? Math.ceil(input.length / 4) : input.length),
    0,
  )
  const usage = { prompt_tokens: tokens, total_tokens: tokens }
  return { status: 200, json: { object: 'list', data, model: body.model, usage } }
}

/** The vector of a text; for tests to compare with. In 32-bit floats, as the API computes. */
export function embeddingOf(input: string | readonly number[], size: number): readonly number[] {
  const codes = typeof input === 'string' ? Array.from(input, (letter) => letter.codePointAt(0)!) : input
  const vector = Array.from({ length: size }, (_, index) => 1 / (index + 1))
  codes.forEach((code, index) => {
    vector[(code + index) % size]! += (code % 17) - 8
  })
  const norm = Math.hypot(...vector)
  return vector.map((value) => Math.fround(value / norm))
}

function base64Of(vector: readonly number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString('base64')
}

function inputsOf(input: unknown): readonly (string | readonly number[])[] {
  if (typeof input === 'string') return [textInput(input, 'input')]
  const list = requireArray(input, 'input', 2048)
  if (list.length === 0) refuse("Invalid 'input': input cannot be an empty array.", 'input', 'empty_array')
  if (list.every((item) => typeof item === 'number')) return [list]
  return list.map((item, index) => {
    if (isJson(item)) refuse("Invalid type for 'input': expected a string or an array.", 'input', 'invalid_type')
    return Array.isArray(item) ? (item as number[]) : textInput(item, `input[${index}]`)
  })
}

function textInput(value: unknown, param: string): string {
  const text = requireText(value, param)
  if (text === '') refuse(`Invalid '${param}': input cannot be an empty string.`, param, 'empty_string')
  return text
}
