import { describe, expect, test } from 'vitest'
import { createRouter } from './create-router.ts'

const llms = [
  { id: 'small', price: { inputPerMillionTokensUsd: 0.1, outputPerMillionTokensUsd: 0.4 } },
  { id: 'large', price: { inputPerMillionTokensUsd: 2.5, outputPerMillionTokensUsd: 10 } },
]

describe('createRouter', () => {
  test('the simple case: decide, report, learn', async () => {
    const router = createRouter({ llms, seed: 7 })
    const decision = await router.route('What is the capital of France?')
    router.recordOutcome(decision, { costUsd: 0.0001, outputTokens: 12, completionMs: 700, timeToFirstTokenMs: 300 })
    router.recordFeedback(decision, { score: 0.9 })
    const next = await router.route('What is the capital of Spain?')
    expect(['small', 'large']).toContain(decision.drawn)
    expect(next.labelSequence).toBe(1)
  })

  test('feedback that prefers one LLM brings it the traffic', async () => {
    const router = createRouter({ llms, seed: 7 })
    for (let i = 0; i < 300; i++) {
      const decision = await router.route({ userText: `question ${i}`, preference: { lambda: 20 } })
      router.recordFeedback(decision, { thumbsUp: decision.drawn === 'small' })
    }
    const drawn: string[] = []
    for (let i = 0; i < 100; i++)
      drawn.push((await router.route({ userText: `again ${i}`, preference: { lambda: 20 } })).drawn)
    expect(drawn.filter((id) => id === 'small').length).toBeGreaterThan(90)
  })

  test('a snapshot carries over what was learned, bit for bit', async () => {
    const first = createRouter({ llms, seed: 7 })
    for (let i = 0; i < 30; i++) {
      first.recordFeedback(await first.route(`question ${i}`), { score: (i % 7) / 7 })
    }
    const second = createRouter({ llms, seed: 1 })
    second.restore(first.snapshot())
    const [a, b] = await Promise.all([first.route('the same prompt'), second.route('the same prompt')])
    expect(b.labelSequence).toBe(30)
    expect(b.candidates.map((one) => [one.quality, one.uncertainty])).toEqual(
      a.candidates.map((one) => [one.quality, one.uncertainty]),
    )
    expect(second.snapshot()).toStrictEqual(first.snapshot())
  })

  test('a bill teaches what the next one will be', async () => {
    const router = createRouter({ llms: [llms[0]!], seed: 7 })
    const before = (await router.route('hello')).candidates[0]!.costUsd!
    for (let i = 0; i < 200; i++) {
      const decision = await router.route('hello')
      router.recordOutcome(decision, { costUsd: 3 * before })
    }
    const after = (await router.route('hello')).candidates[0]!.costUsd!
    expect(after / before).toBeGreaterThan(1.5)
  })

  test('figures that are no numbers are refused before they can poison a draw', async () => {
    const router = createRouter({ llms, seed: 7 })
    await expect(router.route({ userText: 'a', preference: { lambda: Number.POSITIVE_INFINITY } })).rejects.toThrow(
      /lambda/,
    )
    await expect(router.route({ userText: 'a', inputTokens: Number.POSITIVE_INFINITY })).rejects.toThrow(/inputTokens/)
    await expect(router.route({ userText: 'a', choices: 0 })).rejects.toThrow(/choices/)
    const decision = await router.route('a')
    expect(() => router.recordOutcome(decision, { completionMs: Number.NaN })).toThrow(/completionMs/)
    expect(() => createRouter({ llms: [{ id: 'a', quality: Number.NaN }], seed: 1 })).toThrow(/quality/)
    const price = { inputPerMillionTokensUsd: -1, outputPerMillionTokensUsd: 1 }
    expect(() => createRouter({ llms: [{ id: 'a', price }], seed: 1 })).toThrow(/price/)
  })

  test('a score outside [0, 1] is refused', async () => {
    const router = createRouter({ llms, seed: 7 })
    const decision = await router.route('hello')
    expect(() => router.recordFeedback(decision, { score: 1.2 })).toThrow(/in \[0, 1\]/)
    expect(() => router.recordFeedback(decision, { score: Number.NaN })).toThrow(/in \[0, 1\]/)
  })
})
