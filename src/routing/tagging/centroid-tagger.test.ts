import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextNormal, SeededRandom } from '../numeric/random-source.ts'
import { CentroidTagger } from './centroid-tagger.ts'

const context = (...embedding: number[]) => ({
  embedderId: 'test',
  embedding: Float32Array.from(embedding),
  explicit: new Float32Array(0),
})

/** `count` unit vectors of dimension 3 around three axes, and the axis of each. */
function threeGroups(count: number, seed: number, noise: number) {
  const random = new SeededRandom(seed)
  const embeddings = new Float32Array(count * 3)
  const tagsOf: string[][] = []
  for (let row = 0; row < count; row++) {
    const axis = row % 3
    const vector = [0, 1, 2].map((j) => (j === axis ? 1 : 0) + noise * nextNormal(random))
    const norm = Math.hypot(...vector)
    embeddings.set(
      vector.map((value) => value / norm),
      row * 3,
    )
    tagsOf.push([`axis-${axis}`])
  }
  return { embeddings, tagsOf }
}

describe('CentroidTagger', () => {
  it('takes the unit mean of a tag’s prompts, and softmax of cosine over T', () => {
    // Tag a: (1,0) and (0,1), centroid (√½, √½); tag b: (0,1).
    const tagger = CentroidTagger.fit(Float32Array.of(1, 0, 0, 1), 2, [['a'], ['a', 'b']], { temperature: 0.5 })
    const posterior = new Float64Array(2)
    tagger.posterior(Float32Array.of(0, 1), posterior)
    const a = Math.exp(Math.SQRT1_2 / 0.5)
    const b = Math.exp(1 / 0.5)
    expect(posterior[0]).toBeCloseTo(a / (a + b), 12)
    expect(posterior[1]).toBeCloseTo(b / (a + b), 12)
    expect(tagger.tag('', context(0, 1)).map(({ name }) => name)).toEqual(['b', 'a'])
  })

  it('tunes T: small where groups are clear, large where tags are noise', () => {
    const clear = threeGroups(150, 1, 0.05)
    const noisy = threeGroups(150, 2, 3)
    const sharp = CentroidTagger.fit(clear.embeddings, 3, clear.tagsOf)
    const flat = CentroidTagger.fit(noisy.embeddings, 3, noisy.tagsOf)
    expect(sharp.temperature).toBeLessThan(0.1)
    expect(flat.temperature).toBeGreaterThan(sharp.temperature)
    expect(sharp.tag('', context(0, 1, 0))).toEqual([{ name: 'axis-1', confidence: expect.closeTo(1, 2) }])
  })

  it('gives no tag below the least confidence', () => {
    const { embeddings, tagsOf } = threeGroups(30, 3, 0.1)
    const tagger = CentroidTagger.fit(embeddings, 3, tagsOf, { temperature: 100, leastConfidence: 0.5 })
    expect(tagger.tag('', context(1, 0, 0))).toEqual([])
  })

  it('is a distribution for any vector', () => {
    const { embeddings, tagsOf } = threeGroups(60, 4, 0.3)
    const tagger = CentroidTagger.fit(embeddings, 3, tagsOf)
    const posterior = new Float64Array(3)
    fc.assert(
      fc.property(fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }), (vector) => {
        tagger.posterior(Float32Array.from(vector), posterior)
        expect(posterior.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9)
      }),
    )
    tagger.posterior(new Float32Array(3), posterior)
    for (const share of posterior) expect(share).toBeCloseTo(1 / 3, 12)
  })

  it('restores to the same bits, and refuses another format', () => {
    const { embeddings, tagsOf } = threeGroups(60, 5, 0.3)
    const tagger = CentroidTagger.fit(embeddings, 3, tagsOf)
    const restored = CentroidTagger.restore(structuredClone(tagger.snapshot()))
    expect(restored.tag('', context(0.6, 0.8, 0))).toEqual(tagger.tag('', context(0.6, 0.8, 0)))
    expect(restored.snapshot()).toEqual(tagger.snapshot())
    expect(() => CentroidTagger.restore({ formatVersion: 2, kind: 'centroid-tagger' })).toThrowError(
      expect.objectContaining({ code: 'unknown_snapshot_format' }),
    )
  })

  it('refuses prompts without any tag, and vectors of another size', () => {
    expect(() => CentroidTagger.fit(new Float32Array(4), 2, [[], []])).toThrowError(
      expect.objectContaining({ code: 'invalid_option' }),
    )
    expect(() => CentroidTagger.fit(new Float32Array(3), 2, [['a']])).toThrowError(
      expect.objectContaining({ code: 'dimension_mismatch' }),
    )
  })
})
