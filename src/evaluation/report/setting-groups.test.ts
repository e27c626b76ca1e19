import { expect, test } from 'vitest'
import type { PolicyKind, ResultRow } from '../evaluation-result.ts'
import { formatSetting, groupBySetting, type Setting } from './setting-groups.ts'

function row(policy: string, setting: Setting, kind: PolicyKind = 'baseline'): ResultRow {
  return { policy, kind, setting, metrics: {}, curve: [] }
}

function namesOf(rows: readonly ResultRow[]): { readonly setting: Setting; readonly policies: readonly string[] }[] {
  return groupBySetting(rows).groups.map((group) => ({
    setting: group.setting,
    policies: group.rows.map((entry) => entry.policy),
  }))
}

test('one table per setting; a reference that says less stands in each', () => {
  const rows = [row('knn', { probes: 50 }), row('knn', { probes: 100 }), row('oracle', {}, 'reference')]
  expect(namesOf(rows)).toEqual([
    { setting: { probes: 50 }, policies: ['knn', 'oracle'] },
    { setting: { probes: 100 }, policies: ['knn', 'oracle'] },
  ])
})

test('a reference that knows its setting displaces one that says less; null probes say nothing', () => {
  const rows = [
    row('knn', { probes: 50 }),
    row('knn', { probes: 50, pool: 'static' }),
    row('zero-router', { probes: 50 }, 'reference'),
    row('zero-router', { probes: 50, pool: 'static' }, 'reference'),
    row('oracle', { probes: null }, 'reference'),
  ]
  expect(namesOf(rows)).toEqual([
    { setting: { probes: 50 }, policies: ['knn', 'zero-router', 'oracle'] },
    { setting: { probes: 50, pool: 'static' }, policies: ['knn', 'zero-router', 'oracle'] },
  ])
})

test('what is tried on other prompts has a table of its own, and references only of those', () => {
  const rows = [
    ...['pointsman', 'ridge', 'knn', 'forest'].map((policy) => row(policy, { probes: 50 })),
    row('knn', { probes: 50, shift: 'none' }),
    row('knn', { probes: 50, shift: 'none', clusters: 3 }),
    row('cheapest', { probes: 50 }, 'reference'),
  ]
  expect(namesOf(rows)).toEqual([
    { setting: { probes: 50 }, policies: ['pointsman', 'ridge', 'knn', 'forest', 'cheapest'] },
    { setting: { probes: 50, shift: 'none' }, policies: ['knn', 'knn'] },
  ])
})

test('λ becomes a column, and so does a key of many numbers', () => {
  const many = Array.from({ length: 7 }, (_, k) => row('knn', { lambda: k % 2, probes: 10 * k, feedback: 'binary' }))
  const { rowKeys, groups } = groupBySetting(many)
  expect(rowKeys).toEqual(['lambda', 'probes'])
  expect(groups.map((group) => group.setting)).toEqual([{ feedback: 'binary' }])
})

test('a variant of one policy is a row of the table that it extends', () => {
  const rows = [
    ...['pointsman', 'ridge', 'knn', 'forest'].map((policy) => row(policy, { probes: 50 })),
    row('pointsman', { probes: 50, tags: false }),
  ]
  expect(groupBySetting(rows).rowKeys).toEqual(['tags'])
  expect(namesOf(rows)).toEqual([
    { setting: { probes: 50 }, policies: ['pointsman', 'ridge', 'knn', 'forest', 'pointsman'] },
  ])
})

test('what extends no table has its own, so that every row is somewhere', () => {
  const rows = [
    ...['pointsman', 'ridge', 'knn', 'forest'].map((policy) => row(policy, { probes: 50 })),
    row('uniroute', { pool: 'static' }),
    row('random', { pool: 'other' }, 'reference'),
  ]
  expect(namesOf(rows).map((group) => group.setting)).toEqual([{ probes: 50 }, { pool: 'static' }, { pool: 'other' }])
})

test('only reference rows still make tables', () => {
  expect(namesOf([row('oracle', {}, 'reference')])).toEqual([{ setting: {}, policies: ['oracle'] }])
  expect(groupBySetting([]).groups).toEqual([])
})

test('settings are told in words', () => {
  expect(formatSetting({ offlineShare: 0.8, lambda: 1.4, timeLimit: null, tags: false, budgetUsd: 0.00066 })).toBe(
    'offline share 0.8 · λ 1.4 · time limit (s) none · tags no · budget (USD) 0.00066',
  )
  expect(formatSetting({ simulatedVerifier: true })).toBe('simulated verifier')
})
