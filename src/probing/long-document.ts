import { z } from 'zod'
import { SeededRandom } from '../routing/numeric/random-source.ts'

/** A long text that a probe asks about, made when the probe is read: a file of it would be all filler. */
export const longDocumentSchema = z.strictObject({
  /** Of the filler. */
  seed: z.int().min(0),
  /** Words of filler, about. */
  words: z.int().min(100).max(100_000),
  /** What the question is about, and where it stands: 0 at the start, 1 at the end. */
  facts: z
    .array(z.strictObject({ at: z.number().min(0).max(1), text: z.string().min(1) }))
    .min(1)
    .max(100),
})

export type LongDocument = z.output<typeof longDocumentSchema>

const subjects = [
  'the harbour office',
  'a caretaker of the north wing',
  'the committee for paths and bridges',
  'the night shift',
  'an apprentice',
  'the new librarian',
  'one of the gardeners',
  'the storeroom',
  'the ferry crew',
  'the archive',
  'a visitor from the valley',
  'the repair workshop',
  'the choir',
  'the kitchen',
  'the weather station',
  'the school council',
]

const verbs = [
  'reported on',
  'set aside',
  'asked again about',
  'made a list of',
  'agreed to look after',
  'moved',
  'counted',
  'complained about',
  'praised',
  'borrowed',
  'cleaned',
  'forgot to mention',
  'put off a decision on',
  'wrote two pages on',
]

const objects = [
  'the old rope ladders',
  'the draught in the corridor',
  'the benches by the pond',
  'the lamps along the quay',
  'the cracked flower pots',
  'the minutes of last spring',
  'the spare window frames',
  'the apple trees behind the mill',
  'the leaking gutter',
  'the cups with blue rims',
  'the boxes of unsorted letters',
  'the map of the drains',
  'the squeaking gate',
  'the borrowed handcart',
  'the roof of the shed',
  'the notice boards',
]

const settings = [
  'before lunch',
  'as it had rained',
  'without much discussion',
  'for the second time this month',
  'in good spirits',
  'while the others were away',
  'although nobody had asked',
  'as was the custom',
  'once the fog had lifted',
  'to everybody’s surprise',
  'and left it at that',
  'with some help from the neighbours',
]

const sentencesPerParagraph = 6

/** The text: paragraphs of filler without a number in them, the facts each as a sentence of its own between two others. The same for the same document, for good. */
export function longDocument({ seed, words, facts }: LongDocument): string {
  const random = new SeededRandom(seed)
  const sentences: string[] = []
  for (let count = 0; count < words; ) {
    const sentence = fillerSentence(random)
    sentences.push(sentence)
    count += sentence.split(' ').length
  }
  const filler = sentences.length
  const placed = facts
    .map(({ at, text }) => ({ place: Math.round(at * filler), text }))
    .sort((a, b) => b.place - a.place)
  for (const { place, text } of placed) sentences.splice(place, 0, text)
  const paragraphs: string[] = []
  for (let start = 0; start < sentences.length; start += sentencesPerParagraph) {
    paragraphs.push(sentences.slice(start, start + sentencesPerParagraph).join(' '))
  }
  return paragraphs.join('\n\n')
}

function fillerSentence(random: SeededRandom): string {
  const pick = (from: readonly string[]): string => from[Math.floor(random.next() * from.length)]!
  const sentence = `${pick(subjects)} ${pick(verbs)} ${pick(objects)} ${pick(settings)}.`
  return sentence[0]!.toUpperCase() + sentence.slice(1)
}
