import { describe, expect, test } from 'vitest'
import { nextNormal, SeededRandom } from '../numeric/random-source.ts'
import { defaultSourceNoise, SourceNoise } from './source-noise.ts'

describe('SourceNoise', () => {
  test('hand-worked: shrunk to 1, discounted by the source’s own labels', () => {
    const noise = new SourceNoise({ priorLabels: 4, discount: 0.5 })
    expect(noise.ratio('judge')).toBe(1)
    noise.observe('judge', 0.4, 0.1)
    expect(noise.ratio('judge')).toBeCloseTo((4 + 4) / 5, 12)
    noise.observe('user', 0.1, 0.1)
    noise.observe('judge', 0.1, 0.1)
    expect(noise.ratio('judge')).toBeCloseTo((4 + 2 + 1) / (4 + 1.5), 12)
    expect(noise.ratio('user')).toBe(1)
  })

  test('what counts for a part of a label says that part of its source', () => {
    const noise = new SourceNoise({ priorLabels: 4, discount: 0.5 })
    noise.observe('judge', 0.4, 0.1, 0.5)
    expect(noise.ratio('judge')).toBeCloseTo((4 + 0.5 * 4) / 4.5, 12)
  })

  test('finds a source’s variance within a quarter, and stays within its bounds', () => {
    const random = new SeededRandom(2)
    const noise = new SourceNoise()
    for (let i = 0; i < 3000; i++) {
      noise.observe('noisy', 4 * nextNormal(random) ** 2, 1)
      noise.observe('sure', 0, 1)
      noise.observe('wild', 1e12, 1)
    }
    expect(Math.abs(noise.ratio('noisy') / 4 - 1)).toBeLessThan(0.25)
    expect(noise.ratio('sure')).toBe(0.5)
    expect(noise.ratio('wild')).toBeLessThanOrEqual(10)
  })

  test('names from callers take no more than their share of memory, and no place from those often heard', () => {
    const noise = new SourceNoise()
    for (let i = 0; i < 50; i++) noise.observe('judge', 4, 1)
    const learned = noise.ratio('judge')
    for (let i = 0; i < 10_000; i++) noise.observe(`source ${i}`, 2, 1)
    const { sources } = noise.snapshot() as { sources: readonly unknown[] }
    expect(sources.length).toBe(256)
    expect(noise.ratio('judge')).toBe(learned)
    expect(noise.ratio('never heard')).toBe(1)
  })

  test('restores bit for bit, and refuses another format', () => {
    const noise = new SourceNoise()
    for (let i = 0; i < 9; i++) noise.observe(i % 2 === 0 ? 'a' : 'b', i / 7, 1)
    const restored = SourceNoise.restore(noise.snapshot(), defaultSourceNoise)
    expect(restored.ratio('a')).toBe(noise.ratio('a'))
    expect(restored.snapshot()).toEqual(noise.snapshot())
    expect(() => SourceNoise.restore({ formatVersion: 9, kind: 'source-noise' }, defaultSourceNoise)).toThrow()
    expect(() => new SourceNoise({ priorLabels: 0, discount: 1 })).toThrow(/priorLabels/)
  })
})
