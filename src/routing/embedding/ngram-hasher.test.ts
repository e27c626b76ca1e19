import fc from 'fast-check'
import { expect, test } from 'vitest'
import { embeddedCharacters, NgramHasher } from './ngram-hasher.ts'

/** Any UTF-16 code units, lone surrogates and NUL among them; half of each text is ASCII. */
const anyString = fc
  .array(fc.oneof(fc.nat(0x7f), fc.nat(0xffff)), { maxLength: 200 })
  .map((codeUnits) => String.fromCharCode(...codeUnits))

function wordsOf(text: string): readonly number[] {
  const hasher = new NgramHasher()
  hasher.hash(text)
  return [...hasher.words.subarray(0, hasher.wordCount)]
}

function trigramsOf(text: string): readonly number[] {
  const hasher = new NgramHasher()
  hasher.hash(text)
  return [...hasher.trigrams.subarray(0, hasher.trigramCount)]
}

test('a word is a run of letters, digits and marks, in any case', () => {
  expect(wordsOf('Ünïted nations, UNITED_2 ünïted')).toHaveLength(4)
  expect(wordsOf('ÜNÏTED')).toEqual(wordsOf('ünïted'))
  expect(wordsOf('(one)')).toEqual(wordsOf('one'))
  expect(wordsOf('שלום עולם')).toHaveLength(2)
  expect(wordsOf('e\u0301te\u0301')).toHaveLength(1)
  expect(wordsOf('one')).not.toEqual(wordsOf('two'))
})

test('3-grams cover a token with a boundary mark at both ends', () => {
  expect(trigramsOf('a')).toHaveLength(1)
  expect(trigramsOf('abc')).toHaveLength(3)
  expect(trigramsOf('abcd').slice(0, 2)).toEqual(trigramsOf('abc').slice(0, 2))
  expect(trigramsOf('abc x\t\n x')).toEqual([...trigramsOf('abc'), ...trigramsOf('x'), ...trigramsOf('x')])
  expect(trigramsOf('f(x)')).toHaveLength(4)
})

test('boundaries tell the start, the middle and the end of a word apart', () => {
  expect(new Set(trigramsOf('ababab')).size).toBe(4)
  expect(trigramsOf('ab')).not.toEqual(trigramsOf('ba'))
})

test('scripts without spaces give a word per character', () => {
  expect(wordsOf('数学题')).toHaveLength(3)
  expect(wordsOf('ab数cd')).toHaveLength(3)
  expect(wordsOf('数学')).toEqual([...wordsOf('数'), ...wordsOf('学')])
  expect(wordsOf('ひらカナ')).toHaveLength(4)
})

test('an emoji gives the plane it lies in and itself', () => {
  const [plane, smile] = wordsOf('😀')
  const [samePlane, wink] = wordsOf('😉')
  expect(samePlane).toBe(plane)
  expect(wink).not.toBe(smile)
})

test('text without features', () => {
  for (const text of ['', ' \t\r\n', '\u0000\u0001', '\u3000']) {
    expect(wordsOf(text)).toEqual([])
    expect(trigramsOf(text)).toEqual([])
  }
})

test('only the end of a long text is read', () => {
  const end = 'xyz '.repeat(embeddedCharacters / 4)
  expect(trigramsOf(`something else altogether ${end}`)).toEqual(trigramsOf(end))
})

test('any string fits the buffers, and a hasher keeps nothing from the call before', () => {
  const used = new NgramHasher()
  fc.assert(
    fc.property(anyString, fc.nat(80), (text, repeats) => {
      const long = text.repeat(repeats)
      used.hash(long)
      const words = [...used.words.subarray(0, used.wordCount)]
      expect(used.trigramCount).toBeLessThanOrEqual(embeddedCharacters)
      expect(words).toEqual(wordsOf(long))
    }),
    { seed: 1, numRuns: 40 },
  )
  used.hash('漢'.repeat(2 * embeddedCharacters))
  expect(used.wordCount).toBe(embeddedCharacters)
  expect(used.trigramCount).toBe(embeddedCharacters)
})

test('features spread over the buckets', () => {
  const words = Array.from({ length: 5000 }, (_, i) => `w${i}`)
    .join(' ')
    .slice(0, embeddedCharacters)
  const expected = new Set(words.split(' ')).size
  const distinct = new Set(wordsOf(words)).size
  // 1,000 or so draws from 65,536 buckets: about 8 coincide.
  expect(expected - distinct).toBeLessThan(30)
})
