import type { RandomSource } from './random-source.ts'

export interface KMeansResult {
  /** Row-major, shape [k × d]. */
  readonly centroids: Float64Array
  /** The cluster of each point, shape [n]. */
  readonly assignment: Int32Array
  /** Σ over points of the squared distance to their centroid. */
  readonly inertia: number
}

/** The last few points wander for as long as all the iterations before, and move no centroid that matters. */
const settledShare = 0.001

/**
 * K-means: Lloyd's iterations from a k-means++ start (Arthur and Vassilvitskii 2007), until no more than one point in a
 * thousand changes its cluster or `maxIterations` is reached. A cluster that loses all its points takes over the point farthest from its own centroid.
 *
 * @param points row-major, shape [n × d], finite; n ≥ 1.
 * @param k clusters, 1 ≤ k ≤ n.
 * @returns newly allocated. O(n·k·d) per iteration; ties go to the lower cluster.
 */
export function kMeans(
  points: Float32Array,
  n: number,
  d: number,
  k: number,
  random: RandomSource,
  maxIterations = 30,
): KMeansResult {
  const centroids = seedCentroids(points, n, d, k, random)
  const assignment = new Int32Array(n).fill(-1)
  const distances = new Float64Array(n)
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    if (assign(points, n, d, k, centroids, assignment, distances) <= settledShare * n) break
    moveCentroids(points, n, d, k, centroids, assignment, distances)
  }
  assign(points, n, d, k, centroids, assignment, distances)
  let inertia = 0
  for (let i = 0; i < n; i++) inertia += distances[i]!
  return { centroids, assignment, inertia }
}

/**
 * The best of several {@link kMeans} runs from different starts, by inertia; of equal ones the first.
 *
 * @param restarts how many runs; at least 1.
 */
export function kMeansRestarted(
  points: Float32Array,
  n: number,
  d: number,
  k: number,
  random: RandomSource,
  restarts: number,
  maxIterations = 30,
): KMeansResult {
  let best = kMeans(points, n, d, k, random, maxIterations)
  for (let run = 1; run < restarts; run++) {
    const next = kMeans(points, n, d, k, random, maxIterations)
    if (next.inertia < best.inertia) best = next
  }
  return best
}

function seedCentroids(points: Float32Array, n: number, d: number, k: number, random: RandomSource): Float64Array {
  const centroids = new Float64Array(k * d)
  const nearest = new Float64Array(n).fill(Number.POSITIVE_INFINITY)
  let chosen = Math.floor(random.next() * n)
  for (let cluster = 0; cluster < k; cluster++) {
    for (let j = 0; j < d; j++) centroids[cluster * d + j] = points[chosen * d + j]!
    let total = 0
    for (let i = 0; i < n; i++) {
      const distance = squaredDistance(points, i * d, centroids, cluster * d, d)
      if (distance < nearest[i]!) nearest[i] = distance
      total += nearest[i]!
    }
    chosen = drawProportional(nearest, total, random)
  }
  return centroids
}

/** An index with probability weight/total; any index when all weights are zero. */
function drawProportional(weights: Float64Array, total: number, random: RandomSource): number {
  const u = random.next()
  if (!(total > 0)) return Math.floor(u * weights.length)
  let left = u * total
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i]!
    if (left < 0) return i
  }
  return weights.length - 1
}

/**
 * Returns how many points changed their cluster. A point's last cluster is tried first: near the end it is nearly always the
 * nearest, and the others are given up as soon as their sum exceeds its distance.
 */
function assign(
  points: Float32Array,
  n: number,
  d: number,
  k: number,
  centroids: Float64Array,
  assignment: Int32Array,
  distances: Float64Array,
): number {
  let moved = 0
  for (let i = 0; i < n; i++) {
    const last = Math.max(0, assignment[i]!)
    let best = last
    let bestDistance = squaredDistance(points, i * d, centroids, last * d, d)
    for (let cluster = 0; cluster < k; cluster++) {
      if (cluster === last) continue
      const distance = boundedDistance(points, i * d, centroids, cluster * d, d, bestDistance)
      if (distance < bestDistance || (distance === bestDistance && cluster < best)) {
        bestDistance = distance
        best = cluster
      }
    }
    if (assignment[i] !== best) moved++
    assignment[i] = best
    distances[i] = bestDistance
  }
  return moved
}

function moveCentroids(
  points: Float32Array,
  n: number,
  d: number,
  k: number,
  centroids: Float64Array,
  assignment: Int32Array,
  distances: Float64Array,
): void {
  const counts = new Int32Array(k)
  centroids.fill(0)
  for (let i = 0; i < n; i++) {
    const cluster = assignment[i]!
    counts[cluster]!++
    for (let j = 0; j < d; j++) centroids[cluster * d + j]! += points[i * d + j]!
  }
  for (let cluster = 0; cluster < k; cluster++) {
    const count = counts[cluster]!
    if (count === 0) {
      const farthest = indexOfLargest(distances)
      distances[farthest] = 0
      for (let j = 0; j < d; j++) centroids[cluster * d + j] = points[farthest * d + j]!
    } else {
      for (let j = 0; j < d; j++) centroids[cluster * d + j]! /= count
    }
  }
}

function indexOfLargest(values: Float64Array): number {
  let best = 0
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i
  return best
}

function squaredDistance(a: Float32Array, startA: number, b: Float64Array, startB: number, d: number): number {
  let sum = 0
  for (let j = 0; j < d; j++) {
    const difference = a[startA + j]! - b[startB + j]!
    sum += difference * difference
  }
  return sum
}

/** Coordinates summed between two looks at the bound. */
const stride = 16

/** {@link squaredDistance}, bit for bit, or any value above `bound` where it is above. */
function boundedDistance(
  a: Float32Array,
  startA: number,
  b: Float64Array,
  startB: number,
  d: number,
  bound: number,
): number {
  let sum = 0
  for (let from = 0; from < d && sum <= bound; from += stride) {
    const to = Math.min(d, from + stride)
    for (let j = from; j < to; j++) {
      const difference = a[startA + j]! - b[startB + j]!
      sum += difference * difference
    }
  }
  return sum
}
