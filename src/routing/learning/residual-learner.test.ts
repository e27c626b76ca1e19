import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextNormal, SeededRandom } from '../numeric/random-source.ts'
import type { SnapshotData } from '../policy-store.ts'
import { defaultChangeDetection } from './change-detector.ts'
import { ResidualLearner, type ResidualLearnerOptions } from './residual-learner.ts'

const options: ResidualLearnerOptions = {
  dimension: 3,
  discount: 0.9,
  priors: new Map([['a', { level: 0.5, slope: 0.25 }]]),
  unlistedPrior: { level: 1, slope: 0.5 },
}

type Said = ReturnType<typeof observations>[number]

function observations(count: number, seed: number) {
  const random = new SeededRandom(seed)
  return Array.from({ length: count }, (_, i) => ({
    sequence: i + 1,
    features: Float64Array.of(1, nextNormal(random), nextNormal(random)),
    residual: 0.3 * nextNormal(random),
    noiseVariance: 0.04 + 0.1 * random.next(),
  }))
}

describe('ResidualLearner', () => {
  test('hand-worked: one dimension, two labels', () => {
    const learner = new ResidualLearner({ ...options, dimension: 1, discount: 0.5 })
    const z = Float64Array.of(1)
    // Λ₀ = 1/.5² = 4; first label w = 1/.25 = 4: A = 8, b = 4·.2 = .8, δ = .1.
    learner.observe('a', { sequence: 1, features: z, residual: 0.2, noiseVariance: 0.25 })
    expect(learner.correction('a', z)).toBeCloseTo(0.1, 12)
    expect(learner.uncertainty('a', z)).toBeCloseTo(Math.sqrt(1 / 8), 12)
    // Halved, then w = 4 again: A = 4 + 2 + 4 = 10, b = .4 + 4·.5 = 2.4, δ = .24.
    learner.observe('a', { sequence: 2, features: z, residual: 0.5, noiseVariance: 0.25 })
    expect(learner.correction('a', z)).toBeCloseTo(0.24, 12)
    expect(learner.uncertainty('a', z)).toBeCloseTo(Math.sqrt(1 / 10), 12)
  })

  test('equals the discounted ridge solution computed by direct inversion, to 1e-10', () => {
    const learner = new ResidualLearner(options)
    const labels = observations(60, 7)
    for (const label of labels) learner.observe('a', label)
    const { a, b } = directSums(labels)
    const inverse = invert3(a)
    const z = Float64Array.of(1, 0.4, -1.3)
    const delta = multiply(inverse, b)
    expect(learner.correction('a', z)).toBeCloseTo(dot(delta, z), 10)
    expect(learner.uncertainty('a', z)).toBeCloseTo(Math.sqrt(dot(multiply(inverse, z), z)), 10)
  })

  test('labels that share one opinion fade what came before as one label does', () => {
    const shared = new ResidualLearner({ ...options, dimension: 1 })
    const whole = new ResidualLearner({ ...options, dimension: 1 })
    const features = Float64Array.of(1)
    const first = { sequence: 1, features, residual: 0.4, noiseVariance: 0.1 }
    for (const learner of [shared, whole]) learner.observe('a', first)
    for (let i = 0; i < 4; i++) {
      shared.observe('a', { sequence: 2 + i, features, residual: 0, noiseVariance: 0.1 / 0.25, counts: 0.25 })
    }
    whole.observe('a', { sequence: 2, features, residual: 0, noiseVariance: 0.1 })
    expect(shared.labelCount('a')).toBe(2)
    // b holds the first label alone; A differs by how far the four have faded among themselves.
    const moment = (learner: ResidualLearner) =>
      (learner.snapshot() as unknown as { llms: readonly { moment: Float64Array }[] }).llms[0]!.moment[0]!
    expect(moment(shared)).toBeCloseTo(moment(whole), 12)
    expect(moment(whole)).toBeCloseTo(0.9 * 4, 12)
  })

  test('what is withdrawn leaves no trace but that it was heard, and can be said anew', () => {
    const learner = new ResidualLearner(options)
    const other = new ResidualLearner(options)
    const [a, b, c, again] = observations(4, 3) as [Said, Said, Said, Said]
    for (const said of [a, b, c]) learner.observe('a', said)
    for (const said of [a, { ...b, residual: 0, noiseVariance: Number.POSITIVE_INFINITY }, c]) other.observe('a', said)
    expect(learner.withdraw('a', b, 4)).toBe(true)
    const z = Float64Array.of(1, 0.5, -2)
    expect(learner.correction('a', z)).toBeCloseTo(other.correction('a', z), 12)
    expect(learner.uncertainty('a', z)).toBeCloseTo(other.uncertainty('a', z), 12)
    expect(learner.sequence).toBe(4)
    learner.revise('a', { ...b, sequence: 4 }, { ...again, sequence: 5 })
    other.revise('a', { ...b, residual: 0 }, { ...again, sequence: 5 })
    expect(learner.correction('a', z)).toBeCloseTo(other.correction('a', z), 12)
    expect(learner.withdraw('a', b, 6)).toBe(false)
    expect(learner.withdraw('never heard', b, 7)).toBe(false)
    expect(learner.sequence).toBe(7)
  })

  test('without labels: no correction, and the prior of its kind', () => {
    const learner = new ResidualLearner(options)
    const z = Float64Array.of(1, 2, 0)
    expect(learner.correction('a', z)).toBe(0)
    expect(learner.uncertainty('a', z)).toBeCloseTo(Math.sqrt(0.25 + 4 * 0.0625), 12)
    expect(learner.uncertainty('new', z)).toBeCloseTo(Math.sqrt(1 + 4 * 0.25), 12)
  })

  test('labels of one LLM leave the others as they were', () => {
    const learner = new ResidualLearner(options)
    const z = Float64Array.of(1, 0.5, 0.5)
    const before = learner.uncertainty('b', z)
    for (const label of observations(10, 1)) learner.observe('a', label)
    expect(learner.correction('b', z)).toBe(0)
    expect(learner.uncertainty('b', z)).toBe(before)
  })

  test('old evidence fades into the prior, never below it', () => {
    const learner = new ResidualLearner(options)
    const strong = { features: Float64Array.of(1, 0, 0), residual: 0.4, noiseVariance: 0.01 }
    learner.observe('a', { ...strong, sequence: 1 })
    for (let i = 2; i < 300; i++) {
      learner.observe('a', { sequence: i, features: Float64Array.of(1, 0, 0), residual: 0, noiseVariance: 1e9 })
    }
    const z = Float64Array.of(1, 0, 0)
    expect(learner.correction('a', z)).toBeCloseTo(0, 6)
    expect(learner.uncertainty('a', z)).toBeCloseTo(0.5, 6)
  })

  test('a revision leaves the state that the later word alone would have left', () => {
    const labels = observations(20, 3)
    const revised = { ...labels[12]!, residual: -0.7, sequence: 21 }
    const changed = new ResidualLearner(options)
    for (const label of labels) changed.observe('a', label)
    changed.revise('a', labels[12]!, revised)
    const direct = new ResidualLearner(options)
    labels.forEach((label, i) => {
      direct.observe('a', i === 12 ? { ...label, residual: -0.7 } : label)
    })
    const z = Float64Array.of(1, -0.3, 0.8)
    expect(changed.correction('a', z)).toBeCloseTo(direct.correction('a', z), 10)
    expect(changed.uncertainty('a', z)).toBeCloseTo(direct.uncertainty('a', z), 10)
    expect(changed.sequence).toBe(21)
    changed.revise('a', revised, { ...labels[12]!, sequence: 22 })
    const original = new ResidualLearner(options)
    for (const label of labels) original.observe('a', label)
    expect(changed.correction('a', z)).toBeCloseTo(original.correction('a', z), 10)
  })

  test('a revision of what was never learned is a new observation', () => {
    const labels = observations(3, 5)
    const learner = new ResidualLearner(options)
    learner.observe('a', labels[0]!)
    learner.revise('a', labels[1]!, labels[2]!)
    const direct = new ResidualLearner(options)
    direct.observe('a', labels[0]!)
    direct.observe('a', labels[2]!)
    expect(learner.snapshot()).toStrictEqual(direct.snapshot())
  })

  test('the first anchor holds, over snapshots too', () => {
    const learner = new ResidualLearner(options)
    expect(learner.anchorOf('new')).toBeUndefined()
    expect(learner.anchor('new', 0.6)).toBe(0.6)
    expect(learner.anchor('new', 0.9)).toBe(0.6)
    expect(ResidualLearner.restore(learner.snapshot(), options).anchorOf('new')).toBe(0.6)
  })

  test('a restored state obeys the options of today', () => {
    const learner = new ResidualLearner(options)
    for (const label of observations(10, 2)) learner.observe('a', label)
    const z = Float64Array.of(1, 0, 0)
    const tighter = { ...options, priors: new Map([['a', { level: 0.01, slope: 0.01 }]]) }
    expect(ResidualLearner.restore(learner.snapshot(), tighter).uncertainty('a', z)).toBeLessThan(0.01)
    expect(() => ResidualLearner.restore(learner.snapshot(), { ...options, dimension: 4 })).toThrow(/expected 4/)
  })

  test('law: a snapshot taken anywhere continues bit for bit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.integer(), (cut, seed) => {
        const labels = observations(40, seed)
        const straight = new ResidualLearner(options)
        let broken = new ResidualLearner(options)
        labels.forEach((label, i) => {
          const llm = i % 3 === 0 ? 'b' : 'a'
          straight.observe(llm, label)
          if (i === cut) broken = ResidualLearner.restore(broken.snapshot(), options)
          broken.observe(llm, label)
        })
        expect(broken.snapshot()).toStrictEqual(straight.snapshot())
        const z = Float64Array.of(1, 0.1, -0.2)
        expect(broken.correction('a', z)).toBe(straight.correction('a', z))
        expect(broken.uncertainty('b', z)).toBe(straight.uncertainty('b', z))
      }),
      { numRuns: 30 },
    )
  })

  describe('that watches for changes', () => {
    const watching: ResidualLearnerOptions = {
      ...options,
      dimension: 1,
      discount: 1,
      priors: new Map([['a', { level: 0.01, slope: 0.01 }]]),
      changes: { allowance: 0.25, threshold: 5 },
      changedPrior: { level: 1, slope: 1 },
    }
    const z = Float64Array.of(1)
    const label = (sequence: number, residual: number) => ({ sequence, features: z, residual, noiseVariance: 0.01 })

    test('hand-worked: after an alarm the level is that of the labels since the change, at half their weight', () => {
      const learner = new ResidualLearner(watching)
      for (let i = 1; i <= 50; i++) expect(learner.observe('a', label(i, 0)).alarm).toBeUndefined()
      const before = learner.uncertainty('a', z)
      // Each is about −1.5 standard deviations, 1.25 beyond the allowance: the fifth passes 5 as the level gives in but slowly.
      const alarms = [51, 52, 53, 54, 55, 56].flatMap((i) => learner.observe('a', label(i, -0.15)).alarm ?? [])
      expect(alarms).toEqual([
        { llm: 'a', sequence: 55, direction: 'down', residual: expect.closeTo(-0.15, 9) as number },
      ])
      expect(learner.alarms).toEqual(alarms)
      expect(learner.isChanged('a')).toBe(true)
      expect(learner.settledCount('a')).toBe(1)
      // A = 1 + ½·5·100 + 100, b = −.15·(½·5·100 + 100).
      expect(learner.correction('a', z)).toBeCloseTo((-0.15 * 350) / 351, 9)
      expect(learner.uncertainty('a', z)).toBeCloseTo(Math.sqrt(1 / 351), 9)
      expect(learner.uncertainty('a', z)).toBeGreaterThan(before)
    })

    test('goes on bit for bit from a snapshot, alarms and all; answers from before the change are new words', () => {
      const straight = new ResidualLearner(watching)
      let broken = new ResidualLearner(watching)
      for (let i = 1; i <= 40; i++) {
        if (i % 7 === 0) broken = ResidualLearner.restore(broken.snapshot(), watching)
        for (const learner of [straight, broken]) learner.observe('a', label(i, i < 20 ? 0.01 : -0.2))
      }
      expect(straight.alarms).toHaveLength(1)
      expect(broken.snapshot()).toStrictEqual(straight.snapshot())
      straight.revise('a', label(3, 0.01), label(41, -0.1))
      broken.observe('a', label(41, -0.1))
      expect(broken.correction('a', z)).toBe(straight.correction('a', z))
    })

    test('a revision takes back the weight that was given, whatever its source counts for now', () => {
      const learner = new ResidualLearner(watching)
      learner.observe('a', label(1, 0.05))
      learner.revise('a', { ...label(1, 0.05), noiseVariance: 1e-9 }, label(2, 0.03))
      const direct = new ResidualLearner(watching)
      direct.observe('a', label(1, 0.03))
      expect(learner.correction('a', z)).toBeCloseTo(direct.correction('a', z), 12)
      expect(learner.uncertainty('a', z)).toBeCloseTo(direct.uncertainty('a', z), 12)
    })

    test('words taken back for worse ones raise the alarm that they would have raised at once', () => {
      const learner = new ResidualLearner(watching)
      const about = (sequence: number, residual: number) => ({
        ...label(sequence, residual),
        decision: `d${sequence % 30}`,
      })
      for (let i = 1; i <= 30; i++) learner.observe('a', about(i, 0))
      const alarms = Array.from({ length: 30 }, (_, i) =>
        learner.revise('a', about(i + 1, 0), { ...about(i + 1, -0.9), sequence: 31 + i }),
      ).flatMap(({ alarm }) => alarm ?? [])
      expect(alarms[0]).toMatchObject({ llm: 'a', direction: 'down' })
      expect(alarms[0]!.sequence).toBeLessThan(40)
    })

    test('a source that agrees better than declared does not make alarms of what is normal elsewhere', () => {
      const served = { ...watching, discount: 0.997, changes: defaultChangeDetection }
      for (const quality of [0.5, 0.7, 0.85, 0.9]) {
        const random = new SeededRandom(13)
        const learner = new ResidualLearner(served)
        const variance = quality * (1 - quality)
        for (let i = 1; i <= 20_000; i++) {
          const residual = (random.next() < quality ? 1 : 0) - quality
          learner.observe('a', { ...label(i, residual), noiseVariance: 0.5 * variance, noiseRatio: 0.5 })
        }
        expect(learner.alarms.length).toBeLessThanOrEqual(1)
      }
    })

    test('a source that contradicts everybody has less of a say in alarms', () => {
      const labelsToAlarm = (noiseRatio: number) => {
        const learner = new ResidualLearner(watching)
        for (let i = 1; i <= 200; i++) {
          if (learner.observe('a', { ...label(i, -0.5), noiseRatio }).alarm !== undefined) return i
        }
        return 201
      }
      expect(labelsToAlarm(4)).toBeGreaterThan(2 * labelsToAlarm(1))
    })

    test('a state from before there were alarms is read', () => {
      const learner = new ResidualLearner({ ...watching, changes: undefined })
      for (let i = 1; i <= 5; i++) learner.observe('a', label(i, 0.1))
      const { alarms: _, ...state } = learner.snapshot() as unknown as Record<string, unknown>
      const [saved] = state.llms as readonly Record<string, unknown>[]
      const { weights: _w, changed: _c, forgotten: _f, revisableFrom: _r, detector: _d, ...older } = saved!
      const first = { ...state, formatVersion: 1, llms: [older] } as unknown as SnapshotData
      const restored = ResidualLearner.restore(first, watching)
      expect(restored.correction('a', z)).toBe(learner.correction('a', z))
      expect(restored.isChanged('a')).toBe(false)
      expect(restored.settledCount('a')).toBe(5)
    })
  })

  test('refuses what it cannot learn from or read', () => {
    const learner = new ResidualLearner(options)
    const label = { sequence: 1, features: Float64Array.of(1), residual: 0, noiseVariance: 1 }
    expect(() => learner.observe('a', label)).toThrow(/expected 3/)
    const wild = { ...label, features: Float64Array.of(1, 0, 0), residual: Number.NaN }
    expect(() => learner.observe('a', wild)).toThrow(/finite/)
    expect(() => learner.observe('a', { ...wild, residual: 0, noiseVariance: 0 })).toThrow(/noise variance/)
    expect(learner.labelCount('a')).toBe(0)
    expect(() => ResidualLearner.restore({ formatVersion: 9, kind: 'residual' }, options)).toThrow(/another version/)
    expect(() => new ResidualLearner({ ...options, discount: 0 })).toThrow(/discount/)
    expect(() => new ResidualLearner({ ...options, unlistedPrior: { level: 0, slope: 1 } })).toThrow(/deviations/)
  })
})

function directSums(labels: ReturnType<typeof observations>) {
  const a = [4, 0, 0, 0, 16, 0, 0, 0, 16]
  const b = [0, 0, 0]
  labels.forEach(({ features, residual, noiseVariance }, i) => {
    const weight = options.discount ** (labels.length - 1 - i) / noiseVariance
    for (let r = 0; r < 3; r++) {
      b[r]! += weight * features[r]! * residual
      for (let c = 0; c < 3; c++) a[3 * r + c]! += weight * features[r]! * features[c]!
    }
  })
  return { a, b: Float64Array.from(b) }
}

/** By cofactors: nothing in common with the factorisation under test. */
function invert3(m: number[]): number[] {
  const [a, b, c, d, e, f, g, h, i] = m as [number, number, number, number, number, number, number, number, number]
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
  const adjugate = [e * i - f * h, c * h - b * i, b * f - c * e, f * g - d * i, a * i - c * g, c * d - a * f]
  return [...adjugate, d * h - e * g, b * g - a * h, a * e - b * d].map((value) => value / determinant)
}

function multiply(m: number[], v: Float64Array): Float64Array {
  return Float64Array.from([0, 1, 2], (r) => m[3 * r]! * v[0]! + m[3 * r + 1]! * v[1]! + m[3 * r + 2]! * v[2]!)
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0)
}
