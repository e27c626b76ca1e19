import { describe, expect, test } from 'vitest'
import type { StoredDecision } from '../../routing/decision-store.ts'
import { readMetric } from './declared-metric.ts'
import { influenceCapOf } from './influence-cap.ts'
import { toLabelDrafts } from './to-labels.ts'

const stored = {
  decision: {
    candidates: [
      { llm: 'cheap', costUsd: 0.1, quality: 0.6 },
      { llm: 'good', costUsd: 0.2, quality: 0.7 },
      { llm: 'as-good-cheaper', costUsd: 0.15, quality: 0.7 },
      { llm: 'unknown-price', costUsd: undefined, quality: 0.9 },
      { llm: 'strong', costUsd: 1, quality: 0.8 },
    ],
  },
  settlement: { answered: 'strong' },
} as unknown as StoredDecision

describe('toLabelDrafts', () => {
  const verdict = (said: 'too_weak' | 'right' | 'stronger_than_needed', decision?: StoredDecision) =>
    toLabelDrafts({ kind: 'verdict', verdict: said }, 'user', decision)

  test('too weak is a thumb down, right a thumb up, and each takes back what was said for a weaker one', () => {
    const withdraws = 'user:weaker'
    expect(verdict('too_weak', stored)).toEqual([{ source: 'user', kind: 'thumbs', value: 0, weight: 1, withdraws }])
    expect(verdict('right', stored)).toEqual([{ source: 'user', kind: 'thumbs', value: 1, weight: 1, withdraws }])
    expect(toLabelDrafts({ kind: 'score', value: 0.3 }, 'user', undefined)).toMatchObject([{ value: 0.3, withdraws }])
  })

  test('stronger than needed also speaks, a little, for the best of the cheaper', () => {
    expect(verdict('stronger_than_needed', stored)).toEqual([
      { source: 'user', kind: 'thumbs', value: 1, weight: 1 },
      { source: 'user:weaker', llm: 'as-good-cheaper', kind: 'thumbs', value: 1, weight: 0.25 },
    ])
    const cheapest = { ...stored, settlement: { answered: 'cheap' } } as unknown as StoredDecision
    expect(verdict('stronger_than_needed', cheapest)).toHaveLength(1)
    const unpriced = { ...stored, settlement: { answered: 'unknown-price' } } as unknown as StoredDecision
    expect(verdict('stronger_than_needed', unpriced)).toHaveLength(1)
    expect(verdict('stronger_than_needed')).toHaveLength(1)
  })

  test('a demonstration is a label on the LLM that gave it, a metric one with a source of its own', () => {
    expect(toLabelDrafts({ kind: 'demonstration', llm: 'b', score: undefined }, 'user', undefined)).toEqual([
      { source: 'user', llm: 'b', kind: 'thumbs', value: 1, weight: 1 },
    ])
    expect(toLabelDrafts({ kind: 'demonstration', llm: 'b', score: 0.7 }, 'user', undefined)).toEqual([
      { source: 'user', llm: 'b', kind: 'score', value: 0.7, weight: 1 },
    ])
    const reading = { kind: 'score', value: 0.5 } as const
    expect(toLabelDrafts({ kind: 'metric', name: 'csat', reading, weight: 2, noise: 0.3 }, 'user', undefined)).toEqual([
      { source: 'user:metric:csat', kind: 'score', value: 0.5, weight: 2, noise: 0.3 },
    ])
  })
})

describe('readMetric', () => {
  const csat = { type: 'number', min: 1, max: 5, better: 'higher', weight: 1, noise: undefined } as const
  test('puts its range on [0, 1], upside down where lower is better', () => {
    expect(readMetric('csat', csat, 4)).toEqual({ kind: 'score', value: 0.75 })
    expect(readMetric('csat', { ...csat, better: 'lower' }, 4)).toEqual({ kind: 'score', value: 0.25 })
    const flag = { ...csat, type: 'boolean' } as const
    expect(readMetric('flag', flag, true)).toEqual({ kind: 'thumbs', value: 1 })
    expect(readMetric('flag', { ...flag, better: 'lower' }, true)).toEqual({ kind: 'thumbs', value: 0 })
  })

  test.each([0.9, 5.1, Number.NaN, Number.POSITIVE_INFINITY, true])('refuses %s', (value) => {
    expect(() => readMetric('csat', csat, value)).toThrow(/from 1 to 5|goes from 1 to 5/)
  })

  test('refuses a number where it is true or false', () => {
    expect(() => readMetric('flag', { ...csat, type: 'boolean' }, 1)).toThrow(/true or false/)
  })
})

describe('influenceCapOf', () => {
  const cap = { window: 300, free: 50, burst: 20, share: 0.25 }
  const key = (id: string, fields: object = {}) => ({ id, scopes: ['inference'], ...fields })
  const of = (keyId: string | undefined, ...keys: object[]) =>
    influenceCapOf(keyId, { activeKeys: () => keys as never }, cap)

  test('binds the keys of several applications alone', () => {
    expect(of(undefined, key('a'), key('b'))).toBeUndefined()
    expect(of('a', key('a'))).toBeUndefined()
    expect(of('a', key('a'), key('admin', { scopes: ['inference', 'admin'] }))).toBeUndefined()
    expect(of('a', key('a'), key('b'))).toEqual(cap)
    expect(of('admin', key('a'), key('b'), key('admin', { scopes: ['admin'] }))).toBeUndefined()
  })

  test('a share of its own holds, for one key too', () => {
    expect(of('a', key('a', { feedbackShare: 1 }), key('b'))).toBeUndefined()
    expect(of('a', key('a', { feedbackShare: 0.1 }))).toEqual({ window: 300, free: 30, burst: 20, share: 0.1 })
    expect(of('a', key('a', { feedbackShare: 0 }), key('b'))).toEqual({ window: 300, free: 0, burst: 0, share: 0 })
  })
})
