import { expect, test } from 'vitest'
import type { OutcomePrompt } from '../outcomes/outcome-data.ts'
import { type GraderMap, graderOf, judgeEverything } from './grader-map.ts'

function prompt(extra: Record<string, unknown>, source = 'sums'): OutcomePrompt {
  return { id: 'p1', source, text: 'How much is it?', extra }
}

function specOf(extra: Record<string, unknown>, map: GraderMap | undefined, source?: string) {
  const mapped = graderOf(prompt(extra, source), map)
  return typeof mapped === 'string' ? mapped : mapped.spec
}

test('a field of the prompt becomes the answer, a number also from a text', () => {
  const map: GraderMap = { by_source: { sums: { kind: 'number', answer: '{{gold}}' } } }
  expect(specOf({ gold: '1,250' }, map)).toEqual({ kind: 'number', answer: 1250, absolute: 0, relative: 1e-6 })
  expect(specOf({ gold: 18 }, map)).toMatchObject({ kind: 'number', answer: 18 })
})

test('a field within a longer text is put into it', () => {
  const map: GraderMap = { default: { kind: 'judge', rubric: 'Right is {{gold}}, of {{source}}.' } }
  expect(specOf({ gold: 'blue' }, map)).toMatchObject({ kind: 'judge', rubric: 'Right is blue, of sums.' })
})

test('the prompt’s own grader goes before its source, its source before the default', () => {
  const map: GraderMap = {
    default: { kind: 'judge' },
    by_source: { words: { kind: 'exact', answers: ['{{gold}}'] }, noise: null },
  }
  const own = { grader: { kind: 'choice', answer: 'B', options: ['x', 'y'] } }
  expect(specOf(own, map)).toMatchObject({ kind: 'choice' })
  expect(specOf({ gold: 'a' }, map, 'words')).toEqual({ kind: 'exact', answers: ['a'] })
  expect(specOf({}, map)).toMatchObject({ kind: 'judge' })
  expect(specOf({}, map, 'noise')).toBe('left_out')
  expect(specOf({}, undefined)).toBe('none')
  expect(specOf({}, judgeEverything)).toMatchObject({ kind: 'judge' })
})

test('faults name the prompt and the field', () => {
  const map: GraderMap = { default: { kind: 'exact', answers: ['{{gold}}'] } }
  expect(() => specOf({}, map)).toThrow(/field 'gold': is missing in the prompt 'p1'/)
  expect(() => specOf({ grader: { kind: 'exact' } }, map)).toThrow(/of the prompt 'p1' is no grader \(answers/)
  expect(() => specOf({ gold: 'many' }, { default: { kind: 'number', answer: '{{gold}}' } })).toThrow(/answer/)
})
