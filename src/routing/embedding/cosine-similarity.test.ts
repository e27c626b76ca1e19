import { expect, test } from 'vitest'
import { cosineSimilarity } from './cosine-similarity.ts'

test('cosine of unit vectors', () => {
  const right = Float32Array.of(1, 0)
  expect(cosineSimilarity(right, right)).toBe(1)
  expect(cosineSimilarity(right, Float32Array.of(0, 1))).toBe(0)
  expect(cosineSimilarity(right, Float32Array.of(-0.6, 0.8))).toBeCloseTo(-0.6, 6)
  expect(cosineSimilarity(right, new Float32Array(2))).toBe(0)
})
