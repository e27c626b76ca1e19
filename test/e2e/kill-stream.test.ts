import { expect, test } from 'vitest'
import { runKillStream } from '../replay/kill-stream.ts'

const kills = 10

test('kill -9 while answers are judged and versions fitted: every label once, and the state of an undisturbed run', async () => {
  const report = await runKillStream(kills, 7)
  expect(report.faults).toEqual([])
  expect(report.acknowledged).toBeGreaterThan(10 * kills)
  expect(report.comparedBytes).toBeGreaterThan(1000)
})

test('kill -9 while a refit is committed: the version before serves or the new one, none twice, and nothing learned is lost', {
  timeout: 600_000,
}, async () => {
  const report = await runKillStream(5, 11, 'commits')
  expect(report.faults).toEqual([])
  const { before, saved, released } = report.afterCommits
  expect(before + saved + released).toBe(5)
  expect(report.comparedBytes).toBeGreaterThan(1000)
})
