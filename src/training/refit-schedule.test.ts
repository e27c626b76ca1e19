import { expect, test } from 'vitest'
import { type RefitState, refitIsDue, stateOfRefits } from './refit-schedule.ts'

const hour = 3_600_000
const schedule = { afterLabels: 2000, everyHours: 24 }

function state(changes: Partial<RefitState>): RefitState {
  return {
    nowMs: 0,
    labels: 0,
    throughSequence: 0,
    lastMs: 0,
    refusedAt: undefined,
    onTrial: false,
    hasBaseRows: true,
    ...changes,
  }
}

test('labels or hours make a refit due, hours with some labels only', () => {
  expect(refitIsDue(state({ labels: 1999 }), schedule)).toBe(false)
  expect(refitIsDue(state({ labels: 2000 }), schedule)).toBe(true)
  expect(refitIsDue(state({ labels: 2500, throughSequence: 600 }), schedule)).toBe(false)
  expect(refitIsDue(state({ labels: 100, nowMs: 24 * hour }), schedule)).toBe(true)
  expect(refitIsDue(state({ labels: 99, nowMs: 240 * hour }), schedule)).toBe(false)
  expect(refitIsDue(state({ labels: 100, nowMs: 24 * hour, lastMs: hour }), schedule)).toBe(false)
})

test('either can be switched off, and both', () => {
  const due = state({ labels: 5000, nowMs: 240 * hour })
  expect(refitIsDue(due, { afterLabels: 0, everyHours: 24 })).toBe(true)
  expect(refitIsDue({ ...due, nowMs: hour }, { afterLabels: 0, everyHours: 24 })).toBe(false)
  expect(refitIsDue(due, { afterLabels: 0, everyHours: 0 })).toBe(false)
})

test('never during a trial, nor again on what was refused, nor on a short log alone', () => {
  expect(refitIsDue(state({ labels: 5000, onTrial: true }), schedule)).toBe(false)
  expect(refitIsDue(state({ labels: 5000, refusedAt: 4000 }), schedule)).toBe(false)
  expect(refitIsDue(state({ labels: 6000, refusedAt: 4000 }), schedule)).toBe(true)
  const alone = { hasBaseRows: false, nowMs: 240 * hour }
  expect(refitIsDue(state({ ...alone, labels: 499 }), schedule)).toBe(false)
  expect(refitIsDue(state({ ...alone, labels: 500 }), schedule)).toBe(true)
})

test('the last refit is that of the embedder that serves', () => {
  const version = (id: string, more: object) => ({ id, createdAtMs: 0, embedderId: 'e', description: '', ...more })
  const versions = [
    version('fit', { createdAtMs: 10 }),
    version('refit', { createdAtMs: 20, origin: 'refit', throughSequence: 400 }),
    version('other', { createdAtMs: 30, origin: 'refit', throughSequence: 900, embedderId: 'x' }),
    version('newcomer', { createdAtMs: 40, origin: 'onboarding', throughSequence: 400 }),
  ]
  expect(stateOfRefits(versions, 'e', 5)).toEqual({ throughSequence: 400, lastMs: 20 })
  expect(stateOfRefits(versions.slice(0, 1), 'e', 5)).toEqual({ throughSequence: 0, lastMs: 10 })
  expect(stateOfRefits([], 'e', 5)).toEqual({ throughSequence: 0, lastMs: 5 })
})
