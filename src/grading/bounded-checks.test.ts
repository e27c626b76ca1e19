import { afterAll, describe, expect, it } from 'vitest'
import { answerOf, noSignal } from './__fixtures__/answer-of.ts'
import { BoundedChecks } from './bounded-checks.ts'
import { createJsonGrader } from './json-grader.ts'
import { createRegexGrader } from './regex-grader.ts'

const checks = new BoundedChecks(1_000)
afterAll(() => checks.close())

async function regexQuality(pattern: string, text: string, flags = '') {
  return (await createRegexGrader({ kind: 'regex', pattern, flags }, checks).grade(answerOf(text), noSignal)).quality
}

async function jsonQuality(spec: { schema?: { [key: string]: unknown }; answer?: unknown }, text: string) {
  const grader = createJsonGrader({ kind: 'json', schema: spec.schema, answer: spec.answer }, checks)
  return (await grader.grade(answerOf(text), noSignal)).quality
}

describe('regex grader', () => {
  it('matches somewhere in the trimmed answer', async () => {
    expect(await regexQuality('b+', 'abbc')).toBe(1)
    expect(await regexQuality('^b+$', ' bb\n')).toBe(1)
    expect(await regexQuality('^b+$', 'abb')).toBe(0)
    expect(await regexQuality('^B$', 'b', 'i')).toBe(1)
    expect(await regexQuality('^b+$', '<think>an a?</think>\n\nbb')).toBe(1)
    expect(await regexQuality('a', '<think>an a?</think>\n\nbb')).toBe(0)
  })

  it('gives up on a pattern that backtracks without end, and goes on with the next', async () => {
    const endless = regexQuality('^(a+)+$', `${'a'.repeat(60)}b`)
    const next = regexQuality('a', 'a')
    await expect(endless).rejects.toMatchObject({ code: 'not_graded' })
    expect(await next).toBe(1)
  })
})

describe('json grader', () => {
  const schema = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'], additionalProperties: false }

  it('takes the whole answer, or its first fenced block', async () => {
    expect(await jsonQuality({}, '{"a": 1}')).toBe(1)
    expect(await jsonQuality({}, 'null')).toBe(1)
    expect(await jsonQuality({}, 'Here it is:\n```json\n{"a": 1}\n```\nDone.')).toBe(1)
    expect(await jsonQuality({}, '```\n[1]\n```')).toBe(1)
    expect(await jsonQuality({}, '<think>{</think>{"a": 1}')).toBe(1)
    expect(await jsonQuality({}, 'Here it is: {"a": 1}')).toBe(0)
    expect(await jsonQuality({}, "{'a': 1}")).toBe(0)
    expect(await jsonQuality({}, '')).toBe(0)
  })

  it('keeps to the schema', async () => {
    expect(await jsonQuality({ schema }, '{"a": 1}')).toBe(1)
    expect(await jsonQuality({ schema }, '{"a": "x"}')).toBe(0)
    expect(await jsonQuality({ schema }, '{}')).toBe(0)
    expect(await jsonQuality({ schema }, '{"a": 1, "b": 2}')).toBe(0)
    expect(
      await jsonQuality({ schema: { properties: { a: { not: { type: 'string' } } }, required: ['a'] } }, '{"a": "x"}'),
    ).toBe(0)
    expect(await jsonQuality({ schema: { type: 'string', format: 'made-up' } }, '"x"')).toBe(1)
    expect(await jsonQuality({ schema: { prefixItems: [{ type: 'string' }] } }, '[1]')).toBe(0)
    const draft7 = { $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'string' }] }
    expect(await jsonQuality({ schema: draft7 }, '[1]')).toBe(0)
  })

  it('compares by value', async () => {
    const answer = { a: [1, { b: null }], c: 'x' }
    expect(await jsonQuality({ answer }, '{"c":"x","a":[1.0,{"b":null}]}')).toBe(1)
    expect(await jsonQuality({ answer }, '{"c":"x","a":[{"b":null},1]}')).toBe(0)
    expect(await jsonQuality({ answer }, '{"c":"x","a":[1,{}]}')).toBe(0)
    expect(await jsonQuality({ answer: {} }, '{"__proto__": 1}')).toBe(0)
  })

  it('says that a schema is none', async () => {
    await expect(jsonQuality({ schema: { type: 'wrong' } }, '1')).rejects.toMatchObject({ code: 'invalid_grader' })
  })

  it('gives up on a schema whose pattern backtracks without end', async () => {
    const endless = jsonQuality({ schema: { pattern: '^(a+)+$' } }, `"${'a'.repeat(60)}b"`)
    await expect(endless).rejects.toMatchObject({ code: 'not_graded' })
  })
})

describe('bounded checks', () => {
  it('refuses what comes after its end', async () => {
    const own = new BoundedChecks()
    const check = { kind: 'regex', pattern: 'a', flags: '', text: 'a' } as const
    expect(await own.run(check)).toEqual({ status: 'done', holds: true })
    await own.close()
    await own.close()
    await expect(own.run(check)).rejects.toMatchObject({ code: 'grader_unavailable' })
  })
})
