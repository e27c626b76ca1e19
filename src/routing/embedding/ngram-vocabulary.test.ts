import { expect, test } from 'vitest'
import { bucketsPerBlock, NgramHasher } from './ngram-hasher.ts'
import { NgramVocabulary } from './ngram-vocabulary.ts'

function wordBucket(word: string): number {
  const hasher = new NgramHasher()
  hasher.hash(word)
  return hasher.words[0]!
}

function weightsByRow(vocabulary: NgramVocabulary, text: string): ReadonlyMap<number, number> {
  const hasher = new NgramHasher()
  hasher.hash(text)
  const count = vocabulary.weigh(hasher)
  return new Map(Array.from({ length: count }, (_, i) => [vocabulary.rows[i]!, vocabulary.weights[i]!]))
}

test('log(1 + count) · idf, scaled to norm 1 over the known features of a block', () => {
  const features = Int32Array.from([wordBucket('red'), wordBucket('blue')]).sort()
  const redRow = features.indexOf(wordBucket('red'))
  const idf = new Float32Array(2)
  idf[redRow] = 2
  idf[1 - redRow] = 3
  const vocabulary = NgramVocabulary.of(features, idf)

  const weights = weightsByRow(vocabulary, 'red unknown red blue')
  const red = Math.log(3) * 2
  const blue = Math.log(2) * 3
  expect(weights.size).toBe(2)
  expect(weights.get(redRow)).toBeCloseTo(red / Math.hypot(red, blue), 12)
  expect(weights.get(1 - redRow)).toBeCloseTo(blue / Math.hypot(red, blue), 12)
})

test('each block has norm 1 of its own, and counts do not leak into the next text', () => {
  const vocabulary = NgramVocabulary.unfitted()
  weightsByRow(vocabulary, 'the cat sat on the mat and looked at the other cat')
  const first = weightsByRow(vocabulary, 'the cat sat')
  const firstTrigramRow = bucketsPerBlock >> 2
  let [words, trigrams] = [0, 0]
  for (const [row, weight] of first) {
    if (row < firstTrigramRow) words += weight * weight
    else trigrams += weight * weight
  }
  expect(words).toBeCloseTo(1, 12)
  expect(trigrams).toBeCloseTo(1, 12)
  expect(weightsByRow(NgramVocabulary.unfitted(), 'the cat sat')).toEqual(first)
})

test('text without known features weighs nothing', () => {
  const vocabulary = NgramVocabulary.of(Int32Array.of(wordBucket('red')), Float32Array.of(1))
  expect(weightsByRow(vocabulary, 'green').size).toBe(0)
  expect(weightsByRow(vocabulary, '').size).toBe(0)
})
