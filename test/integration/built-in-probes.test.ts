import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGrader } from '../../src/grading/create-grader.ts'
import { type OpenGrading, openGrading } from '../../src/grading/open-grading.ts'
import { checkProbeSet, mostPerTemplate } from '../../src/probing/check-probe-set.ts'
import type { Probe, ProbeSet } from '../../src/probing/probe.ts'
import { builtInProbeFolder, loadBuiltInProbeSet } from '../../src/probing/read-probe-set.ts'
import { algebra, arithmetic, counting, units, wordProblems } from './built-in-probes/numbers.ts'
import { logic, multilingual, planning, tables } from './built-in-probes/puzzles.ts'
import { dates, ordering, strings } from './built-in-probes/words.ts'

/** Probes that any number of answers pass. */
const open = new Set(['instructions-01', 'instructions-06', 'instructions-13'])

let set: ProbeSet
let grading: OpenGrading

beforeAll(async () => {
  set = await loadBuiltInProbeSet()
  grading = openGrading({
    folder: builtInProbeFolder,
    code: 'unprotected',
    environment: { path: process.env.PATH, home: process.env.HOME },
  })
})

afterAll(() => grading.close())

const has = (program: string): boolean => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
const hasPython = has('python3')

function promptOf(probe: Probe): string {
  return probe.request.messages.map(({ content }) => String(content)).join('\n')
}

/** What the reference comes to: the text behind "Answer:", else all of it. */
function answerOf({ reference }: Probe): string {
  return typeof reference === 'string' ? reference.replace(/^Answer: /, '') : ''
}

test('there are 300 probes and more, of 12 tasks and more, with at most ten from one template', () => {
  const tasks = new Set(set.probes.map(({ task }) => task))
  expect(set.probes.length).toBeGreaterThanOrEqual(300)
  expect(tasks.size).toBeGreaterThanOrEqual(12)
  const counts = new Map<string, number>()
  for (const { template = '' } of set.probes) counts.set(template, (counts.get(template) ?? 0) + 1)
  counts.delete('')
  expect(Math.max(...counts.values())).toBeLessThanOrEqual(mostPerTemplate)
  expect(set.probes.every(({ request }) => typeof request.max_tokens === 'number')).toBe(true)
})

test('one in twenty, at least, is asked in another language than English', () => {
  const others = set.probes.filter(({ task }) => task === 'multilingual')
  expect(new Set(others.map(({ template }) => template)).size).toBeGreaterThanOrEqual(10)
  expect(others.length).toBeGreaterThanOrEqual(set.probes.length / 20)
})

test('no two probes ask nearly the same, and every reference passes its own grader', async () => {
  const check = await checkProbeSet(set, grading, AbortSignal.timeout(60_000))
  expect(check.nearDuplicates).toEqual([])
  expect(check.wrongReferences).toEqual([])
  expect(check.withoutReference).toBe(0)
  const unexpected = check.notGraded.filter(({ id }) => hasPython || !id.startsWith('code-writing'))
  expect(unexpected).toEqual([])
})

test('no grader is content with nothing, or with an answer that says nothing', async () => {
  for (const probe of set.probes.filter(({ grader }) => grader.kind !== 'code')) {
    const grader = createGrader(probe.grader, grading)
    for (const text of ['', 'I do not know.', 'Answer: I cannot tell.']) {
      const answer = { request: probe.request, text, toolCalls: [] }
      const { quality } = await grader.grade(answer, AbortSignal.timeout(20_000))
      expect([probe.id, quality]).toEqual([probe.id, 0])
    }
  }
})

test('an answer with another digit, or another word at its end, fails', async () => {
  for (const probe of set.probes.filter(({ grader }) => grader.kind === 'number' || grader.kind === 'regex')) {
    const text = typeof probe.reference === 'string' ? probe.reference : ''
    if (text.includes('.') && probe.grader.kind === 'number') continue
    const answer = { request: probe.request, text: `${text}${/\d$/.test(text) ? '7' : ' zzz'}`, toolCalls: [] }
    const { quality } = await createGrader(probe.grader, grading).grade(answer, AbortSignal.timeout(20_000))
    // Free text that keeps to a rule keeps to it with another word too.
    if (!open.has(probe.id)) expect([probe.id, quality]).toEqual([probe.id, 0])
  }
})

describe('answers worked out a second time', () => {
  const computed = {
    ...arithmetic,
    ...wordProblems,
    ...algebra,
    ...units,
    ...counting,
    ...dates,
    ...strings,
    ...ordering,
    ...logic,
    ...planning,
    ...tables,
    ...multilingual,
  }

  test.each(Object.entries(computed))('%s', (id, work) => {
    const probe = set.probes.find((candidate) => candidate.id === id)!
    const value = work(promptOf(probe))
    if (typeof value === 'string') {
      expect(answerOf(probe)).toBe(value)
      return
    }
    const { grader } = probe
    const [absolute, relative] = grader.kind === 'number' ? [grader.absolute, grader.relative] : [0, 0]
    const tolerance = Math.max(absolute, relative * Math.abs(value), 1e-9 * Math.abs(value))
    expect(Math.abs(Number(answerOf(probe)) - value)).toBeLessThanOrEqual(tolerance)
    if (grader.kind === 'number') expect(String(grader.answer)).toBe(answerOf(probe))
  })

  test('all probes of these tasks are worked out', () => {
    const tasks = [
      'arithmetic',
      'word-problems',
      'algebra',
      'units',
      'counting',
      'dates',
      'strings',
      'planning',
      'tables',
    ]
    const missing = set.probes.filter(({ id, task }) => tasks.includes(task) && !(id in computed))
    expect(missing.map(({ id }) => id)).toEqual([])
  })
})

describe('programs print what the references say', () => {
  const codeIn = (probe: Probe) => /```(python|javascript)\n([\s\S]*?)\n```/.exec(promptOf(probe))!

  test.runIf(hasPython)('in Python', () => {
    for (const probe of set.probes.filter(({ task }) => task === 'code-output')) {
      const [, language, code] = codeIn(probe)
      if (language !== 'python') continue
      expect([probe.id, execFileSync('python3', ['-c', code!], { encoding: 'utf8' }).trim()]).toEqual([
        probe.id,
        answerOf(probe),
      ])
    }
  })

  test('in JavaScript', () => {
    for (const probe of set.probes.filter(({ task }) => task === 'code-output')) {
      const [, language, code] = codeIn(probe)
      if (language !== 'javascript') continue
      const output = execFileSync(process.execPath, ['--input-type=commonjs', '-e', code!], { encoding: 'utf8' }).trim()
      expect([probe.id, output]).toEqual([probe.id, answerOf(probe)])
    }
  })
})

test('long texts are of the length said, and give what is asked for nowhere but in their facts', () => {
  const long = set.probes.filter(({ task }) => task === 'long-context')
  expect(long.length).toBeGreaterThan(3)
  for (const probe of long) {
    const text = promptOf(probe)
    const words = text.split(/\s+/).length
    expect(words).toBeGreaterThan(3_500)
    expect(words).toBeLessThan(8_000)
    const log = text.slice(0, text.indexOf('The text above'))
    const filler = log
      .split(/(?<=\.)\s+/)
      .filter((sentence) => !/\d|mill|Tobias|Marit|pier|password|fair|boathouse/.test(sentence))
    expect(/\d|ochre|Selune|flour|boathouse/.test(filler.join(' '))).toBe(false)
    expect(log.split(/(?<=\.)\s+/).length - filler.length).toBeLessThan(words / 20)
  }
})

test('what the long texts say comes to the references', () => {
  const sentences = (id: string) => promptOf(set.probes.find((probe) => probe.id === id)!).split(/(?<=\.)\s+/)
  const numbers = (id: string, pattern: RegExp) =>
    sentences(id).flatMap((sentence) => pattern.exec(sentence)?.slice(1).map(Number) ?? [])
  const reference = (id: string) => answerOf(set.probes.find((probe) => probe.id === id)!)
  expect(reference('long-context-01')).toBe(
    String(numbers('long-context-01', /clock tower is kept under number (\d+)/)[0]),
  )
  expect(reference('long-context-02')).toBe(
    String(numbers('long-context-02', /boathouse from number \d+ to number (\d+)/)[0]! + 9),
  )
  const sold = numbers('long-context-03', /^The mill sold (\d+) sacks/)
  const returned = numbers('long-context-03', /(\d+) of the sacks the mill had sold/)
  expect(sold).toHaveLength(3)
  expect(reference('long-context-03')).toBe(String(sold.reduce((sum, value) => sum + value, 0) - returned[0]!))
})

test('the set is the same wherever it is read', async () => {
  const again = await loadBuiltInProbeSet()
  expect(again.id).toBe(set.id)
  expect(set.id).toMatch(/^pointsman-1-[0-9a-f]{12}$/)
})
