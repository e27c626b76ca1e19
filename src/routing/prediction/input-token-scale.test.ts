import { describe, expect, it } from 'vitest'
import { explicitFeatureNames } from '../embedding/explicit-features.ts'
import type { RoutingContext } from '../embedding/routing-context.ts'
import { InputTokenScale } from './input-token-scale.ts'
import type { TrainingRows } from './training-rows.ts'

/** A prompt estimated at that many tokens. */
function promptOf(tokens: number): RoutingContext {
  const explicit = new Float32Array(explicitFeatureNames.length)
  explicit[0] = Math.log1p(4 * tokens)
  return { embedderId: '', embedding: new Float32Array(0), explicit }
}

/** Rows of which only the input tokens matter: estimated, and counted by each LLM. */
function rowsOf(sizes: readonly number[], counts: readonly (readonly number[])[]): TrainingRows {
  const inputTokens = Float64Array.from(counts.flat())
  const unknown = inputTokens.map(() => Number.NaN)
  return {
    llms: counts[0]!.map((_, llm) => `llm-${llm}`),
    contexts: sizes.map(promptOf),
    quality: unknown,
    costUsd: unknown,
    outputTokens: unknown,
    inputTokens,
  }
}

const sizes = Array.from({ length: 40 }, (_, row) => 100 + 10 * row)

describe('InputTokenScale', () => {
  it('finds the factor and the fixed part against the estimate', () => {
    const many = Array.from({ length: 2000 }, (_, row) => 10 + row)
    const counts = many.map((n) => [0.8 * n, 80 + 1.2 * n])
    const scale = InputTokenScale.fit(rowsOf(many, counts))
    for (const n of [100, 1000]) {
      expect(Math.abs(scale.tokens(0, n) / (0.8 * n) - 1)).toBeLessThan(0.001)
      expect(Math.abs(scale.tokens(1, n) / (80 + 1.2 * n) - 1)).toBeLessThan(0.02)
    }
  })

  it('agrees with a case worked by hand', () => {
    // Sizes 100 and 300 twenty times each: x̄ = 200, Σ(x − x̄)² = 40·100² = 40·10⁴; the prior weighs 20·200² = 80·10⁴.
    const estimates = Array.from({ length: 40 }, (_, row) => (row % 2 === 0 ? 100 : 300))
    const scale = InputTokenScale.fit(
      rowsOf(
        estimates,
        estimates.map((n) => [n - 50, n + 50]),
      ),
    )
    // LLM 1: ȳ = 250, slope of the rows 1, of the prior 1.25: (40·10⁴·1 + 80·10⁴·1.25)/(120·10⁴) = 7/6.
    expect(scale.tokens(1, 600)).toBeCloseTo(250 + (7 / 6) * 400, 2)
    // LLM 0: ȳ = 150, slope 5/6, so that the line would start at −16.7; it goes through 0 instead: Σxy/Σx² = (100·50 + 300·250)/(100² + 300²).
    expect(scale.tokens(0, 100)).toBeCloseTo(80, 3)
    // Any other: half-way between 7/6·n + 50/3 and .8·n.
    expect(scale.tokens(-1, 600)).toBeCloseTo(((7 / 6 + 0.8) / 2) * 600 + 50 / 6, 2)
  })

  it('counts a prompt far longer than those of the fit in full', () => {
    const alike = sizes.map(() => 200)
    const scale = InputTokenScale.fit(
      rowsOf(
        alike,
        alike.map(() => [300]),
      ),
    )
    expect(scale.tokens(0, 100_000) / 150_000).toBeCloseTo(1, 5)
  })

  it('takes an LLM with too few counts for the average of the others, and all where none are known for the estimate', () => {
    const counts = sizes.map((n, row) => [2 * n, 4 * n, row < 19 ? 9 * n : Number.NaN])
    expect(InputTokenScale.fit(rowsOf(sizes, counts)).tokens(2, 500) / 1500).toBeCloseTo(1, 5)
    const unknown = InputTokenScale.fit(
      rowsOf(
        sizes,
        sizes.map(() => [Number.NaN]),
      ),
    )
    expect([unknown.tokens(0, 500), unknown.tokens(-1, 500)]).toEqual([500, 500])
  })

  it('never counts below zero', () => {
    const falling = InputTokenScale.fit(
      rowsOf(
        sizes,
        sizes.map((n) => [n, 3 * n, 1000 - n]),
      ),
    )
    for (const llm of [0, 1, 2]) {
      for (const n of [0, 10, 1e6]) expect(falling.tokens(llm, n)).toBeGreaterThanOrEqual(0)
    }
  })

  it('restores to the same counts', () => {
    const scale = InputTokenScale.fit(
      rowsOf(
        sizes,
        sizes.map((n) => [n, 50 + 2 * n]),
      ),
    )
    const restored = InputTokenScale.restore(structuredClone(scale.snapshot()))
    expect([-1, 0, 1].map((llm) => restored.tokens(llm, 321))).toEqual([-1, 0, 1].map((llm) => scale.tokens(llm, 321)))
  })
})
