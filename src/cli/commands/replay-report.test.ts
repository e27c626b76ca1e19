import { expect, test } from 'vitest'
import { toReplayBody } from '../../gateway/replay/replay-body.ts'
import { estimateTarget } from '../../proof/off-policy/estimate-target.ts'
import { OffPolicyLogBuilder } from '../../proof/off-policy/off-policy-log.ts'
import { prepareLog } from '../../proof/off-policy/prepare-log.ts'
import type { ReplayReport } from '../../proof/off-policy/replay-log.ts'
import { noColours } from '../terminal/colours.ts'
import { renderReplay } from './replay-report.ts'

const terminal = { out: () => undefined, note: () => undefined, colours: noColours }
const report = (names: readonly string[]): ReplayReport => ({
  log: {
    ...{ decisions: 3, named: 1, unsettled: 0, labelled: 0, billed: 3 },
    ...{ firstAtMs: Date.UTC(2026, 2, 1), lastAtMs: Date.UTC(2026, 2, 2) },
  },
  scale: { lambda: 1, costReferenceUsd: 0.001 },
  targets: names.map((name) => ({ name, estimate: undefined })),
})

test('says once what is the same of several policies', () => {
  const lines = renderReplay(report(['always a', 'always b']), terminal).split('\n')
  expect(lines.filter((line) => line.includes('no decision in it can judge this'))).toEqual([
    'always a, always b: the log can’t say: no decision in it can judge this',
  ])
})

test('tells what the log holds, what is left out, and the scale', () => {
  const lines = renderReplay(report(['λ = 2']), terminal).split('\n')
  expect(lines[0]).toBe(
    '3 decisions from 2026-03-01 00:00 to 2026-03-02 00:00 UTC (1 named their LLM: left out); 0 judged, 3 billed; nobody judged an answer, so only costs can be told',
  )
  expect(lines.at(-1)).toBe('utility = 0.500·quality − 0.500·cost/$0.00100, by your λ = 1')
})

test('shows no figure of choices that could not have been drawn: what sums over draws leave out costs nothing there', () => {
  const builder = new OffPolicyLogBuilder()
  for (let i = 0; i < 4; i++) {
    builder.add({
      ...{ cluster: `d${i}`, llms: ['a'], drawn: 0, propensity: 1, logging: [1] },
      ...{ quality: i % 2, qualityEstimate: [0.5], costUsd: 0.001, costEstimate: [0.001] },
    })
  }
  const nobody = { probability: new Float64Array(4), unsupported: new Float64Array(4).fill(1) }
  const scale = { lambda: 1, costReferenceUsd: 0.001 }
  const estimate = estimateTarget(prepareLog(builder.build()), nobody, scale)
  const targets = [{ name: 'always b', estimate }]
  const one = renderReplay({ ...report([]), targets }, terminal).split('\n')
  expect(one.find((line) => line.includes('as served'))).toMatch(/as served +0\.5000 .* 0\.00100 .* 0\.\d+/)
  const [asked] = one.filter((line) => line.startsWith('doubly robust'))
  expect(asked).toMatch(/^doubly robust +this +unknown +unknown +unknown$/)
  const several = renderReplay({ ...report([]), targets: [...targets, ...report(['other']).targets] }, terminal)
  expect(several).toMatch(/always b +unknown +unknown +unknown/)
  const unknown = { value: null, low: null, high: null, standard_error: null }
  const [told] = toReplayBody({ ...report([]), targets }).targets[0]!.estimates
  for (const outcome of [told!.quality, told!.cost_usd, told!.utility]) {
    expect(outcome).toMatchObject({ target: unknown, difference: unknown, served: { value: expect.any(Number) } })
  }
})
