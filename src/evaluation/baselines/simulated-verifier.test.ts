import { describe, expect, it } from 'vitest'
import { simulatedVerifier, verifierErrorRate } from './simulated-verifier.ts'

describe('simulatedVerifier', () => {
  const texts = Array.from({ length: 5000 }, (_, i) => `prompt ${i}`)

  it('errs at the declared rate either way, and is undecided about half-right answers', () => {
    const quality = Float64Array.from({ length: 15000 }, (_, cell) => [1, 0, 0.5][cell % 3]!)
    const confidence = simulatedVerifier(texts, quality, 3)
    const acceptedShare = (llm: number): number =>
      texts.filter((_, prompt) => confidence(prompt, llm) >= 0.5).length / texts.length
    // Three standard errors of a share of 5,000 are at most .022.
    expect(Math.abs(acceptedShare(0) - (1 - verifierErrorRate))).toBeLessThan(0.022)
    expect(Math.abs(acceptedShare(1) - verifierErrorRate)).toBeLessThan(0.022)
    expect(Math.abs(acceptedShare(2) - 0.5)).toBeLessThan(0.022)
  })

  it('depends on text, LLM and quality alone', () => {
    const first = simulatedVerifier(['a', 'b'], Float64Array.of(1, 0, 1, 0), 2)
    const second = simulatedVerifier(['b', 'a', 'c'], Float64Array.of(1, 0, 1, 0, 1, 1), 2)
    expect(first(0, 0)).toBe(second(1, 0))
    expect(first(1, 1)).toBe(second(0, 1))
    expect(first(0, 0)).not.toBe(first(1, 0))
    expect(simulatedVerifier(['a'], Float64Array.of(Number.NaN), 1)(0, 0)).toBeGreaterThan(0)
  })
})
