import { describe, expect, test } from 'vitest'
import { answerCost, dearCostNanoUsd, type EndedCalls } from './answer-cost.ts'

/** `mystery` has no known price. */
const decision = {
  drawn: 'cheap',
  candidates: [
    { llm: 'cheap', costP90Usd: 1e-6 },
    { llm: 'dear', costP90Usd: 1e-4 },
    { llm: 'mystery', costP90Usd: undefined },
  ],
}

function costs(calls: Partial<EndedCalls>) {
  return answerCost(decision, {
    status: 'completed',
    answered: 'cheap',
    attempts: [{ llm: 'cheap', error: undefined }],
    billedNanoUsd: undefined,
    ...calls,
  })
}

function booked(calls: Partial<EndedCalls>): number | undefined {
  return costs(calls).bookedNanoUsd
}

function billed(calls: Partial<EndedCalls>): number | undefined {
  return costs(calls).billedNanoUsd
}

const failed = { status: 'failed', answered: undefined } as const

describe('dearCostNanoUsd', () => {
  test('is the 90 % point; without a price that of the dearest candidate', () => {
    expect(dearCostNanoUsd(decision, 'cheap')).toBe(1_000)
    expect(dearCostNanoUsd(decision, 'mystery')).toBe(100_000)
    expect(dearCostNanoUsd({ drawn: 'x', candidates: [] }, 'x')).toBe(0)
  })
})

describe('what is booked', () => {
  test('a whole answer costs its bill; without one it stays at what was set aside', () => {
    expect(booked({ billedNanoUsd: 300 })).toBe(300)
    expect(booked({})).toBeUndefined()
  })

  test.each(['cut', 'aborted'] as const)('an answer that was %s never costs the usage seen so far alone', (status) => {
    expect(booked({ status, billedNanoUsd: 1 })).toBeUndefined()
    expect(booked({ status, billedNanoUsd: 7_000 })).toBe(7_000)
    expect(booked({ status })).toBeUndefined()
  })

  test('after a fallback the failed call counts too where it may have been billed', () => {
    const answered = { answered: 'dear', billedNanoUsd: 300 } as const
    const costAfter = (error: 'upstream_cut' | 'upstream_failed') =>
      booked({
        ...answered,
        attempts: [
          { llm: 'cheap', error },
          { llm: 'dear', error: undefined },
        ],
      })
    expect(costAfter('upstream_cut')).toBe(1_300)
    expect(costAfter('upstream_failed')).toBe(300)
  })

  test('another LLM than the drawn one that broke off costs its own dear case', () => {
    const attempts = [
      { llm: 'cheap', error: 'upstream_timeout' },
      { llm: 'dear', error: 'upstream_cut' },
    ] as const
    expect(booked({ status: 'cut', answered: 'dear', attempts })).toBe(101_000)
  })

  test('without an answer only what may have been billed counts', () => {
    expect(booked({ ...failed, attempts: [] })).toBe(0)
    expect(booked({ ...failed, attempts: [{ llm: 'cheap', error: 'upstream_failed' }] })).toBe(0)
    expect(booked({ ...failed, attempts: [{ llm: 'cheap', error: 'upstream_timeout' }] })).toBeUndefined()
    expect(booked({ ...failed, attempts: [{ llm: 'cheap', error: undefined }] })).toBeUndefined()
    const both = [
      { llm: 'cheap', error: 'upstream_timeout' },
      { llm: 'mystery', error: 'aborted' },
    ] as const
    expect(booked({ ...failed, attempts: both })).toBe(101_000)
  })
})

describe('what is billed', () => {
  const attempts = [
    { llm: 'cheap', error: 'upstream_timeout' },
    { llm: 'dear', error: undefined },
  ] as const

  test('is the bill of a whole answer, whatever was lost before it', () => {
    expect(billed({ billedNanoUsd: 300 })).toBe(300)
    expect(billed({ answered: 'dear', attempts, billedNanoUsd: 300 })).toBe(300)
  })

  test('is never an estimate', () => {
    expect(billed({})).toBeUndefined()
    expect(billed({ answered: 'dear', attempts })).toBeUndefined()
    expect(booked({ answered: 'dear', attempts })).toBe(101_000)
    for (const status of ['cut', 'aborted'] as const) expect(billed({ status, billedNanoUsd: 7_000 })).toBeUndefined()
  })

  test('is nothing where no call can have been billed, and not known where one can', () => {
    expect(billed({ ...failed, attempts: [{ llm: 'cheap', error: 'upstream_failed' }] })).toBe(0)
    expect(billed({ ...failed, attempts: [{ llm: 'cheap', error: 'upstream_timeout' }] })).toBeUndefined()
  })
})
