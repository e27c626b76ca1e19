import { nextNormal, SeededRandom } from '../routing/numeric/random-source.ts'

/** Prompts whose embeddings are nearer than this ask nearly the same. */
const nearCosine = 0.98

/** Random half-spaces per table, and tables: of a pair at the threshold at least 98 % meet in one table (1 − (1 − (1 − θ/π)¹²)⁸). */
const bits = 12
const tables = 8

/** Of a bucket no more than so many earlier rows are compared: what is that common shows among them. */
const compared = 64

/**
 * Joins rows whose embeddings nearly coincide, and those that share a key. Locality-sensitive hashing by random half-spaces (Charikar 2002):
 * near pairs are found with high probability, others never joined. Deterministic by its fixed seed. About rows × 8 × (12 + up to 64) products.
 *
 * @param embeddings row-major [rows × d], of norm 1. @param keys by row: rows of one key are joined; undefined joins nothing.
 * @returns the group of each row, numbered by first appearance.
 */
export function embeddingGroups(
  embeddings: Float32Array,
  rows: number,
  keys: readonly (string | undefined)[],
): Int32Array {
  const parents = Int32Array.from({ length: rows }, (_, row) => row)
  joinByKey(parents, keys)
  const d = rows === 0 ? 0 : embeddings.length / rows
  const random = new SeededRandom(1)
  for (let table = 0; table < tables; table++) {
    const planes = Float64Array.from({ length: bits * d }, () => nextNormal(random))
    joinByTable(parents, embeddings, d, planes)
  }
  return numbered(parents)
}

function joinByKey(parents: Int32Array, keys: readonly (string | undefined)[]): void {
  const firstOf = new Map<string, number>()
  keys.forEach((key, row) => {
    if (key === undefined) return
    const first = firstOf.get(key)
    if (first === undefined) firstOf.set(key, row)
    else join(parents, first, row)
  })
}

function joinByTable(parents: Int32Array, embeddings: Float32Array, d: number, planes: Float64Array): void {
  const buckets = new Map<number, number[]>()
  for (let row = 0; row < parents.length; row++) {
    const bucket = bucketOf(embeddings, row * d, d, planes)
    const others = buckets.get(bucket)
    if (others === undefined) {
      buckets.set(bucket, [row])
      continue
    }
    for (let i = others.length - 1; i >= Math.max(0, others.length - compared); i--) {
      const other = others[i]!
      if (rootOf(parents, other) !== rootOf(parents, row) && cosine(embeddings, row * d, other * d, d) > nearCosine) {
        join(parents, other, row)
      }
    }
    others.push(row)
  }
}

function bucketOf(embeddings: Float32Array, start: number, d: number, planes: Float64Array): number {
  let bucket = 0
  for (let bit = 0; bit < bits; bit++) {
    let sum = 0
    for (let j = 0; j < d; j++) sum += embeddings[start + j]! * planes[bit * d + j]!
    bucket = bucket * 2 + Number(sum > 0)
  }
  return bucket
}

function cosine(embeddings: Float32Array, a: number, b: number, d: number): number {
  let sum = 0
  for (let j = 0; j < d; j++) sum += embeddings[a + j]! * embeddings[b + j]!
  return sum
}

function rootOf(parents: Int32Array, row: number): number {
  let root = row
  while (parents[root] !== root) {
    parents[root] = parents[parents[root]!]!
    root = parents[root]!
  }
  return root
}

function join(parents: Int32Array, a: number, b: number): void {
  const [x, y] = [rootOf(parents, a), rootOf(parents, b)]
  parents[Math.max(x, y)] = Math.min(x, y)
}

function numbered(parents: Int32Array): Int32Array {
  const numbers = new Map<number, number>()
  return parents.map((_, row) => {
    const root = rootOf(parents, row)
    const known = numbers.get(root)
    if (known !== undefined) return known
    numbers.set(root, numbers.size)
    return numbers.size - 1
  })
}
