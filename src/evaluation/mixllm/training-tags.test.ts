import { describe, expect, it } from 'vitest'
import { nextNormal, SeededRandom } from '../../routing/numeric/random-source.ts'
import { trainingTags } from './training-tags.ts'

/** Half the prompts on triangles around one direction, half on trials around another. */
const random = new SeededRandom(1)
const texts = Array.from({ length: 100 }, (_, row) =>
  row % 2 === 0 ? `The triangle has a right angle, side ${row}` : `The jury heard the defendant, case ${row}`,
)
const contexts = texts.map((_, row) => {
  const vector = [0, 1, 2].map((j) => (j === row % 2 ? 1 : 0) + 0.05 * nextNormal(random))
  const norm = Math.hypot(...vector)
  return {
    embedderId: 'test',
    embedding: Float32Array.from(vector, (value) => value / norm),
    explicit: new Float32Array(0),
  }
})

describe('trainingTags', () => {
  it('gives keywords, form, topic, source and what else was found', () => {
    const sources = texts.map((_, row) => (row === 0 ? 'geo' : ''))
    const extraTags = texts.map((_, row) => (row === 0 ? ['shapes'] : []))
    const tags = trainingTags(texts, contexts, { seed: 1, sources, extraTags })
    expect(tags[0]).toEqual(expect.arrayContaining(['geometry', 'short', 'source:geo', 'shapes']))
    expect(tags[1]).toContain('law')
    expect(tags[1]!.some((tag) => tag.startsWith('source:'))).toBe(false)
  })

  it('gives each prompt the topic of its like', () => {
    const topics = trainingTags(texts, contexts, { seed: 1 }).map((tags) =>
      tags.filter((tag) => tag.startsWith('topic:')),
    )
    for (const own of topics) expect(own).toHaveLength(1)
    expect(new Set(topics.flat()).size).toBe(2)
    topics.forEach(([topic], row) => {
      expect(topic).toBe(topics[row % 2]![0])
    })
  })

  it('keeps each tag of a prompt once', () => {
    const twice = texts.map(() => ['law', 'law'])
    for (const tags of trainingTags(texts, contexts, { seed: 1, extraTags: twice })) {
      expect(new Set(tags).size).toBe(tags.length)
    }
  })
})
