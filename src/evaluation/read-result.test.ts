import { describe, expect, test } from 'vitest'
import { EvaluationError } from './evaluation-error.ts'
import { parseResult } from './read-result.ts'
import { sampleResult } from './report/__fixtures__/sample-result.ts'
import { resultJsonSchema } from './result-schema.ts'
import { resultToJson } from './runtime/write-result.ts'

const sample = sampleResult('unseen')

function errorOf(text: string): EvaluationError {
  try {
    parseResult(text, 'my.json')
  } catch (error) {
    if (error instanceof EvaluationError) return error
    throw error
  }
  throw new Error('no error')
}

describe('parseResult', () => {
  test('reads what was written', () => {
    expect(parseResult(JSON.stringify(sample))).toEqual(sample)
    const rewritten = resultToJson(parseResult(resultToJson(sample)))
    expect(rewritten).toBe(resultToJson(sample))
  })

  test('leaves out metrics and points that JSON could only write as null', () => {
    const [row] = sample.results
    const broken = {
      ...sample,
      results: [{ ...row, metrics: { area: { mean: Number.NaN, low: null, high: null }, peak: row!.metrics.peak } }],
      figures: [{ ...sample.figures[0]!, series: [{ name: 'a', role: 'router', points: [{ x: 1, y: Number.NaN }] }] }],
    }
    const parsed = parseResult(JSON.stringify(broken))
    expect(Object.keys(parsed.results[0]!.metrics)).toEqual(['peak'])
    expect(parsed.figures[0]!.series[0]!.points).toEqual([])
  })

  test('passes over fields that a later release adds', () => {
    expect(parseResult(JSON.stringify({ ...sample, later: true }))).toEqual(sample)
  })

  test('names the file, the format and the fields at fault', () => {
    expect(errorOf('{').message).toMatch(/^my\.json is not JSON/)
    expect(errorOf('[]').message).toContain('it names no formatVersion')
    expect(errorOf('{"formatVersion":2}').message).toContain(
      'formatVersion is 2; a newer Pointsman may have written it',
    )
    const { code, message } = errorOf(JSON.stringify({ ...sample, protocol: 'other', seeds: 'one' }))
    expect(code).toBe('unreadable_result')
    expect(message).toMatch(/protocol: .*; seeds: /)
  })
})

test('the JSON schema says what is required and lets later fields pass', () => {
  const schema = resultJsonSchema() as { required: string[]; additionalProperties?: unknown }
  expect(schema.required.sort()).toEqual(Object.keys(sample).sort())
  expect(schema.additionalProperties).toBeUndefined()
})
