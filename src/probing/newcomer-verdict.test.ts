import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { earlyRefusal, fewestGradedProbes, refusalOf } from './newcomer-verdict.ts'
import type { ProbeTally } from './probe-tally.ts'

const good: ProbeTally = { done: 50, graded: 50, failed: 0, empty: 0, meanQuality: 0.6 }
const free = { spentUsd: 0, capUsd: undefined }

describe('refusalOf', () => {
  it('lets a newcomer in that answered, and says of others why not', () => {
    expect(refusalOf(good, free)).toBeUndefined()
    expect(refusalOf(good, { spentUsd: 1, capUsd: 1 })).toBeUndefined()
    expect(refusalOf(good, { spentUsd: 1.01, capUsd: 1 })).toContain('more than the cap')
    expect(refusalOf({ ...good, graded: 19, failed: 31 }, free)).toContain('19 of 50 answers could be graded')
    expect(refusalOf({ ...good, graded: 24, failed: 26 }, free)).toBe('26 of 50 probes failed')
    // One right answer of 50, by luck.
    expect(refusalOf({ ...good, meanQuality: 0.02 }, free)).toContain('worth 0.020 on average')
    expect(refusalOf({ ...good, meanQuality: 0.05 }, free)).toBeUndefined()
  })

  it('never lets one in on fewer graded probes than the least', () => {
    fc.assert(
      fc.property(fc.nat(fewestGradedProbes - 1), fc.nat(300), (graded, failed) => {
        const tally = { ...good, done: graded + failed, graded, failed }
        expect(refusalOf(tally, free)).toBeDefined()
      }),
    )
  })
})

describe('earlyRefusal', () => {
  it('waits for enough calls', () => {
    const failed = (done: number) => ({ ...good, done, graded: 0, failed: done })
    expect(earlyRefusal(failed(9), 'x')).toBeUndefined()
    expect(earlyRefusal(failed(10), 'x')).toBe('all of the first 10 calls failed; the last one: x')
    expect(earlyRefusal({ ...good, done: 20, graded: 4, failed: 16 }, undefined)).toBe(
      '16 of the first 20 calls failed',
    )
    expect(earlyRefusal({ ...good, done: 20, graded: 5, failed: 15 }, undefined)).toBeUndefined()
  })
})
