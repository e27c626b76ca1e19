import { describe, expect, it } from 'vitest'
import { studentQuantile975 } from './student-quantile.ts'

describe('studentQuantile975', () => {
  it('agrees with published tables beyond 30 degrees of freedom', () => {
    expect(studentQuantile975(40)).toBeCloseTo(2.0211, 3)
    expect(studentQuantile975(99)).toBeCloseTo(1.9842, 3)
    expect(studentQuantile975(1e9)).toBeCloseTo(1.95996, 4)
  })
})
