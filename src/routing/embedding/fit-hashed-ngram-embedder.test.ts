import { expect, test } from 'vitest'
import { SeededRandom } from '../numeric/random-source.ts'
import { symmetricEigen } from '../numeric/symmetric-eigen.ts'
import { fitHashedNgramEmbedder } from './fit-hashed-ngram-embedder.ts'

/** Cosine of unit vectors. */
function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, entry, i) => sum + entry * b[i]!, 0)
}

/** Sentences from two small vocabularies with a shared third. */
function makeTexts(count: number): readonly string[] {
  const random = new SeededRandom(11)
  const topics = ['matrix vector proof lemma integral theorem', 'recipe onion butter garlic oven simmer']
  const shared = 'please explain with some detail and then the next step'.split(' ')
  return Array.from({ length: count }, (_, i) => {
    const topic = topics[i % 2]!.split(' ')
    const pick = (words: readonly string[]): string => words[Math.floor(random.next() * words.length)]!
    return Array.from({ length: 12 }, () => pick(random.next() < 0.5 ? topic : shared)).join(' ')
  })
}

/** The same weighting written the plain way: strings for features, Maps for counts. */
function referenceWeights(texts: readonly string[]): readonly ReadonlyMap<string, number>[] {
  const blocks = texts.map((text) => {
    const tokens = text.split(' ')
    const trigrams = tokens.flatMap((token) => Array.from(token, (_, i) => ` ${token} `.slice(i, i + 3)))
    return [countOf(tokens, 'word '), countOf(trigrams, 'trigram ')]
  })
  const frequency = new Map<string, number>()
  for (const feature of blocks.flat().flatMap((counts) => [...counts.keys()])) {
    frequency.set(feature, (frequency.get(feature) ?? 0) + 1)
  }
  const idf = (feature: string): number => Math.log((1 + texts.length) / (1 + frequency.get(feature)!)) + 1
  return blocks.map((block) => {
    const normalised = block.flatMap((counts) => {
      const kept = [...counts].filter(([feature]) => frequency.get(feature)! >= 2)
      const weighted = kept.map(([feature, count]) => [feature, Math.log1p(count) * idf(feature)] as const)
      const norm = Math.hypot(...weighted.map(([, weight]) => weight))
      return weighted.map(([feature, weight]) => [feature, weight / norm] as const)
    })
    return new Map(normalised)
  })
}

function countOf(features: readonly string[], prefix: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const feature of features) counts.set(prefix + feature, (counts.get(prefix + feature) ?? 0) + 1)
  return counts
}

/** LSA from the exact eigenvectors of XXᵀ: row i of UΣ, leading `rank` columns, scaled to norm 1. */
function referenceEmbeddings(texts: readonly string[], rank: number): readonly Float32Array[] {
  const weights = referenceWeights(texts)
  const n = texts.length
  const products = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      for (const [feature, weight] of weights[i]!) products[i * n + j]! += weight * (weights[j]!.get(feature) ?? 0)
    }
  }
  const { values, vectors } = symmetricEigen(products, n)
  return texts.map((_, i) => {
    const row = Float64Array.from({ length: rank }, (_value, k) => vectors[i * n + k]! * Math.sqrt(values[k]!))
    const norm = Math.hypot(...row)
    return Float32Array.from(row, (entry) => entry / norm)
  })
}

test('agrees with exact LSA of plainly counted words and 3-grams, up to quantisation', async () => {
  const texts = makeTexts(40)
  const embedder = await fitHashedNgramEmbedder(texts, { seed: 5, dimension: 8 })
  const ours = texts.map((text) => embedder.embed(text))
  const reference = referenceEmbeddings(texts, 8)
  let worst = 0
  for (let i = 0; i < texts.length; i++) {
    for (let j = 0; j < i; j++) {
      const expected = dot(reference[i]!, reference[j]!)
      worst = Math.max(worst, Math.abs(dot(ours[i]!, ours[j]!) - expected))
    }
  }
  expect(worst).toBeLessThan(0.02)
})

test('texts of one topic lie together, new ones too', async () => {
  const embedder = await fitHashedNgramEmbedder(makeTexts(60), { seed: 5, dimension: 8 })
  const proof = embedder.embed('a proof of the integral theorem')
  const sameTopic = dot(proof, embedder.embed('explain the matrix lemma'))
  const otherTopic = dot(proof, embedder.embed('simmer the onion and garlic'))
  expect(sameTopic).toBeGreaterThan(otherTopic + 0.3)
})

test('keeps features found in enough texts, the most frequent first, at most as many as allowed', async () => {
  const texts = ['common rare', 'common other', 'common other', 'common']
  const featuresOf = async (options: { minimumTexts?: number; maximumFeatures?: number }): Promise<number> => {
    const embedder = await fitHashedNgramEmbedder(texts, { seed: 1, dimension: 8, ...options })
    return embedder.snapshot().fitted!.features.length
  }
  // Words: common, other. 3-grams: 6 of common, 5 of other.
  expect(await featuresOf({})).toBe(2 + 6 + 5)
  expect(await featuresOf({ minimumTexts: 3 })).toBe(1 + 6)
  expect(await featuresOf({ minimumTexts: 1 })).toBe(3 + 6 + 5 + 4)
  expect(await featuresOf({ maximumFeatures: 7 })).toBe(7)
})

test('fewer texts than dimensions leave the rest zero', async () => {
  const embedder = await fitHashedNgramEmbedder(['red green', 'red green blue', 'green blue'], {
    seed: 1,
    dimension: 16,
  })
  const embedding = embedder.embed('red blue')
  expect(Math.hypot(...embedding)).toBeCloseTo(1, 6)
  expect([...embedding.subarray(3)].every((entry) => entry === 0)).toBe(true)
})

test('reports progress that grows to its total', async () => {
  const reported: number[] = []
  const totals = new Set<number>()
  await fitHashedNgramEmbedder(makeTexts(20), {
    seed: 1,
    onProgress: (done, total) => {
      reported.push(done)
      totals.add(total)
    },
  })
  expect(reported).toEqual(reported.toSorted((a, b) => a - b))
  expect([...totals]).toEqual([reported.at(-1)])
})

test('pauses often, between its reports too, and fits the same', async () => {
  const texts = makeTexts(100)
  const events: string[] = []
  const paused = await fitHashedNgramEmbedder(texts, {
    seed: 1,
    onProgress: () => events.push('report'),
    pause: async () => {
      events.push('pause')
    },
  })
  expect(events.join(' ')).not.toContain('report report')
  expect(events.filter((event) => event === 'pause').length).toBeGreaterThan(100)
  expect(paused.snapshot()).toEqual((await fitHashedNgramEmbedder(texts, { seed: 1 })).snapshot())
})

test.each([
  ['no texts', []],
  ['one text', ['only one']],
  ['texts with nothing in common', ['abc', 'xyz']],
])('refuses %s', async (_name, texts) => {
  await expect(fitHashedNgramEmbedder(texts, { seed: 1 })).rejects.toMatchObject({ code: 'invalid_option' })
})

test.each([
  { minimumTexts: 0 },
  { minimumTexts: 1.5 },
  { maximumFeatures: 0 },
  { maximumFeatures: 65_536 },
  { dimension: 4 },
])('refuses %j', async (options) => {
  const fit = fitHashedNgramEmbedder(makeTexts(4), { seed: 1, ...options })
  await expect(fit).rejects.toMatchObject({ code: 'invalid_option', param: Object.keys(options)[0] })
})
