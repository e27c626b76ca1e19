import { describe, expect, test } from 'vitest'
import { logVerdict, type VerdictGrounds } from './log-verdict.ts'
import type { TargetSupport } from './target-support.ts'

const good: TargetSupport = {
  known: 5000,
  hits: 120,
  expectedHits: 118,
  effectiveRows: 900,
  expectedEffectiveRows: 880,
  largestWeight: 0.01,
  expectedContrast: 200,
  unsupported: 0,
}
const gain = { value: 0.02, low: 0.01, high: 0.03, standardError: 0.005 }

function grounds(quality: Partial<TargetSupport> = {}, rest: Partial<VerdictGrounds> = {}): VerdictGrounds {
  return {
    rows: 5000,
    distance: { offFavourite: 0.4, changed: 0.4 },
    qualitySupport: { ...good, ...quality },
    costSupport: good,
    reprices: false,
    difference: gain,
    ...rest,
  }
}

describe('logVerdict', () => {
  test('the interval says better, worse, or nothing', () => {
    expect(logVerdict(grounds()).kind).toBe('better')
    expect(logVerdict(grounds({}, { difference: { ...gain, low: -0.03, high: -0.01 } })).kind).toBe('worse')
    expect(logVerdict(grounds({}, { difference: { ...gain, low: -0.01 } })).kind).toBe('even')
  })

  test.each([
    ['few_hits', { hits: 49 }, 49],
    ['few_hits', { expectedHits: 74 }, 74],
    ['few_effective_rows', { effectiveRows: 199 }, 199],
    ['few_effective_rows', { expectedEffectiveRows: 299 }, 299],
    ['heavy_weight', { largestWeight: 0.051 }, 0.051],
    ['few_differences', { expectedContrast: 49 }, 49],
    ['unsupported', { unsupported: 0.006 }, 0.006],
    ['no_labels', { known: 0 }, 0],
  ] as const)('%s alone refuses', (reason, quality, found) => {
    const verdict = logVerdict(grounds(quality))
    expect(verdict.kind).toBe('unknown')
    expect(verdict.refusals).toMatchObject([{ reason, of: 'quality', found }])
  })

  test('costs are held to the same, and each reason is told once', () => {
    const verdict = logVerdict(grounds({}, { costSupport: { ...good, hits: 10, expectedHits: 11 } }))
    expect(verdict.refusals).toMatchObject([{ reason: 'few_hits', of: 'cost', found: 10 }])
  })

  test('who departs in fewer than one choice in a thousand needs no hits', () => {
    expect(
      logVerdict(grounds({ hits: 0, expectedHits: 0 }, { distance: { offFavourite: 0.0009, changed: 0.1 } })).kind,
    ).toBe('better')
  })

  test('the same choices need no log, other prices make them others', () => {
    const same = { distance: { offFavourite: 0.4, changed: 0 }, qualitySupport: { ...good, known: 0 } }
    expect(logVerdict(grounds({}, same))).toEqual({ kind: 'same', refusals: [] })
    expect(logVerdict(grounds({}, { ...same, reprices: true })).kind).toBe('unknown')
  })
})
