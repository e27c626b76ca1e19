import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SnapshotData } from '../policy-store.ts'
import { fitHashedNgramEmbedder } from './fit-hashed-ngram-embedder.ts'
import { HashedNgramEmbedder } from './hashed-ngram-embedder.ts'

/** Any UTF-16 code units, lone surrogates and NUL among them; half of each text is ASCII. */
const anyString = fc
  .array(fc.oneof(fc.nat(0x7f), fc.nat(0xffff)), { maxLength: 200 })
  .map((codeUnits) => String.fromCharCode(...codeUnits))

const texts = [
  'Write a Python function that sorts a list of numbers',
  'Write a Python function that reverses a list of strings',
  'Write a function in Python that counts words in a list',
  'Which planet of the solar system is the largest?',
  'Which planet of the solar system has the most moons?',
  'How many moons has the planet Mars in the solar system?',
]

const fitted = await fitHashedNgramEmbedder(texts, { seed: 1, dimension: 16 })

describe.each([
  ['unfitted', new HashedNgramEmbedder()],
  ['fitted', fitted],
])('%s', (_, embedder) => {
  test('gives a unit vector of its dimension for any string, the same each time', () => {
    fc.assert(
      fc.property(anyString, (text) => {
        const embedding = embedder.embed(text)
        const norm = Math.hypot(...embedding)
        expect(embedding).toHaveLength(embedder.dimension)
        expect(norm === 0 || Math.abs(norm - 1) < 1e-6, `norm ${norm}`).toBe(true)
        expect(embedder.embed(text).every((entry, i) => entry === embedding[i])).toBe(true)
      }),
      { seed: 1, numRuns: 50 },
    )
    expect(Math.hypot(...embedder.embed(texts[0]!))).toBeCloseTo(1, 6)
  })

  test('a text without features is all zeros', () => {
    for (const text of ['', '   ', '\u0000']) expect(embedder.embed(text)).toEqual(new Float32Array(embedder.dimension))
  })

  test.each([
    ['lone surrogates', '\ud800 \udfff a list'],
    ['NUL', 'a\u0000list'],
    ['right to left', 'כמה ירחים יש ל-Mars? a list'],
    ['no spaces', 'solarsystem'.repeat(400)],
    ['one megabyte', 'which planet? '.repeat(75_000)],
  ])('takes %s', (_name, text) => {
    expect(Math.hypot(...embedder.embed(text))).toBeCloseTo(1, 6)
  })

  test('only the last 6,000 characters count', () => {
    const end = 'which planet has a list of moons '.repeat(200).slice(-6000)
    expect(embedder.embed(`${'python function '.repeat(1000)}${end}`)).toEqual(embedder.embed(end))
  })

  test('similar texts lie closer than others', () => {
    const [python, otherPython, , planet] = texts.map((text) => embedder.embed(text))
    const similarity = (a: Float32Array, b: Float32Array): number => a.reduce((sum, entry, i) => sum + entry * b[i]!, 0)
    expect(similarity(python!, otherPython!)).toBeGreaterThan(similarity(python!, planet!) + 0.2)
  })

  test('the result belongs to the caller', () => {
    const first = embedder.embed(texts[0]!)
    const copy = first.slice()
    embedder.embed(texts[3]!)
    expect(first).toEqual(copy)
  })

  test('a restored embedder gives bit-identical vectors', () => {
    const snapshot: SnapshotData = embedder.snapshot()
    const restored = HashedNgramEmbedder.restore(structuredClone(snapshot))
    expect(restored.id).toBe(embedder.id)
    for (const text of [...texts, 'something new: 数学 😀']) expect(restored.embed(text)).toEqual(embedder.embed(text))
  })
})

describe('id', () => {
  test('says that nothing is fitted', () => {
    expect(new HashedNgramEmbedder().id).toBe('hashed-ngram-64-unfitted-v1')
    expect(new HashedNgramEmbedder({ dimension: 32 }).id).toBe('hashed-ngram-32-unfitted-v1')
  })

  test('changes with the projection and with nothing else', async () => {
    expect(fitted.id).toMatch(/^hashed-ngram-16-[0-9a-f]{8}$/)
    expect((await fitHashedNgramEmbedder(texts, { seed: 1, dimension: 16 })).id).toBe(fitted.id)
    expect((await fitHashedNgramEmbedder(texts.slice(1), { seed: 1, dimension: 16 })).id).not.toBe(fitted.id)
    const { fitted: ngrams } = fitted.snapshot()
    const entries = ngrams!.entries.slice()
    entries[5]! ^= 1
    expect(new HashedNgramEmbedder({ dimension: 16, fitted: { ...ngrams!, entries } }).id).not.toBe(fitted.id)
  })
})

// Vectors are stored with decisions under these ids: a change here needs a new hash version.
test('unfitted vectors stay what they are', () => {
  const embedding = new HashedNgramEmbedder({ dimension: 8 }).embed('Which planet is the largest? 数 😀')
  expect([...embedding].map((entry) => Math.round(entry * 1e4) / 1e4)).toMatchInlineSnapshot(`
    [
      -0.2491,
      -0.076,
      0.1532,
      0.5928,
      -0.2864,
      0.4969,
      -0.3824,
      -0.2864,
    ]
  `)
})

describe('refuses', () => {
  test.each([0, 7, 12.5, 60, 1024, Number.NaN])('a dimension of %d', (dimension) => {
    expect(() => new HashedNgramEmbedder({ dimension })).toThrow(expect.objectContaining({ code: 'invalid_option' }))
  })

  const snapshot = fitted.snapshot()
  test.each<[string, SnapshotData]>([
    ['nothing', null],
    ['a list', []],
    ['an array of bytes', new Uint8Array(4)],
    ['another format version', { ...snapshot, formatVersion: 2 }],
    ['another kind', { ...snapshot, kind: 'onnx' }],
    ['another hash', { ...snapshot, hashVersion: 2 }],
    ['a missing dimension', { ...snapshot, dimension: undefined }],
    ['a missing projection', { ...snapshot, fitted: undefined }],
    ['an array of another type', { ...snapshot, fitted: { ...snapshot.fitted, idf: new Float64Array(3) } }],
  ])('a snapshot that is %s', (_name, data) => {
    expect(() => HashedNgramEmbedder.restore(data)).toThrow(
      expect.objectContaining({ code: 'unknown_snapshot_format' }),
    )
  })

  const ngrams = snapshot.fitted!
  test.each([
    ['arrays of different lengths', { ...ngrams, idf: ngrams.idf.slice(1) }, 'dimension_mismatch'],
    ['entries of another dimension', { ...ngrams, entries: ngrams.entries.slice(16) }, 'dimension_mismatch'],
    ['features out of order', { ...ngrams, features: ngrams.features.toReversed() }, 'dimension_mismatch'],
    ['features out of range', { ...ngrams, features: ngrams.features.with(-1, 1 << 17) }, 'dimension_mismatch'],
    ['a scale that is not finite', { ...ngrams, scales: ngrams.scales.with(0, Number.NaN) }, 'not_finite'],
  ])('%s', (_name, broken, code) => {
    const restore = () => HashedNgramEmbedder.restore({ ...snapshot, fitted: broken })
    expect(restore).toThrow(expect.objectContaining({ code }))
  })
})
