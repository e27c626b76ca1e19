import { describe, expect, it } from 'vitest'
import { studentQuantile975 } from '../../routing/numeric/student-quantile.ts'
import { twoSidedStudentP } from './student-tail.ts'

describe('twoSidedStudentP', () => {
  it('meets closed forms: Cauchy’s for one degree, 1 − t/√(2 + t²) for two', () => {
    for (const t of [0, 0.1, 1, 3, 40]) {
      expect(twoSidedStudentP(t, 1)).toBeCloseTo(1 - (2 / Math.PI) * Math.atan(t), 12)
      expect(twoSidedStudentP(-t, 2)).toBeCloseTo(1 - t / Math.sqrt(2 + t * t), 12)
    }
  })

  it('agrees with the quantiles of published tables', () => {
    for (const degrees of [1, 2, 3, 5, 10, 17, 30]) {
      expect(twoSidedStudentP(studentQuantile975(degrees), degrees)).toBeCloseTo(0.05, 4)
    }
    // t(.9995; 10) = 4.587.
    expect(twoSidedStudentP(4.587, 10)).toBeCloseTo(0.001, 6)
  })

  it('is nearly normal with many degrees, and keeps digits far out', () => {
    expect(twoSidedStudentP(1.959963984540054, 100_000)).toBeCloseTo(0.05, 5)
    // ν = 4: 1 − u·(3 − u²)/2 with u = t/√(4 + t²), which far out is 6/t⁴·(1 − 20/(3t²) + …).
    expect(twoSidedStudentP(1000, 4) / (6e-12 * (1 - 20 / 3 / 1e6))).toBeCloseTo(1, 9)
  })
})
