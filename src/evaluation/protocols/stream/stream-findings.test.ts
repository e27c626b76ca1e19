import { expect, test } from 'vitest'
import type { PolicyName } from '../../policy-names.ts'
import type { Measured } from './measured.ts'
import { streamComparisons } from './stream-comparisons.ts'
import { streamFindings } from './stream-findings.ts'
import { curveLambdas, lambdas, type StreamSetting } from './stream-setting.ts'
import { type RunSummary, StreamSummary } from './summarise-runs.ts'

test('a lift is relative, of the mean over λ, and judged by prompts and seeds', () => {
  const at = (feedback: string) => ({ offlineShare: 0.8, feedback, timeLimit: null })
  const rows = [...sweep('mixllm', at('none'), 0.5, 1), ...sweep('mixllm', at('refined'), 0.52, 1)]
  const finding = find(rows, 'mixllm-online-lift-refined-80')
  expect(finding.verdict).toBe('confirmed')
  expect(finding.evidence).toContain('+4.00 %')
  expect(finding.evidence).toContain('cost +0.00 %')
})

test('Pointsman’s own lift is judged by utility: the same quality for less is a gain', () => {
  const at = (feedback: string) => ({ offlineShare: 0.5, feedback, timeLimit: null })
  const rows = [...sweep('pointsman', at('none'), 0.5, 1), ...sweep('pointsman', at('binary'), 0.5, 0.6)]
  expect(find(rows, 'pointsman-online-lift-binary-50').verdict).toBe('confirmed')
})

test('the headline is read off the sweep at 24.18 % of the best single LLM’s cost, where the sweep reaches it', () => {
  const setting = { offlineShare: 0.8, feedback: 'refined', timeLimit: null }
  const best = row('best-single', { timeLimit: null }, 0.8, 1)
  const short = find([best, ...sweep('mixllm', setting, 0.7, 0.2)], 'mixllm-headline')
  expect(short.verdict).toBe('refuted')
  expect(short.evidence).toContain('87.50 %')
  expect(find([best, ...sweep('mixllm', setting, 0.79, 0.2)], 'mixllm-headline').verdict).toBe('confirmed')
  const dear = find([best, ...sweep('mixllm', setting, 0.79, 0.3)], 'mixllm-headline')
  expect(dear).toMatchObject({ verdict: 'undecided', evidence: expect.stringContaining('not reachable') })
})

test('the drop on left-out domains, and what online training takes off it', () => {
  const at = (leftOut: string, feedback = 'none') => ({ offlineShare: 0.8, feedback, timeLimit: null, leftOut })
  const rows = [
    ...sweep('mixllm', at('seen'), 0.8, 1),
    ...sweep('mixllm', at('unseen'), 0.76, 1),
    ...sweep('mixllm', at('unseen', 'refined'), 0.78, 1),
  ]
  expect(find(rows, 'mixllm-left-out-drop').evidence).toContain('+5.00 %')
  expect(find(rows, 'mixllm-left-out-online').evidence).toContain('+2.50 %')
})

test('tags are compared within the two cost bands', () => {
  const setting = { offlineShare: 0.8, feedback: 'none', timeLimit: null }
  // A sweep from (.1, .5) to (1, .8); with tags .55 at .1.
  const curve = (extra: Readonly<Record<string, string | null>>, low: number) =>
    curveLambdas.map((lambda) =>
      row('mixllm', { ...setting, ...extra, lambda }, lambda < 1 ? low : 0.8, lambda < 1 ? 0.1 : 1),
    )
  const rows = [
    row('cheapest', { timeLimit: null }, 0.5, 0.1),
    ...curve({ ablation: 'tags' }, 0.5),
    ...curve({ ablation: null }, 0.5),
    ...curve({ ablation: null, projection: 'forced' }, 0.55),
  ]
  // Low band [.1, .25]: means .525 and .5708; high band [.25, 1]: .675 and .6958.
  expect(find(rows, 'mixllm-tags-low-cost').evidence).toContain('+8.73 %')
  expect(find(rows, 'mixllm-tags-high-cost').evidence).toContain('+3.09 %')
})

test('claims without their rows are left out', () => {
  expect(streamFindings(new StreamSummary([], 1))).toEqual([])
  const lone = sweep('mixllm', { offlineShare: 0.8, feedback: 'refined', timeLimit: null }, 0.5, 1)
  expect(streamFindings(new StreamSummary(lone, 1))).toEqual([])
})

test('comparisons are paired, in utility, corrected over the opponents', () => {
  const setting = { offlineShare: 0.8, feedback: 'none', timeLimit: null }
  const rows = [
    ...sweep('pointsman', setting, 0.8, 1),
    ...sweep('mixllm', setting, 0.7, 1),
    ...sweep('zero-router', { timeLimit: null }, 0.9, 1),
  ]
  const [overMixLlm, overZero] = streamComparisons(new StreamSummary(rows, 1))
  const meanWeight = lambdas.reduce((sum, lambda) => sum + lambda / (1 + lambda), 0) / lambdas.length
  expect(overMixLlm).toMatchObject({ policy: 'pointsman', against: 'mixllm', metric: 'utility' })
  expect(overMixLlm!.difference.mean).toBeCloseTo(0.1 * meanWeight, 12)
  expect(overZero!.difference.mean).toBeCloseTo(-0.1 * meanWeight, 12)
  expect(overMixLlm!.pHolm).toBeCloseTo(2 * overMixLlm!.p!, 12)
})

function find(rows: readonly RunSummary[], id: string) {
  const found = streamFindings(new StreamSummary(rows, 1)).find((finding) => finding.id === id)
  if (found === undefined) throw new Error(`There is no finding ${id}`)
  return found
}

function sweep(policy: PolicyName, setting: StreamSetting, quality: number, costUsd: number): RunSummary[] {
  return lambdas.map((lambda) => row(policy, { ...setting, lambda }, quality, costUsd))
}

function row(policy: PolicyName, setting: StreamSetting, quality: number, costUsd: number): RunSummary {
  const exact = (mean: number): Measured => ({
    mean,
    replicates: new Float64Array(40).fill(mean),
    bySeed: new Float64Array(3).fill(mean),
  })
  return { policy, setting, quality: exact(quality), costUsd: exact(costUsd), onTimeShare: exact(1) }
}
