import { describe, expect, it } from 'vitest'
import type { StaticChoices, StaticTraining } from '../protocols/static/static-policy.ts'
import { contextAt, promptsAt, twoTopics } from './__fixtures__/two-topics.ts'
import { outOfFoldAreas, type TunedBaseline, tunedPolicy } from './tuned-policy.ts'

/** Always the LLM named by the setting. */
function fixed(count: number, llm: number): StaticChoices {
  return { settings: 1, answeredBy: new Uint16Array(count).fill(llm) }
}

const baseline: TunedBaseline<number> = {
  name: 'carrot',
  candidates: () => [0, 1],
  fit: () => (llm) => ({ choose: ({ contexts }) => fixed(contexts.length, llm) }),
}

describe('outOfFoldAreas', () => {
  it('is the AIQ of what each candidate would have done on rows it had not seen', () => {
    // Cheap: right on half of the prompts at a tenth of the cost, flat on both sides: .5. Dear: 1 at the end of the axis,
    // joined to the cheapest LLM at (.1, .5): .1·.5 + .9·.75.
    const [cheap, dear] = outOfFoldAreas(baseline, [0, 1], twoTopics(40))
    expect(cheap).toBeCloseTo(0.5, 12)
    expect(dear).toBeCloseTo(0.725, 12)
  })

  it('never shows a fit the rows that it is then asked about', () => {
    const training = twoTopics(20)
    const seen: string[][] = []
    const asked: string[][] = []
    const spy: TunedBaseline<number> = {
      ...baseline,
      fit: ({ texts }: StaticTraining) => {
        seen.push([...texts])
        return () => ({
          choose: (prompts) => {
            asked.push([...prompts.texts])
            return fixed(prompts.texts.length, 0)
          },
        })
      },
    }
    outOfFoldAreas(spy, [0], training)
    expect(seen).toHaveLength(3)
    seen.forEach((texts, fold) => {
      expect([...texts, ...asked[fold]!].sort()).toEqual([...training.texts].sort())
    })
    expect(asked.flat().sort()).toEqual(training.texts.filter((_, row) => row % 5 < 3).sort())
  })

  it('bills a cascade for every call', () => {
    const cascade: TunedBaseline<number> = {
      ...baseline,
      // Both answer with the dear LLM; one pays for two cheap calls besides, and so reaches the end of the cost axis later.
      fit: () => (extra) => ({
        choose: ({ contexts }) => ({
          settings: 2,
          answeredBy: Uint16Array.from({ length: 2 * contexts.length }, (_, i) => (i < contexts.length ? 0 : 1)),
          alsoCalled: Array.from({ length: 2 * contexts.length }, () => (extra === 1 ? [0] : [])),
        }),
      }),
    }
    const [plain, billed] = outOfFoldAreas(cascade, [0, 1], twoTopics(40))
    // From (.1, .5) to (1, 1) of c_max: .1·.5 + .9·.75.
    expect(plain).toBeCloseTo(0.725, 12)
    // Joined to the cheapest LLM at (.1, .5), which is better than (.2, .5), towards (1.1, 1), cut at 1.
    expect(billed).toBeCloseTo(0.1 * 0.5 + 0.9 * (0.5 + (0.5 * 0.9) / 2), 12)
  })
})

describe('tunedPolicy', () => {
  it('fits the best candidate on all rows', async () => {
    const fitted = await tunedPolicy(baseline).fit(twoTopics(40))
    expect([...fitted.choose(promptsAt(contextAt(1, 0))).answeredBy]).toEqual([1])
  })

  it('refuses more candidates than the others have', async () => {
    const greedy = { ...baseline, candidates: () => Array.from({ length: 13 }, (_, i) => i) }
    await expect(tunedPolicy(greedy).fit(twoTopics(40))).rejects.toThrowError(RangeError)
  })
})
