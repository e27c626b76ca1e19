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
    // The pool counts 100 + 1.25·n on average: LLM 1 counts 80 + 1.2 times that.
    const many = Array.from({ length: 2000 }, (_, row) => 10 + row)
    const scale = InputTokenScale.fit(rowsOf(many.map((n) => [n, 200 + 1.5 * n])))
    for (const n of [100, 1000]) {
      expect(Math.abs(scale.tokens(1, 100 + 1.25 * n) / (200 + 1.5 * n) - 1)).toBeLessThan(0.01)
    }
    // n itself would be −80 + .8·mean; held to a factor alone it is off by a little.
    expect(Math.abs(scale.tokens(0, 100 + 1.25 * 1000) / 1000 - 1)).toBeLessThan(0.05)
  })

  it('agrees with a case worked by hand', () => {
    // Sizes 100 and 300 twenty times each: x̄ = 200, Σ(x − x̄)² = 40·100² = 40·10⁴; the prior weighs 20·200² = 80·10⁴.
    const counts = Array.from({ length: 40 }, (_, row) => (row % 2 === 0 ? [50, 150] : [250, 350]))
    const scale = InputTokenScale.fit(rowsOf(counts))
    // LLM 1: ȳ = 250, slope of the rows 1, of the prior 1.25: (40·10⁴·1 + 80·10⁴·1.25)/(120·10⁴) = 7/6.
    expect(scale.tokens(1, 600)).toBeCloseTo(250 + (7 / 6) * 400, 9)
    // LLM 0: ȳ = 150; ȳ = 150, slope 5/6, so that the line would start at −16.7; it goes through 0 instead: Σxy/Σx² = (100·50 + 300·250)/(100² + 300²).
    expect(scale.tokens(0, 100)).toBeCloseTo(80, 9)
  })

  it('counts a prompt far longer than those of the fit in full', () => {
    const scale = InputTokenScale.fit(rowsOf(sizes.map(() => [100, 300])))
    expect(scale.tokens(1, 100_000)).toBeCloseTo(150_000, 6)
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
