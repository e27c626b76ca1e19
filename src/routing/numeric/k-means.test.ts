import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { kMeans, kMeansRestarted } from './k-means.ts'
import { nextNormal, SeededRandom } from './random-source.ts'

describe('kMeans', () => {
  it('finds two pairs too far apart for a bad start', () => {
    // Pairs (0,0),(0,2) and (1000,0),(1000,2): centroids (0,1) and (1000,1), each point at squared distance 1.
    const points = Float32Array.from([0, 0, 1000, 0, 0, 2, 1000, 2])
    for (let seed = 0; seed < 20; seed++) {
      const { centroids, assignment, inertia } = kMeans(points, 4, 2, 2, new SeededRandom(seed))
      expect(inertia).toBe(4)
      expect(assignment[0]).toBe(assignment[2])
      expect(assignment[1]).toBe(assignment[3])
      expect([...centroids].sort((a, b) => a - b)).toEqual([0, 1, 1, 1000])
    }
  })

  it('gives one cluster the mean', () => {
    const { centroids, inertia } = kMeans(Float32Array.from([1, 2, 6]), 3, 1, 1, new SeededRandom(1))
    expect([...centroids]).toEqual([3])
    expect(inertia).toBe(4 + 1 + 9)
  })

  it('assigns every point to its nearest centroid, and equal seeds give equal clusters', () => {
    const cloud = fc.integer({ min: 1, max: 30 }).chain((n) =>
      fc.record({
        n: fc.constant(n),
        k: fc.integer({ min: 1, max: n }),
        seed: fc.integer(),
        points: fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 2 * n, maxLength: 2 * n }),
      }),
    )
    fc.assert(
      fc.property(cloud, ({ n, k, seed, points }) => {
        const cells = Float32Array.from(points)
        const result = kMeans(cells, n, 2, k, new SeededRandom(seed))
        expect(kMeans(cells, n, 2, k, new SeededRandom(seed))).toEqual(result)
        for (let i = 0; i < n; i++) {
          const distances = Array.from(
            { length: k },
            (_, c) =>
              (cells[2 * i]! - result.centroids[2 * c]!) ** 2 + (cells[2 * i + 1]! - result.centroids[2 * c + 1]!) ** 2,
          )
          expect(distances[result.assignment[i]!]).toBe(Math.min(...distances))
        }
      }),
      { numRuns: 100 },
    )
  })

  it('survives more clusters than distinct points', () => {
    const { centroids, inertia } = kMeans(Float32Array.from([5, 5, 5]), 3, 1, 3, new SeededRandom(2))
    expect([...centroids]).toEqual([5, 5, 5])
    expect(inertia).toBe(0)
  })
})

describe('the nearest centroid in many dimensions', () => {
  it('is found though far ones are given up before their last coordinate', () => {
    const [n, d, k] = [200, 50, 12]
    const random = new SeededRandom(3)
    const points = Float32Array.from({ length: n * d }, () => nextNormal(random))
    const { centroids, assignment, inertia } = kMeans(points, n, d, k, random)
    let sum = 0
    for (let i = 0; i < n; i++) {
      const distances = Array.from({ length: k }, (_, cluster) => {
        let squares = 0
        for (let j = 0; j < d; j++) squares += (points[i * d + j]! - centroids[cluster * d + j]!) ** 2
        return squares
      })
      const nearest = Math.min(...distances)
      expect(assignment[i]).toBe(distances.indexOf(nearest))
      sum += nearest
    }
    expect(inertia).toBeCloseTo(sum, 9)
  })
})

describe('kMeansRestarted', () => {
  it('keeps the best of its runs', () => {
    const random = new SeededRandom(4)
    const points = Float32Array.from({ length: 300 }, () => nextNormal(random))
    const runs = new SeededRandom(5)
    const single = Array.from({ length: 6 }, () => kMeans(points, 150, 2, 9, runs).inertia)
    const best = kMeansRestarted(points, 150, 2, 9, new SeededRandom(5), 6)
    expect(new Set(single).size).toBeGreaterThan(1)
    expect(best.inertia).toBe(Math.min(...single))
  })
})
