import { expect, test } from 'vitest'
import { choleskyInPlace, solveCholeskyInPlace } from '../../routing/numeric/cholesky.ts'
import { nextNormal, SeededRandom } from '../../routing/numeric/random-source.ts'
import { InverseDesign } from './inverse-design.ts'

const d = 7

test('Sherman and Morrison agree with inverting A directly, across a refresh too', () => {
  const random = new SeededRandom(3)
  const design = new InverseDesign(d)
  const direct = new Float64Array(d * d)
  for (let i = 0; i < d; i++) direct[i * d + i] = 1
  const probe = randomVector(random)
  for (let update = 1; update <= 1203; update++) {
    const e = randomVector(random)
    const gain = design.update(e).slice()
    for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) direct[i * d + j]! += e[i]! * e[j]!
    if (update % 401 !== 0 && update > 3) continue
    expect(design.quadratic(probe)).toBeCloseTo(quadraticOf(direct, probe), 12)
    expect([...gain]).toEqual([...solve(direct, e)].map((value) => expect.closeTo(value, 12)))
  }
})

test('a hand-worked case: e = (1, 1) once, from the identity', () => {
  const design = new InverseDesign(2)
  const gain = design.update(Float64Array.of(1, 1))
  // A = [[2, 1], [1, 2]], A⁻¹ = [[2, −1], [−1, 2]]/3.
  expect([...gain]).toEqual([expect.closeTo(1 / 3, 15), expect.closeTo(1 / 3, 15)])
  expect(design.quadratic(Float64Array.of(1, 0))).toBeCloseTo(2 / 3, 15)
  expect(design.quadratic(Float64Array.of(1, -1))).toBeCloseTo(2, 15)
})

test('all rows at once are the same as one after the other', () => {
  const random = new SeededRandom(5)
  const rows = Float64Array.from({ length: 20 * d }, () => nextNormal(random))
  const stepwise = new InverseDesign(d)
  for (let row = 0; row < 20; row++) stepwise.update(rows.subarray(row * d, (row + 1) * d))
  const probe = randomVector(random)
  expect(InverseDesign.of(rows, d).quadratic(probe)).toBeCloseTo(stepwise.quadratic(probe), 12)
})

test('a copy goes its own way', () => {
  const design = new InverseDesign(2)
  const copied = design.copy()
  copied.update(Float64Array.of(1, 0))
  expect(design.quadratic(Float64Array.of(1, 0))).toBe(1)
  expect(copied.quadratic(Float64Array.of(1, 0))).toBeCloseTo(0.5, 15)
})

test('an embedding with NaN is refused and changes nothing', () => {
  const design = new InverseDesign(2)
  expect(() => design.update(Float64Array.of(1, Number.NaN))).toThrow('finite')
  expect(design.quadratic(Float64Array.of(1, 1))).toBe(2)
})

function randomVector(random: SeededRandom): Float64Array {
  return Float64Array.from({ length: d }, () => nextNormal(random))
}

function solve(matrix: Float64Array, e: Float64Array): Float64Array {
  const factor = matrix.slice()
  choleskyInPlace(factor, d)
  const solution = e.slice()
  solveCholeskyInPlace(factor, d, solution)
  return solution
}

function quadraticOf(matrix: Float64Array, e: Float64Array): number {
  return solve(matrix, e).reduce((sum, value, i) => sum + value * e[i]!, 0)
}
