import { afterEach, beforeEach, expect, test } from 'vitest'
import { feedbackRows } from '../../src/cli/feedback-import/feedback-rows.ts'
import { httpTarget } from '../../src/cli/feedback-import/http-target.ts'
import { importFeedback } from '../../src/cli/feedback-import/import-feedback.ts'
import { ScriptedProvider, scriptedCompletion } from '../../src/providers/scripted/scripted-provider.ts'
import { type Harness, startHarness, userMessage } from './gateway-harness.ts'

let harness: Harness

beforeEach(async () => {
  const small = new ScriptedProvider({ answers: [{ completion: scriptedCompletion('4') }] })
  harness = await startHarness({ providers: { small } })
  for (let i = 0; i < 3; i++) await harness.post('/v1/chat/completions', userMessage(`Question ${i}`))
})

afterEach(() => harness.gateway.close())

/** @param onPause what happens while the import waits. */
function importInto(url: string, rows: readonly object[], onPause = (_ms: number) => {}) {
  const lines = rows.map((row) => JSON.stringify(row))
  const target = httpTarget(url, undefined, async (ms) => onPause(ms))
  return importFeedback(feedbackRows(lines, 'jsonl', 'rows.jsonl'), target, {
    onProgress: () => {},
    shouldStop: () => false,
  })
}

const rows = [
  { response_id: 'd00000001', score: 0.1 },
  { response_id: 'd00000002', thumbs: 'sideways' },
  { response_id: 'd00000001', score: 0.9 },
  { response_id: 'd00000404', score: 0.5 },
  { response_id: 'd00000003', thumbs: 'up' },
]

test('rows go through a running gateway, those on one answer in their order; again they are known', async () => {
  expect(await importInto(`${harness.url}/v1/`, rows)).toMatchObject({
    ...{ rows: 5, accepted: 3, duplicates: 0, failed: 2, broken: undefined },
    errors: [
      { line: 2, message: expect.stringContaining('thumbs') },
      { line: 4, message: expect.stringContaining('no such decision') },
    ],
  })
  expect(harness.labels.filter(({ decisionId }) => decisionId === 'd00000001').map(({ value }) => value)).toEqual([
    0.1, 0.9,
  ])
  expect(await importInto(harness.url, rows)).toMatchObject({ accepted: 0, duplicates: 3, failed: 2 })
})

test('waits for a gateway that is busy, and gives up on one that stays so', async () => {
  harness.feedback.fault = 'throws'
  const pauses: number[] = []
  const ended = await importInto(harness.url, rows, (ms) => {
    pauses.push(ms)
    if (pauses.length === 2) harness.feedback.fault = 'none'
  })
  expect([ended.accepted, ended.failed, pauses]).toEqual([3, 2, [1_000, 1_000]])
  harness.feedback.fault = 'throws'
  const others = [{ response_id: 'd00000003', score: 0.2 }]
  expect(await importInto(harness.url, others)).toMatchObject({ rows: 0, broken: expect.any(String) })
})

test('a gateway that is not there ends the import', async () => {
  await harness.gateway.close()
  expect(await importInto(harness.url, rows)).toMatchObject({
    rows: 0,
    broken: expect.stringContaining('cannot be reached'),
  })
})

test('a row too long for any feedback is refused by itself', async () => {
  const long = { response_id: 'd00000001', score: 1, comment: 'x'.repeat(2_000_000) }
  expect(await importInto(harness.url, [long, { response_id: 'd00000003', score: 1 }])).toMatchObject({
    ...{ rows: 2, accepted: 1, failed: 1, broken: undefined },
    errors: [{ line: 1, message: expect.stringContaining('characters') }],
  })
})
