import { describe, expect, it } from 'vitest'
import { InputTokenScale } from './input-token-scale.ts'
import type { TrainingRows } from './training-rows.ts'

/** Rows of which only the input tokens matter. */
function rowsOf(counts: readonly (readonly number[])[]): TrainingRows {
  const inputTokens = Float64Array.from(counts.flat())
  const unknown = inputTokens.map(() => Number.NaN)
  return {
    llms: counts[0]!.map((_, llm) => `llm-${llm}`),
    contexts: counts.map(() => ({ embedderId: '', embedding: new Float32Array(0), explicit: new Float32Array(0) })),
    quality: unknown,
    costUsd: unknown,
    outputTokens: unknown,
    inputTokens,
  }
}

const sizes = Array.from({ length: 40 }, (_, row) => 100 + 10 * row)

describe('InputTokenScale', () => {
  it('finds the factor and the fixed part against what the pool counts', () => {
    // The pool counts 100 + 1.25·n on average, so that n = (mean − 100)/1.25.
    const scale = InputTokenScale.fit(rowsOf(sizes.map((n) => [n, 200 + 1.5 * n])))
    const mean = 100 + 1.25 * 300
    // n itself would be −80 + .8·mean; held to a factor alone it is off by a little.
    expect(Math.abs(scale.tokens(0, mean) / 300 - 1)).toBeLessThan(0.03)
    expect(scale.tokens(1, mean)).toBeCloseTo(200 + 1.5 * 300, 8)
    expect(scale.tokens(1, 0)).toBeCloseTo(80, 8)
  })

  it('changes nothing where all count alike, or too few counts are known', () => {
    const alike = InputTokenScale.fit(rowsOf(sizes.map((n) => [n, n])))
    expect(alike.tokens(0, 500)).toBeCloseTo(500, 8)
    const unknown = InputTokenScale.fit(rowsOf(sizes.map((n, row) => [n, row < 19 ? 3 * n : Number.NaN])))
    expect(unknown.tokens(1, 500)).toBe(500)
  })

  it('never counts below zero', () => {
    const falling = InputTokenScale.fit(rowsOf(sizes.map((n) => [n, 3 * n, 1000 - n])))
    for (const llm of [0, 1, 2]) {
      for (const n of [0, 10, 1e6]) expect(falling.tokens(llm, n)).toBeGreaterThanOrEqual(0)
    }
  })

  it('restores to the same counts', () => {
    const scale = InputTokenScale.fit(rowsOf(sizes.map((n) => [n, 50 + 2 * n])))
    const restored = InputTokenScale.restore(structuredClone(scale.snapshot()))
    expect([0, 1].map((llm) => restored.tokens(llm, 321))).toEqual([0, 1].map((llm) => scale.tokens(llm, 321)))
  })
})
