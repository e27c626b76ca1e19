import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import { kthLargest } from '../../routing/numeric/kth-largest.ts'
import { summariseColumns } from '../../routing/prediction/training-rows.ts'

/** Labelled prompts, nearest first, of each prompt asked about. */
export interface Neighbours {
  /** Row-major [prompts × width]: indices of labelled prompts. */
  readonly order: Int32Array
  readonly width: number
}

/**
 * The labelled prompts of each asked prompt by falling cosine of their embeddings (for unit vectors the same order as Euclid's);
 * of equal ones the earlier first.
 *
 * @param excludeSelf `asked` are the labelled ones themselves, and none is its own neighbour.
 */
export function nearestProbes(
  asked: readonly RoutingContext[],
  labelled: readonly RoutingContext[],
  most: number,
  excludeSelf = false,
): Neighbours {
  const width = Math.min(most, labelled.length - (excludeSelf ? 1 : 0))
  const order = new Int32Array(asked.length * width)
  const similarity = new Float32Array(labelled.length)
  const reordered = new Float32Array(labelled.length)
  const found = new Int32Array(labelled.length)
  asked.forEach(({ embedding }, row) => {
    for (let i = 0; i < labelled.length; i++) similarity[i] = cosine(embedding, labelled[i]!.embedding)
    // Below every cosine.
    if (excludeSelf) similarity[row] = -2
    reordered.set(similarity)
    const least = width > 0 ? kthLargest(reordered, reordered.length, width) : 2
    let count = 0
    for (let i = 0; i < similarity.length; i++) if (similarity[i]! >= least) found[count++] = i
    const ranked = found.subarray(0, count).sort((a, b) => similarity[b]! - similarity[a]! || a - b)
    order.set(ranked.subarray(0, width), row * width)
  })
  return { order, width }
}

function cosine(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!
  return sum
}

/**
 * K-NN as UniRoute states it (arXiv:2502.08773, section 5: Φ(x)_j = 1/k on the k nearest labelled prompts, Ψ the errors themselves):
 * 1 − γ̂ is the mean quality over the k nearest, row-major [prompts × llmCount]. Where none of them has a known cell, the
 * LLM's mean.
 *
 * @param k at most the neighbours' width counts. @param quality of the labelled prompts, row-major, NaN unknown.
 */
export function predictByNeighbours(
  { order, width }: Neighbours,
  k: number,
  quality: Float64Array,
  llmCount: number,
): Float64Array {
  const prompts = width === 0 ? 0 : order.length / width
  const { means } = summariseColumns(quality, llmCount)
  const predicted = new Float64Array(prompts * llmCount)
  const known = new Float64Array(llmCount)
  for (let row = 0; row < prompts; row++) {
    known.fill(0)
    for (let i = 0; i < Math.min(k, width); i++) {
      const start = order[row * width + i]! * llmCount
      for (let llm = 0; llm < llmCount; llm++) {
        const value = quality[start + llm]!
        if (Number.isNaN(value)) continue
        predicted[row * llmCount + llm]! += value
        known[llm]!++
      }
    }
    for (let llm = 0; llm < llmCount; llm++) {
      const cell = row * llmCount + llm
      predicted[cell] = known[llm]! > 0 ? predicted[cell]! / known[llm]! : means[llm]!
    }
  }
  return predicted
}

/** The k to choose from: 5 to N/3 in ratios of √2, as reproductions of UniRoute bound it. */
export function neighbourGrid(labelled: number): number[] {
  const most = Math.max(5, Math.floor(labelled / 3))
  const grid: number[] = []
  for (let k = 5; k <= most; k *= Math.SQRT2) grid.push(Math.round(k))
  return grid
}

/** k where there is no training LLM to choose it by: N/10 held to 5 … 40. */
export function fixedNeighbourCount(labelled: number): number {
  return Math.min(40, Math.max(5, Math.round(labelled / 10)))
}
