import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { answerOf, callsOf, noSignal } from './__fixtures__/answer-of.ts'
import { createGrader } from './create-grader.ts'
import type { AnswerToGrade } from './grader.ts'
import { graderSpecSchema } from './grader-spec-schema.ts'
import { openGrading } from './open-grading.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-grading-'))
const grading = openGrading({ folder, commands: true, environment: { path: process.env.PATH } })
afterAll(() => grading.close())

describe('graderSpecSchema', () => {
  it.each([
    [
      { kind: 'exact', answers: ['a'] },
      { kind: 'exact', answers: ['a'] },
    ],
    [
      { kind: 'text', answers: ['a'] },
      { kind: 'text', answers: ['a'], contains: false },
    ],
    [
      { kind: 'number', answer: 3 },
      { kind: 'number', answer: 3, absolute: 0, relative: 1e-6 },
    ],
    [
      { kind: 'choice', answer: 'B', options: ['x', 'y'] },
      { kind: 'choice', answer: 'B', options: ['x', 'y'] },
    ],
    [
      { kind: 'regex', pattern: 'a+' },
      { kind: 'regex', pattern: 'a+', flags: '' },
    ],
    [{ kind: 'json' }, { kind: 'json', schema: undefined, answer: undefined }],
    [
      { kind: 'tool_call', name: 'f' },
      { kind: 'tool-call', name: 'f', arguments: undefined },
    ],
    [
      { kind: 'code', language: 'python', tests: ['pass'] },
      { kind: 'code', language: 'python', tests: ['pass'] },
    ],
    [
      { kind: 'sql', database: 'a.db', query: 'SELECT 1' },
      { kind: 'sql', database: 'a.db', query: 'SELECT 1', ordered: false },
    ],
    [
      { kind: 'judge', reference: 'x' },
      { kind: 'judge', rubric: undefined, reference: 'x', against: undefined },
    ],
    [
      { kind: 'command', command: ['true'] },
      { kind: 'command', command: ['true'] },
    ],
  ])('reads %j', (file, spec) => {
    expect(graderSpecSchema.parse(file)).toEqual(spec)
  })

  it.each([
    [{}, /^kind: kind is one of/],
    [{ kind: 'magic' }, /^kind: kind is one of/],
    [null, /^: /],
    [{ kind: 'exact', answers: [] }, /^answers: /],
    [{ kind: 'exact', answers: ['a', ' '] }, /^answers\.1: an empty answer/],
    [{ kind: 'number', answer: 'x' }, /^answer: /],
    [{ kind: 'number', answer: 1, absolute: -1 }, /^absolute: /],
    [{ kind: 'choice', answer: 'C', options: ['x', 'y'] }, /^answer: there are fewer options/],
    [{ kind: 'choice', answer: 'b', options: ['x', 'y'] }, /^answer: a letter/],
    [{ kind: 'regex', pattern: '(' }, /^pattern: /],
    [{ kind: 'regex', pattern: 'a', flags: 'g' }, /^flags: /],
    [{ kind: 'json', schema: 3 }, /^schema: a JSON object/],
    [{ kind: 'json', schemas: {} }, /schemas/],
    [{ kind: 'code', language: 'cobol', tests: ['x'] }, /^language: /],
    [{ kind: 'command', command: [] }, /^command: /],
  ])('refuses %j', (file, message) => {
    const { issues = [] } = graderSpecSchema.safeParse(file).error ?? {}
    expect(issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')).toMatch(message)
  })
})

describe('createGrader', () => {
  it('refuses what is switched off or not there before anything is asked', () => {
    const off = openGrading({ folder })
    const code = { kind: 'code', language: 'python', tests: ['pass'] } as const
    expect(() => createGrader(code, off)).toThrow(expect.objectContaining({ code: 'grader_disabled' }))
    expect(() => createGrader({ kind: 'command', command: ['true'] }, off)).toThrow(
      expect.objectContaining({ code: 'grader_disabled' }),
    )
    const judge = { kind: 'judge', rubric: undefined, reference: undefined, against: undefined } as const
    expect(() => createGrader(judge, off)).toThrow(expect.objectContaining({ code: 'grader_unavailable' }))
  })

  it('compares an answer whole, without the thinking before it', async () => {
    const grader = createGrader({ kind: 'exact', answers: ['Paris'] }, grading)
    const quality = async (text: string) => (await grader.grade(answerOf(text), noSignal)).quality
    expect(await quality('<think>Lyon?</think>\n\nParis\n')).toBe(1)
    expect(await quality('<think>Paris?</think>Lyon')).toBe(0)
    expect(await quality('In Paris')).toBe(0)
  })

  it('grades calls of tools by value', async () => {
    const grader = createGrader({ kind: 'tool-call', name: 'f', arguments: { a: 1, b: ['x'] } }, grading)
    const quality = async (...calls: AnswerToGrade['toolCalls']) =>
      (await grader.grade(callsOf(...calls), noSignal)).quality
    expect(await quality({ name: 'f', arguments: '{"b":["x"],"a":1.0}' })).toBe(1)
    expect(await quality({ name: 'f', arguments: '{"a":"1","b":["x"]}' })).toBe(0)
    expect(await quality({ name: 'f', arguments: '{"a":1,"b":["x"],"c":2}' })).toBe(0)
    expect(await quality({ name: 'g', arguments: '{"a":1,"b":["x"]}' })).toBe(0)
    expect(await quality({ name: 'f', arguments: '{"a":1' })).toBe(0)
    expect(await quality()).toBe(0)
    const twice = { name: 'f', arguments: '{"a":1,"b":["x"]}' }
    expect(await quality(twice, twice)).toBe(0)
    const any = createGrader({ kind: 'tool-call', name: 'f', arguments: undefined }, grading)
    expect((await any.grade(callsOf({ name: 'f', arguments: '' }), noSignal)).quality).toBe(1)
  })
})

describe('command grader', () => {
  const run = (program: string) =>
    createGrader({ kind: 'command', command: [process.execPath, '-e', program] }, grading).grade(
      answerOf('Paris'),
      noSignal,
    )
  const reading = (body: string) =>
    `let t = ''; process.stdin.on('data', (d) => { t += d }).on('end', () => { const given = JSON.parse(t); ${body} })`

  it('gets what was asked and answered, and says how good it is', async () => {
    const program = reading(`console.log(JSON.stringify({
      quality: given.prompt === 'A question' && given.answer === 'Paris' && given.messages.length === 1 && given.tool_calls.length === 0 ? 0.5 : 0,
      reason: Object.keys(process.env).sort().join(),
      cost_usd: 0.01 }))`)
    expect(await run(program)).toEqual({ quality: 0.5, reason: 'HOME,PATH', costUsd: 0.01 })
  })

  it.each([
    ['console.log("{}")', 'did not write'],
    ['console.log(JSON.stringify({ quality: 2 }))', 'did not write'],
    ['console.log(JSON.stringify({ quality: 1 })); console.error("no!"); process.exitCode = 3', 'ended with 3: no!'],
    ['process.stdout.write("x".repeat(3_000_000)); setInterval(() => {}, 1000)', 'wrote too much'],
  ])('comes to no grade where the program fails: %s', async (program, message) => {
    await expect(run(program)).rejects.toMatchObject({ code: 'not_graded', message: expect.stringContaining(message) })
  })

  it('says that there is no such program', async () => {
    const grader = createGrader({ kind: 'command', command: ['/no/such/program'] }, grading)
    await expect(grader.grade(answerOf('x'), noSignal)).rejects.toMatchObject({ code: 'grader_unavailable' })
  })
})
