import { describe, expect, it } from 'vitest'
import { topicNames } from './topic-names.ts'

describe('topicNames', () => {
  // fast: ½·ln(½ / ¼); solve: ln(1 / ¾).
  it('takes the words that one topic has more than others', () => {
    const texts = ['solve this equation fast', 'solve that equation', 'solve this sonnet', 'write this sonnet here']
    expect(topicNames(texts, Int32Array.of(0, 0, 1, 1), 2)).toEqual(['topic:equation-fast', 'topic:sonnet-here'])
  })

  it('numbers equal names, and names a topic without words', () => {
    expect(topicNames(['', '', ''], Int32Array.of(0, 1, 2), 3)).toEqual(['topic:', 'topic:-2', 'topic:-3'])
  })
})
