import { describe, expect, it } from 'vitest'
import { answersOf, contextAt, promptsAt, twoTopics } from './__fixtures__/two-topics.ts'
import { forc } from './forc.ts'
import { ForcMetaModel } from './forc-meta-model.ts'

describe('ForcMetaModel', () => {
  it('tells from prompt and LLM together whether the answer will be good', () => {
    const { rows } = twoTopics(300, 0.1)
    const model = ForcMetaModel.fit(rows, { hidden: 16, epochs: 40 }, 1)
    const [cheapFirst, dearFirst, cheapSecond, dearSecond] = model.predict([contextAt(1, 0), contextAt(0, 1)])
    expect(cheapFirst).toBeGreaterThan(0.8)
    expect(dearFirst).toBeGreaterThan(0.8)
    expect(cheapSecond).toBeLessThan(0.2)
    expect(dearSecond).toBeGreaterThan(0.8)
  })
})

describe('forc', () => {
  it('spends a budget where it gains most', async () => {
    const fitted = await forc.fit(twoTopics(100, 0.1))
    const choices = fitted.choose(promptsAt(contextAt(1, 0), contextAt(0, 1)))
    const halfway = Math.floor(choices.settings / 2)
    expect(answersOf(choices, 0)[halfway]).toBe(0)
    expect(answersOf(choices, 1)[halfway + 1]).toBe(1)
    expect([answersOf(choices, 0)[0], answersOf(choices, 1)[0]]).toEqual([0, 0])
  })
})
