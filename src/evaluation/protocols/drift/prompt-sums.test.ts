import { describe, expect, it } from 'vitest'
import { bootstrapWeights } from '../../metrics/prompt-bootstrap.ts'
import { sampleGoal, sampleStream } from './__fixtures__/sample-stream.ts'
import { bootstrapDifference, bootstrapRatio, PromptSums, resample } from './prompt-sums.ts'
import { realiseRun } from './score-run.ts'

const prompts = 40
const placeOf = new Map(Array.from({ length: prompts }, (_, row) => [row, row] as const))
const weights = Array.from({ length: 400 }, (_, replicate) =>
  bootstrapWeights(
    Int32Array.from({ length: prompts }, (_row, place) => place),
    prompts,
    replicate,
  ),
)

function sumsOf(choices: readonly number[]) {
  const stream = sampleStream({ scenario: 'quality-drop' }, prompts)
  const sums = new PromptSums(placeOf)
  sums.add(stream, realiseRun(stream, Uint16Array.from(choices), sampleGoal), 0.01)
  return sums
}

describe('PromptSums', () => {
  it('counts the prompts after the change, and priced utility over all', () => {
    const sums = sumsOf(new Array(prompts).fill(1))
    expect([...sums.count]).toEqual(Array.from({ length: prompts }, (_, place) => Number(place >= 20)))
    expect(sums.quality[30]).toBeCloseTo(0.6, 12)
    expect(sums.priced[30]).toBeCloseTo(0.6 - 0.02, 12)
    expect(sums.priced[10]).toBeCloseTo(0.8 - 0.02, 12)
    expect(new Set(sums.pricedCount)).toEqual(new Set([1]))
  })
})

describe('bootstrapRatio and bootstrapDifference', () => {
  const mixed = resample(sumsOf(Array.from({ length: prompts }, (_, step) => (step % 2 === 0 ? 0 : 3))), weights)
  const dear = resample(sumsOf(new Array(prompts).fill(3)), weights)

  it('has the plain ratio in the middle and the spread of prompts around it', () => {
    // Ten of .4 and ten of .9, of ten + ten of .9
    const share = bootstrapRatio(mixed.quality, dear.quality)
    expect(share.mean).toBeCloseTo(0.65 / 0.9, 12)
    const deviation = 0.25 / 0.9 / Math.sqrt(20)
    expect(share.high! - share.low!).toBeGreaterThan(2.5 * deviation)
    expect(share.high! - share.low!).toBeLessThan(5.5 * deviation)
  })

  it('pairs differences', () => {
    const { difference, p } = bootstrapDifference(mixed.utility, dear.utility, dear.count)
    expect(difference.mean).toBeCloseTo(-0.25, 12)
    expect(difference.high).toBeLessThan(0)
    // Ten of 20 differ by .5: the standard error is about .25/√20, and p far under what 400 replicates can count.
    expect(p).toBeLessThan(1e-4)
    expect(p).toBeGreaterThan(1e-12)
    const none = bootstrapDifference(dear.utility, dear.utility, dear.count)
    expect([none.difference.low, none.difference.high, none.p]).toEqual([0, 0, 1])
  })
})
