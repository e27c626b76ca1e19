// What grading one answer takes: milliseconds, median of several, one at a time.
// npm exec -- node bench/grading.ts
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createGrader } from '../src/grading/create-grader.ts'
import type { GraderSpec } from '../src/grading/grader-spec.ts'
import { GradingError } from '../src/grading/grading-error.ts'
import { openGrading } from '../src/grading/open-grading.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-bench-'))
const database = new DatabaseSync(path.join(folder, 'bench.db'))
database.exec('CREATE TABLE t (a INTEGER, b TEXT)')
database.exec(
  "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO t SELECT i, 'row ' || i FROM n",
)
database.close()

const prose = 'First we count the boxes, then what is in each of them. '.repeat(40)
const environment = { path: process.env.PATH, home: process.env.HOME }
const { signal } = new AbortController()
const schema = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] }
const python = { kind: 'code', language: 'python', tests: ['assert f(1) == 2'] } as const
const javascript = { kind: 'code', language: 'javascript', tests: ['assert.equal(f(1), 2)'] } as const
const pythonText = '```python\ndef f(x):\n    return x + 1\n```'
const javascriptText = '```js\nfunction f(x) { return x + 1 }\n```'

const cases: readonly (readonly [string, GraderSpec, string, ('namespace' | 'unprotected')?])[] = [
  [
    'number, 2,300 characters',
    { kind: 'number', answer: 42, absolute: 0, relative: 1e-6 },
    `${prose}\nThe answer is 42.`,
  ],
  ['choice, 2,300 characters', { kind: 'choice', answer: 'B', options: ['x', 'y'] }, `${prose}\nAnswer: B`],
  ['text, contained', { kind: 'text', answers: ['paris'], contains: true }, `${prose} Paris.`],
  ['regex', { kind: 'regex', pattern: '\\bparis\\b', flags: 'i' }, `${prose} Paris.`],
  ['json with a schema', { kind: 'json', schema, answer: undefined }, '{"a": 1}'],
  [
    'sql, 1,000 rows',
    { kind: 'sql', database: 'bench.db', query: 'SELECT * FROM t', ordered: false },
    'SELECT a, b FROM t',
  ],
  ['code, Python, namespace', python, pythonText, 'namespace'],
  ['code, Python, unprotected', python, pythonText, 'unprotected'],
  ['code, JavaScript, namespace', javascript, javascriptText, 'namespace'],
  ['code, JavaScript, unprotected', javascript, javascriptText, 'unprotected'],
]

for (const [name, spec, text, code] of cases) {
  const grading = openGrading({ folder, environment, code })
  const grader = createGrader(spec, grading)
  const times: number[] = []
  try {
    for (let i = 0; i < 16; i++) {
      const start = performance.now()
      const { quality } = await grader.grade({ request: { messages: [] }, text, toolCalls: [] }, signal)
      if (quality !== 1) throw new Error(`${name}: ${quality}`)
      // The first starts a thread, finds an interpreter, runs the reference query.
      if (i > 0) times.push(performance.now() - start)
    }
    console.log(`${name.padEnd(32)} ${times.sort((a, b) => a - b)[7]!.toFixed(3)} ms`)
  } catch (error) {
    if (!(error instanceof GradingError)) throw error
    console.log(`${name.padEnd(32)} not here: ${error.message}`)
  } finally {
    await grading.close()
  }
}
rmSync(folder, { recursive: true })
