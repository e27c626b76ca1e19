/** Of a threshold rule on two LLMs; NaN where the strong one is no better on these prompts. */
export interface PairMetrics {
  /** Average performance gap recovered: the area under PGR over the share of strong calls. */
  readonly apgr: number
  /** The least share of strong calls at which PGR reaches .5, [0, 1]. */
  readonly cpt50: number
  readonly cpt80: number
}

export const pairMetricNames = ['apgr', 'cpt50', 'cpt80'] as const

/**
 * How much of the quality gap between a weak and a strong LLM is recovered when the prompts of largest predicted gain
 * go to the strong one (RouteLLM, arXiv:2406.18665): PGR(s) = (r(s) − r_weak)/(r_strong − r_weak), r(s) being the mean
 * quality with a share s of strong calls. Exact: every cut-off counts, where RouteLLM takes about ten. Prompts of equal
 * gain are one step, in which PGR is linear: the expected curve when ties are broken at random.
 */
export class GapRecovery {
  /** Prompts by falling gain. */
  readonly #order: Int32Array
  /** Where each run of equal gains ends, as a place in the order. */
  readonly #ends: Int32Array
  /** Strong minus weak quality, by prompt. */
  readonly #differences: Float64Array

  /** @param gains predicted, one per prompt, any unit, finite. @param weak, strong measured quality, finite. */
  constructor(gains: Float64Array, weak: Float64Array, strong: Float64Array) {
    this.#order = Int32Array.from(gains, (_, prompt) => prompt).sort((a, b) => gains[b]! - gains[a]!)
    const ends: number[] = []
    this.#order.forEach((prompt, place) => {
      const next = this.#order[place + 1]
      if (next === undefined || gains[next] !== gains[prompt]) ends.push(place + 1)
    })
    this.#ends = Int32Array.from(ends)
    this.#differences = strong.map((quality, prompt) => quality - weak[prompt]!)
  }

  /** @param weights how often each prompt counts, ≥ 0; once each when left out. O(prompts). */
  metrics(weights?: Uint8Array): PairMetrics {
    const steps = this.#steps(weights)
    if (steps === undefined) return { apgr: Number.NaN, cpt50: Number.NaN, cpt80: Number.NaN }
    const { shares, recovered } = steps
    let area = 0
    for (let i = 1; i < shares.length; i++) {
      area += ((recovered[i - 1]! + recovered[i]!) / 2) * (shares[i]! - shares[i - 1]!)
    }
    return { apgr: area, cpt50: firstShare(shares, recovered, 0.5), cpt80: firstShare(shares, recovered, 0.8) }
  }

  /** PGR at each share of strong calls; undefined where there is no gap. @param at ascending, [0, 1]. */
  curve(at: readonly number[]): number[] | undefined {
    const steps = this.#steps(undefined)
    if (steps === undefined) return undefined
    const { shares, recovered } = steps
    let right = 1
    return at.map((share) => {
      while (right < shares.length - 1 && shares[right]! < share) right++
      const width = shares[right]! - shares[right - 1]!
      const part = width === 0 ? 1 : (share - shares[right - 1]!) / width
      return recovered[right - 1]! + part * (recovered[right]! - recovered[right - 1]!)
    })
  }

  /** PGR after each run of equal gains, from none to all strong; undefined without a gap to recover. */
  #steps(
    weights: Uint8Array | undefined,
  ): { readonly shares: Float64Array; readonly recovered: Float64Array } | undefined {
    const shares = new Float64Array(this.#ends.length + 1)
    const recovered = new Float64Array(this.#ends.length + 1)
    let weight = 0
    let gap = 0
    let place = 0
    this.#ends.forEach((end, run) => {
      for (; place < end; place++) {
        const prompt = this.#order[place]!
        const times = weights === undefined ? 1 : weights[prompt]!
        weight += times
        gap += times * this.#differences[prompt]!
      }
      shares[run + 1] = weight
      recovered[run + 1] = gap
    })
    // Sums of differences that cancel exactly may be off zero by rounding; a gap that small is none.
    if (!(gap > 1e-9 * weight)) return undefined
    for (let i = 0; i < shares.length; i++) {
      shares[i]! /= weight
      recovered[i]! /= gap
    }
    return { shares, recovered }
  }
}

/** The first share at which PGR, linear between steps, reaches a level; it does, as it ends at 1. */
function firstShare(shares: Float64Array, recovered: Float64Array, level: number): number {
  let right = 1
  while (right < shares.length - 1 && recovered[right]! < level) right++
  const rise = recovered[right]! - recovered[right - 1]!
  const part = rise > 0 ? Math.min(1, (level - recovered[right - 1]!) / rise) : 1
  return shares[right - 1]! + part * (shares[right]! - shares[right - 1]!)
}
