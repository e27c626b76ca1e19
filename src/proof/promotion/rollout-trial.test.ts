import { describe, expect, test } from 'vitest'
import { type LoggedParts, loggedDecision } from './__fixtures__/logged-decision.ts'
import { defaultPromotion } from './promotion-test.ts'
import { type RolloutOptions, RolloutTrial } from './rollout-trial.ts'

const options: RolloutOptions = {
  ...defaultPromotion,
  shadowDecisions: 4,
  mode: 'auto',
  labelWindowMs: 1_000,
  conversationMs: 60_000,
  maxSilenceMs: 86_400_000,
}
const identity = { version: 'v2', trial: 1, scale: { lambda: 20, costReferenceUsd: 0.002 }, salt: 's' }
const dayMs = 86_400_000
const prior = () => new Float64Array(2).fill(Number.NaN)

function shadow(trial: RolloutTrial, count: number, changes: Partial<LoggedParts> = {}): void {
  for (let i = 0; i < count; i++) {
    trial.add(loggedDecision({ id: `d${i}`, atMs: i, phase: 'shadow', share: 0, ...changes }), prior)
  }
}

describe('RolloutTrial', () => {
  test('hand-worked: what a shadow shows', () => {
    const trial = new RolloutTrial(identity, '', options)
    shadow(trial, 4)
    // Probabilities .9, .1 against .2, .8; costs .001 and .002; qualities .5 and .75.
    expect(trial.shadow.decisions).toBe(4)
    expect(trial.shadow.agreement).toBeCloseTo(0.3, 12)
    expect(trial.shadow.costRatio).toBeCloseTo((0.2 + 1.6) / (0.9 + 0.2), 12)
    expect(trial.shadow.qualityDifference).toBeCloseTo(-0.7 * 0.5 + 0.7 * 0.75, 12)
    expect(trial.due).toEqual({
      kind: 'canary',
      detail: "asked about 4 requests: 30.0 % of its choices are the serving version's",
    })
    expect(trial.cursor).toBe('d3')
  })

  test('too few decisions, or those of another trial, are not enough', () => {
    const trial = new RolloutTrial(identity, '', options)
    shadow(trial, 3)
    shadow(trial, 5, { version: 'v3' })
    expect(trial.due).toBeUndefined()
  })

  test('one that chooses as the serving version does, or would spend a multiple, is held', () => {
    const alike = new RolloutTrial(identity, '', options)
    const dear = new RolloutTrial(identity, '', options)
    for (let i = 0; i < 4; i++) {
      const logged = loggedDecision({ id: `d${i}`, atMs: i, phase: 'shadow' })
      const { decision } = logged
      const same = { ...decision.experiment!, otherProbabilities: Float64Array.of(0.9, 0.1) }
      alike.add({ ...logged, decision: { ...decision, experiment: same } }, prior)
      const candidates = decision.candidates.map((terms, k) => ({ ...terms, costUsd: [0.001, 0.1][k] }))
      dear.add({ ...logged, decision: { ...decision, candidates } }, prior)
    }
    expect(alike.due).toMatchObject({ kind: 'hold', detail: expect.stringContaining('nothing to gain') })
    expect(dear.due).toMatchObject({ kind: 'hold', detail: expect.stringContaining('7.4 times as much') })
  })

  test('a canary of which nobody says anything is held after a day, by the log, whenever it is read; failures are no word', () => {
    const begun = () => {
      const trial = new RolloutTrial(identity, '', options)
      shadow(trial, 4)
      trial.beginCanary()
      return trial
    }
    const [plain, late] = [begun(), begun()]
    let restored = begun()
    const hourMs = 3_600_000
    for (let i = 0; i < 100; i++) {
      // Labelled until hour 9; every third of the rest fails, which is known of it.
      const outcome = i < 10 ? { score: 0.5 } : i % 3 === 0 ? { status: 'failed' as const } : {}
      const logged = loggedDecision({ id: `e${String(i).padStart(5, '0')}`, atMs: i * hourMs, ...outcome })
      restored = RolloutTrial.restore(restored.snapshot(), options)
      for (const trial of [plain, late, restored]) {
        if (trial.due === undefined) trial.add(logged, prior)
        if (trial !== late) trial.countUntil(i * hourMs + 1)
      }
      expect(plain.due === undefined).toBe(i <= 9 + 24)
    }
    late.countUntil(1_000 * hourMs)
    expect(plain.heardMs).toBe(9 * hourMs)
    const { units } = plain.test
    expect(plain.due).toEqual({
      kind: 'hold',
      detail: `not shown to be better: no feedback on any conversation in 1 day of requests, ${units} counted before that`,
    })
    expect(late.due).toEqual(plain.due)
    expect(restored.due).toEqual(plain.due)
    expect(late.snapshot()).toMatchObject({ heardMs: 9 * hourMs, countedMs: 34 * hourMs })
    expect(restored.snapshot()).toEqual(plain.snapshot())
  })

  test('time without requests is nobody’s silence: of each gap a day counts at most', () => {
    const trial = new RolloutTrial(identity, '', { ...options, maxSilenceMs: 2 * dayMs })
    shadow(trial, 4)
    trial.beginCanary()
    // Labelled, then nobody asks for a week; what is said of the second request after it comes in time, and then no more.
    const begun = [0, 7, 7.5, 14, 15, 16].map((days) => days * dayMs)
    const dues = begun.map((atMs, i) => {
      trial.add(loggedDecision({ id: `e${i}`, atMs, ...(i === 0 || i === 2 ? { score: 0.5 } : {}) }), prior)
      trial.countUntil(atMs + 1)
      return trial.due?.kind
    })
    expect(dues).toEqual([undefined, undefined, undefined, undefined, undefined, 'hold'])
    expect(trial.heardMs).toBe(7.5 * dayMs)
  })

  test('a canary reads when labels are in; saved and restored it ends as if undisturbed', () => {
    const canary = (mode: 'auto' | 'manual') => {
      const trial = new RolloutTrial(identity, '', { ...options, mode })
      shadow(trial, 4)
      trial.beginCanary()
      return trial
    }
    const [plain, patient] = [canary('auto'), canary('manual')]
    let restored = canary('auto')
    expect(plain.readDelayMs).toBe(1_000)
    for (let i = 0; plain.due === undefined && i < 2_000; i++) {
      // The mixture draws `b` in .9·.1 + .1·.8 = .17 of the requests; it is the better one.
      const drawn = i % 6 === 0 ? 'b' : 'a'
      const id = `e${String(i).padStart(5, '0')}`
      const logged = loggedDecision({ id, atMs: 10 + i, drawn, score: drawn === 'b' ? 1 : 0.3 })
      restored = RolloutTrial.restore(restored.snapshot(), options)
      for (const trial of [plain, patient, restored]) {
        trial.add(logged, prior)
        trial.countUntil(11 + i)
      }
    }
    expect(plain.due).toMatchObject({ kind: 'promote', detail: expect.stringContaining('shown to be better') })
    expect(patient.due).toMatchObject({ kind: 'hold', detail: expect.stringContaining('promoted by hand') })
    expect(restored.due).toEqual(plain.due)
    expect(restored.snapshot()).toEqual(plain.snapshot())
  })
})
