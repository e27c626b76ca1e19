import { describe, expect, test } from 'vitest'
import { nextNormal, SeededRandom } from '../numeric/random-source.ts'
import { ChangeDetector, type ChangeDetectorOptions, defaultChangeDetection } from './change-detector.ts'

const options: ChangeDetectorOptions = { allowance: 0.5, threshold: 3 }

/** Observations until the first alarm, or `most`. */
function runLength(random: SeededRandom, shift: number, watched: ChangeDetectorOptions, most: number): number {
  const detector = new ChangeDetector(watched)
  for (let i = 1; i <= most; i++) {
    const x = nextNormal(random) + shift
    if (detector.observe(x, x, 1) !== undefined) return i
  }
  return most
}

describe('ChangeDetector', () => {
  test('hand-worked: evidence gathers, is forgotten at 0, and raises an alarm with what came since', () => {
    const detector = new ChangeDetector(options)
    // g⁻: .5, then 0 (and all before is forgotten), 1.5, 1.5 + 1 = 2.5, 2.5 + 1.5 = 4 > 3.
    expect(detector.observe(-1, -9, 1)).toBeUndefined()
    expect(detector.observe(0.4, -9, 1)).toBeUndefined()
    expect(detector.observe(-2, -0.2, 1)).toBeUndefined()
    expect(detector.observe(-1.5, -0.4, 2)).toBeUndefined()
    const alarm = detector.observe(-2, -0.6, 1)
    expect(alarm?.direction).toBe('down')
    expect(alarm?.weight).toBe(4)
    expect(alarm?.mean).toBeCloseTo((-0.2 - 0.8 - 0.6) / 4, 12)
    // It starts anew.
    expect(detector.observe(-2, 0, 1)).toBeUndefined()
    expect(detector.observe(-2, 0, 1)).toBeUndefined()
    expect(detector.observe(-2, 0, 1)?.direction).toBe('down')
  })

  test('one wild observation counts as two standard deviations', () => {
    const detector = new ChangeDetector(options)
    expect(detector.observe(1e9, 1, 1)).toBeUndefined()
    expect(detector.observe(1e9, 1, 1)).toBeUndefined()
    expect(detector.observe(1e9, 1, 1)?.direction).toBe('up')
  })

  test('however many words are said on one decision, they count as one', () => {
    const detector = new ChangeDetector(defaultChangeDetection)
    for (let i = 0; i < 500; i++)
      expect(detector.observe(-9, -1, 1, { decision: `decision ${i % 11}` })).toBeUndefined()
    const alarm = detector.observe(-9, -1, 1, { decision: 'a twelfth' })
    expect(alarm).toEqual({ direction: 'down', weight: 12, mean: -1 })
  })

  test('whoever speaks alone against the others raises no alarm; two who agree do', () => {
    const say = (voices: readonly [string, number][], rounds: number) => {
      const detector = new ChangeDetector(defaultChangeDetection)
      for (let i = 0; i < rounds; i++) {
        for (const [voice, x] of voices) if (detector.observe(x, x, 1, { voice }) !== undefined) return i
      }
      return undefined
    }
    expect(say([['liar', -2]], 100)).toBeDefined()
    // A liar five times as loud as who is content.
    const loud = Array.from({ length: 5 }, (): [string, number] => ['liar', -2])
    expect(say([...loud, ['honest', 0.3]], 1000)).toBeUndefined()
    const agreed = say(
      [
        ['a', -1],
        ['b', -1],
      ],
      100,
    )
    // 2 · .75 a round passes 20 in the 14th, and without either 10 then too.
    expect(agreed).toBe(13)
  })

  test('simulated: false alarms on normal noise as Siegmund has it, within a factor of 2', () => {
    // One side: (e^{2kb} − 2kb − 1)/(2k²), b = h + 1.166; k = .5, h = 3: 119 (exactly 118); both sides: half.
    const random = new SeededRandom(17)
    const lengths = Array.from({ length: 2000 }, () => runLength(random, 0, options, 5000))
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length
    // Steps are cut at 2, which makes alarms rarer.
    expect(mean).toBeGreaterThan(50)
    expect(mean).toBeLessThan(120)
  })

  test('simulated, as served: no false alarm in 10,000 in nine of ten streams; a shift of 1 is noticed within 50', () => {
    const random = new SeededRandom(23)
    let alarms = 0
    for (let i = 0; i < 50; i++) if (runLength(random, 0, defaultChangeDetection, 10_000) < 10_000) alarms++
    expect(alarms).toBeLessThanOrEqual(5)
    const delays = Array.from({ length: 200 }, () => runLength(random, -1, defaultChangeDetection, 1000))
    expect(delays.toSorted((a, b) => a - b)[180]).toBeLessThanOrEqual(50)
  })

  test('goes on bit for bit from a snapshot', () => {
    const random = new SeededRandom(5)
    const detector = new ChangeDetector(options)
    for (let i = 0; i < 20; i++)
      detector.observe(nextNormal(random), i, 1, { decision: `d${i % 7}`, voice: `k${i % 3}` })
    const restored = ChangeDetector.restore(detector.snapshot(), options)
    for (let i = 0; i < 200; i++) {
      const x = nextNormal(random)
      const word = { decision: `d${i % 9}`, voice: `k${i % 4}` }
      expect(restored.observe(x, x, 0.3, word)).toEqual(detector.observe(x, x, 0.3, word))
    }
    expect(restored.snapshot()).toEqual(detector.snapshot())
    expect(() => ChangeDetector.restore({ formatVersion: 2, kind: 'change-detector' }, options)).toThrow()
  })

  test('refuses options out of range', () => {
    expect(() => new ChangeDetector({ allowance: 0, threshold: 1 })).toThrow(/allowance/)
    expect(() => new ChangeDetector({ allowance: 1, threshold: Number.NaN })).toThrow(/threshold/)
  })
})
