import { describe, expect, it } from 'vitest'
import { nextNormal, SeededRandom } from './random-source.ts'
import { RegressionForest } from './regression-forest.ts'
import { binFeatures } from './regression-forest-bins.ts'

function predicted(forest: RegressionForest, x: readonly number[]): Float64Array {
  const out = new Float64Array(forest.outputs)
  forest.predict(Float64Array.from(x), out)
  return out
}

describe('binFeatures', () => {
  it('gives every value its own bin where there are few, with edges half-way', () => {
    const { bins, edges } = binFeatures(Float64Array.of(3, 1, 3, 2), 4, 1)
    expect([...edges[0]!]).toEqual([1.5, 2.5])
    expect([...bins]).toEqual([2, 0, 2, 1])
  })

  it('divides many values into 64 bins of nearly equal size', () => {
    const { bins, edges } = binFeatures(
      Float64Array.from({ length: 640 }, (_, i) => (i * 7) % 640),
      640,
      1,
    )
    expect(edges[0]).toHaveLength(63)
    const sizes = new Array<number>(64).fill(0)
    for (const bin of bins) sizes[bin]!++
    expect(sizes.every((size) => size === 10)).toBe(true)
  })
})

describe('RegressionForest', () => {
  it('splits half-way between the values where the squared error falls to nothing', () => {
    // The first feature says nothing; by the second, 60 rows at 2 are all 0 and 60 at 3 all 1, in any bootstrap sample.
    const x = Float64Array.from({ length: 240 }, (_, cell) => (cell % 2 === 0 ? 5 : cell < 120 ? 2 : 3))
    const y = Float64Array.from({ length: 120 }, (_, row) => (row < 60 ? 0 : 1))
    const forest = RegressionForest.fit(x, 2, y, 1, { trees: 20, featureShare: 0.5, seed: 4 })
    expect(predicted(forest, [5, 2.5])[0]).toBe(0)
    expect(predicted(forest, [5, 2.501])[0]).toBe(1)
  })

  it('recovers a step in each of two outputs from noise', () => {
    const random = new SeededRandom(1)
    const n = 600
    const x = Float64Array.from({ length: n * 3 }, () => random.next())
    const y = new Float64Array(n * 2)
    for (let i = 0; i < n; i++) {
      y[2 * i] = (x[3 * i]! > 0.5 ? 0.8 : 0.2) + 0.1 * nextNormal(random)
      y[2 * i + 1] = (x[3 * i + 1]! > 0.3 ? 5 : 9) + 0.1 * nextNormal(random)
    }
    const forest = RegressionForest.fit(x, 3, y, 2, { trees: 50, featureShare: 0.7, seed: 2 })
    const corners = [
      [0.2, 0.1, 0.2, 9],
      [0.2, 0.7, 0.2, 5],
      [0.8, 0.1, 0.8, 9],
      [0.8, 0.7, 0.8, 5],
    ] as const
    for (const [first, second, expectedFirst, expectedSecond] of corners) {
      const [left, right] = predicted(forest, [first, second, 0.5])
      expect(Math.abs(left! - expectedFirst)).toBeLessThan(0.06)
      expect(Math.abs(right! - expectedSecond)).toBeLessThan(0.2)
    }
  })

  for (const holes of [0, 0.4]) {
    it(`grows the tree that trying every split gives, ${holes * 100} % of the cells unknown`, () => {
      const random = new SeededRandom(3)
      const n = 40
      const x = Float64Array.from({ length: n * 2 }, () => random.next())
      // Only one output has holes: rows of which nothing is known could go to either side.
      const y = Float64Array.from({ length: n * 2 }, (_, cell) =>
        cell % 2 === 1 && random.next() < holes ? Number.NaN : x[2 * (cell >> 1)]! * (cell % 2) + random.next(),
      )
      for (let seed = 0; seed < 5; seed++) {
        const forest = RegressionForest.fit(x, 2, y, 2, { trees: 1, leaf: 3, featureShare: 1, seed })
        const { tree, drawn } = bruteForceTree(x, y, 2, seed, 3)
        // Between the rows drawn, two splits that divide them alike differ by a rounding error.
        for (const row of drawn) {
          const point = [x[2 * row]!, x[2 * row + 1]!]
          const [first, second] = predicted(forest, point)
          const expected = tree(point)
          expect(first).toBeCloseTo(expected[0]!, 5)
          expect(second).toBeCloseTo(expected[1]!, 5)
        }
      }
    })
  }

  it('has no spread where all trees agree, and some where they do not', () => {
    const x = Float64Array.from({ length: 40 }, (_, i) => i)
    const constant = RegressionForest.fit(x, 1, new Float64Array(40).fill(0.25), 1, { seed: 1, trees: 10 })
    const out = new Float64Array(1)
    const spread = new Float64Array(1)
    constant.predict(Float64Array.of(3), out, spread)
    expect(out[0]).toBe(0.25)
    expect(spread[0]).toBe(0)
    const noisy = RegressionForest.fit(
      x,
      1,
      x.map((value) => value % 2),
      1,
      { seed: 1, trees: 10 },
    )
    noisy.predict(Float64Array.of(3), out, spread)
    expect(spread[0]).toBeGreaterThan(0.05)
  })

  it('judges many outputs by some of them at a time, and predicts all', () => {
    const random = new SeededRandom(6)
    const outputs = 70
    const x = Float64Array.from({ length: 300 }, () => random.next())
    const y = Float64Array.from({ length: 300 * outputs }, (_, cell) => {
      const isHigh = x[Math.floor(cell / outputs)]! > 0.5
      return (isHigh ? 1 : 0) + (cell % outputs)
    })
    const forest = RegressionForest.fit(x, 1, y, outputs, { trees: 10, seed: 1 })
    predicted(forest, [0.9]).forEach((value, o) => {
      expect(value).toBeCloseTo(o + 1, 1)
    })
  })

  it('restores bit for bit, and refuses what is no forest', () => {
    const random = new SeededRandom(7)
    const x = Float64Array.from({ length: 200 }, () => random.next())
    const y = Float64Array.from({ length: 100 }, () => random.next())
    const forest = RegressionForest.fit(x, 2, y, 1, { trees: 5, seed: 1 })
    const restored = RegressionForest.restore(structuredClone(forest.snapshot()))
    for (let i = 0; i < 20; i++) {
      const point = [random.next(), random.next()]
      expect(predicted(restored, point)).toEqual(predicted(forest, point))
    }
    expect(() => RegressionForest.fit(x, 2, y, 1, { trees: 0, seed: 1 })).toThrowError(
      expect.objectContaining({ code: 'invalid_option' }),
    )
    expect(() => RegressionForest.fit(x, 2, y, 2, { seed: 1 })).toThrowError(
      expect.objectContaining({ code: 'dimension_mismatch' }),
    )
  })
})

/** The same tree by trying each split between values on the same bootstrap sample, with nothing clever. */
function bruteForceTree(
  x: Float64Array,
  y: Float64Array,
  d: number,
  seed: number,
  leaf: number,
): { readonly tree: (point: readonly number[]) => number[]; readonly drawn: readonly number[] } {
  const n = x.length / d
  const outputs = y.length / n
  const random = new SeededRandom(seed)
  const draws = new Array<number>(n).fill(0)
  for (let i = 0; i < n; i++) draws[Math.floor(random.next() * n)]!++
  const all = draws.flatMap((count, row) => (count > 0 ? [row] : []))
  const mean = (rows: readonly number[], output: number, otherwise: number): number => {
    const known = rows.filter((row) => !Number.isNaN(y[row * outputs + output]!))
    const weight = known.reduce((sum, row) => sum + draws[row]!, 0)
    return weight === 0
      ? otherwise
      : known.reduce((sum, row) => sum + draws[row]! * y[row * outputs + output]!, 0) / weight
  }
  const error = (rows: readonly number[]): number => {
    let sum = 0
    for (let output = 0; output < outputs; output++) {
      const centre = mean(rows, output, 0)
      for (const row of rows) {
        const value = y[row * outputs + output]!
        if (!Number.isNaN(value)) sum += draws[row]! * (value - centre) ** 2
      }
    }
    return sum
  }
  const grow = (rows: readonly number[], inherited: readonly number[]): ((point: readonly number[]) => number[]) => {
    const means = inherited.map((value, output) => mean(rows, output, value))
    let best = error(rows) - 1e-9
    let split: { feature: number; threshold: number } | undefined
    for (let feature = 0; feature < d; feature++) {
      for (const row of all) {
        // Edges are those of all rows, drawn or not: half-way to the next value.
        const values = Array.from({ length: n }, (_, other) => x[other * d + feature]!)
        const next = Math.min(...values.filter((value) => value > x[row * d + feature]!))
        if (next === Number.POSITIVE_INFINITY) continue
        const threshold = (x[row * d + feature]! + next) / 2
        const left = rows.filter((other) => x[other * d + feature]! <= threshold)
        const right = rows.filter((other) => x[other * d + feature]! > threshold)
        if (left.length < leaf || right.length < leaf) continue
        const total = error(left) + error(right)
        if (total >= best - 1e-12 || !rows.includes(row)) continue
        best = total
        split = { feature, threshold }
      }
    }
    if (split === undefined) return () => means
    const { feature, threshold } = split
    const low = grow(
      rows.filter((row) => x[row * d + feature]! <= threshold),
      means,
    )
    const high = grow(
      rows.filter((row) => x[row * d + feature]! > threshold),
      means,
    )
    return (point) => (point[feature]! <= threshold ? low(point) : high(point))
  }
  const overall = Array.from({ length: outputs }, (_, output) => {
    const known = Array.from({ length: n }, (_, row) => y[row * outputs + output]!).filter((v) => !Number.isNaN(v))
    return known.reduce((sum, value) => sum + value, 0) / known.length
  })
  return { tree: grow(all, overall), drawn: all }
}
