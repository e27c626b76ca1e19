import { expect, test } from 'vitest'
import { runKillStream } from '../replay/kill-stream.ts'

const kills = 10

test('kill -9 while answers are judged and versions fitted: every label once, and the state of an undisturbed run', async () => {
  const report = await runKillStream(kills, 7)
  expect(report.faults).toEqual([])
  expect(report.acknowledged).toBeGreaterThan(10 * kills)
  expect(report.comparedBytes).toBeGreaterThan(1000)
})
