/**
 * How long does it take to embed one prompt? Microseconds per distinct 1,000-character prompt, nothing cached.
 * Run: npm exec -- node bench/embedding.ts
 */
import { explicitFeatureNames, writeExplicitFeatures } from '../src/routing/embedding/explicit-features.ts'
import { fitHashedNgramEmbedder } from '../src/routing/embedding/fit-hashed-ngram-embedder.ts'
import { HashedNgramEmbedder } from '../src/routing/embedding/hashed-ngram-embedder.ts'
import { NgramHasher } from '../src/routing/embedding/ngram-hasher.ts'
import { type RandomSource, SeededRandom } from '../src/routing/numeric/random-source.ts'
import { plainRequest } from '../src/routing/request.ts'

const promptCharacters = 1000
const promptsPerBatch = 500
const batches = 40
const trainingTexts = 1500

/** Made-up words of one to four syllables; real prompts are not part of the project. */
function makeVocabulary(random: RandomSource, size: number): readonly string[] {
  const pick = (letters: string): string => letters[Math.floor(random.next() * letters.length)]!
  const syllable = (): string =>
    pick('bcdfghjklmnprstvw') + pick('aeiouy') + (random.next() < 0.4 ? pick('lmnrst') : '')
  return Array.from({ length: size }, () =>
    Array.from({ length: 1 + Math.floor(random.next() * 4) }, syllable).join(''),
  )
}

/** Words drawn with frequencies that fall like 1/rank, as in natural text. */
function makePrompt(random: RandomSource, vocabulary: readonly string[]): string {
  let text = ''
  while (text.length < promptCharacters) {
    text += `${vocabulary[Math.floor(vocabulary.length ** random.next()) - 1]!}${random.next() < 0.1 ? '. ' : ' '}`
  }
  return text.slice(0, promptCharacters)
}

/** Microseconds per prompt of each batch; every prompt is seen once in the whole run. */
function measure(prompts: readonly (readonly string[])[], embed: (prompt: string) => number): readonly number[] {
  let checksum = 0
  const times = prompts.map((batch) => {
    const start = process.hrtime.bigint()
    for (const prompt of batch) checksum += embed(prompt)
    return Number(process.hrtime.bigint() - start) / 1e3 / batch.length
  })
  if (!Number.isFinite(checksum)) throw new Error('An embedding was not finite')
  return times
}

function describe(name: string, times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const figures = [sorted[0]!, sorted[sorted.length >> 1]!].map((time) => time.toFixed(1).padStart(9))
  return `${name.padEnd(20)}${figures.join('')}`
}

const random = new SeededRandom(1)
const vocabulary = makeVocabulary(random, 6000)
const makeBatches = (): readonly string[][] =>
  Array.from({ length: batches }, () => Array.from({ length: promptsPerBatch }, () => makePrompt(random, vocabulary)))

const fitted = await fitHashedNgramEmbedder(
  Array.from({ length: trainingTexts }, () => makePrompt(random, vocabulary)),
  { seed: 1 },
)
const unfitted = new HashedNgramEmbedder()
const hasher = new NgramHasher()
const explicit = new Float32Array(explicitFeatureNames.length)
hasher.hash(makePrompt(random, vocabulary))
const distinct = new Set(hasher.words.subarray(0, hasher.wordCount)).size
const distinctTrigrams = new Set(hasher.trigrams.subarray(0, hasher.trigramCount)).size

console.log(`Node ${process.version}; ${promptCharacters} characters, ${distinct} words, ${distinctTrigrams} 3-grams`)
console.log(`µs per prompt       ${['min', 'median'].map((heading) => heading.padStart(9)).join('')}`)
console.log(
  describe(
    'embed, fitted',
    measure(makeBatches(), (prompt) => fitted.embed(prompt)[0]!),
  ),
)
console.log(
  describe(
    'embed, unfitted',
    measure(makeBatches(), (prompt) => unfitted.embed(prompt)[0]!),
  ),
)
console.log(
  describe(
    'explicit features',
    measure(makeBatches(), (prompt) => {
      writeExplicitFeatures(plainRequest(prompt), explicit)
      return explicit[0]!
    }),
  ),
)
