import { applyHead, normaliseInPlace } from './tag-enhanced-projection.ts'

export interface TagEnhancedLossOptions {
  /** μ, the weight of L_inter. */
  readonly interWeight: number
  /** Weight of the anchor 1 − p·e. */
  readonly anchorWeight: number
  /** m: centres whose cosine is not above it do not push one another. */
  readonly margin: number
}

/** Prompts by their domain. */
export interface DomainPrompts {
  /** Unit vectors, row-major [prompts × dimension]. */
  readonly embeddings: Float32Array
  readonly dimension: number
  /** The domain of each prompt, 0 … domains − 1; −1 for none, which the anchor alone holds. */
  readonly domainOf: Int32Array
  readonly domains: number
}

/**
 * L = L_intra + μ·L_inter + anchor of a batch, and its gradient (mathematics §13; the forms are ours, as the paper's are not
 * at hand: MixLLM, arXiv:2502.18482, Eqs. 1–3, says what they do).
 *
 *     L_intra = mean over prompts with a domain of 1 − p·c_d
 *     L_inter = mean over ordered pairs of the batch's domains of max(0, c̃_j·c̃_k − m)²
 *     anchor  = anchorWeight · mean over prompts of 1 − p·e
 *
 * c_d are running centres, constants of the batch; c̃_k is the unit mean of the batch's own p in domain k and carries gradient.
 */
export class TagEnhancedLoss {
  readonly #prompts: DomainPrompts
  readonly #options: TagEnhancedLossOptions
  /** p, ‖h‖ and ∂L/∂p of each prompt of the batch; grown as needed. */
  #projected: Float64Array = new Float64Array(0)
  #norms: Float64Array = new Float64Array(0)
  #gradients: Float64Array = new Float64Array(0)
  /** Unit centres of the batch, row-major [domains × dimension]; zero where the batch has none of the domain. */
  readonly #batchCentres: Float64Array
  readonly #batchNorms: Float64Array
  readonly #batchCounts: Float64Array

  constructor(prompts: DomainPrompts, options: TagEnhancedLossOptions) {
    this.#prompts = prompts
    this.#options = options
    this.#batchCentres = new Float64Array(prompts.domains * prompts.dimension)
    this.#batchNorms = new Float64Array(prompts.domains)
    this.#batchCounts = new Float64Array(prompts.domains)
  }

  /** c̃ of the latest {@link evaluate}; where `batchCounts` is zero they mean nothing. Views. */
  get batchCentres(): { readonly centres: Float64Array; readonly counts: Float64Array } {
    return { centres: this.#batchCentres, counts: this.#batchCounts }
  }

  /**
   * @param map M. @param rows of the batch, at least one. @param centres c, row-major unit rows [domains × dimension];
   *   a zero row pulls nothing.
   * @param gradient ∂L/∂M is added to it, shape of `map`. @returns L.
   */
  evaluate(map: Float64Array, rows: readonly number[], centres: Float64Array, gradient: Float64Array): number {
    const { dimension: d } = this.#prompts
    this.#reserve(rows.length * d, rows.length)
    this.#forward(map, rows)
    const loss = this.#pull(rows, centres) + this.#push(rows)
    this.#backward(rows, gradient)
    return loss
  }

  #reserve(values: number, rows: number): void {
    if (this.#projected.length < values) {
      this.#projected = new Float64Array(values)
      this.#gradients = new Float64Array(values)
      this.#norms = new Float64Array(rows)
    }
  }

  #forward(map: Float64Array, rows: readonly number[]): void {
    const { embeddings, dimension: d, domainOf } = this.#prompts
    const centres = this.#batchCentres.fill(0)
    const counts = this.#batchCounts.fill(0)
    rows.forEach((row, i) => {
      const p = this.#projected.subarray(i * d, (i + 1) * d)
      applyHead(map, embeddings, row * d, p)
      this.#norms[i] = normaliseInPlace(p)
      const domain = domainOf[row]!
      if (domain === -1) return
      counts[domain]!++
      for (let j = 0; j < d; j++) centres[domain * d + j]! += p[j]!
    })
    for (let k = 0; k < counts.length; k++) {
      if (counts[k] === 0) continue
      this.#batchNorms[k] = normaliseInPlace(centres.subarray(k * d, (k + 1) * d)) / counts[k]!
    }
  }

  /** L_intra and the anchor. Starts the gradients. */
  #pull(rows: readonly number[], centres: Float64Array): number {
    const { embeddings, dimension: d, domainOf } = this.#prompts
    const { anchorWeight } = this.#options
    let withDomain = 0
    for (const row of rows) if (domainOf[row] !== -1) withDomain++
    let loss = 0
    rows.forEach((row, i) => {
      const domain = domainOf[row]!
      const pull = domain === -1 ? 0 : 1 / withDomain
      const anchor = anchorWeight / rows.length
      let toCentre = 0
      let toRaw = 0
      for (let j = 0; j < d; j++) {
        const p = this.#projected[i * d + j]!
        const c = domain === -1 ? 0 : centres[domain * d + j]!
        const e = embeddings[row * d + j]!
        toCentre += p * c
        toRaw += p * e
        this.#gradients[i * d + j] = -pull * c - anchor * e
      }
      loss += pull * (1 - toCentre) + anchor * (1 - toRaw)
    })
    return loss
  }

  /** μ·L_inter; its gradient reaches each prompt through its domain's batch centre. */
  #push(rows: readonly number[]): number {
    const { dimension: d, domainOf, domains } = this.#prompts
    const present = Array.from({ length: domains }, (_, k) => k).filter((k) => this.#batchCounts[k]! > 0)
    if (present.length < 2) return 0
    const weight = this.#options.interWeight / (present.length * (present.length - 1))
    const centres = this.#batchCentres
    const slopes = new Float64Array(centres.length)
    let loss = 0
    for (const a of present) {
      for (const b of present) {
        if (a === b) continue
        let cosine = 0
        for (let j = 0; j < d; j++) cosine += centres[a * d + j]! * centres[b * d + j]!
        const above = cosine - this.#options.margin
        if (above <= 0) continue
        loss += weight * above * above
        // Twice over, as the pair is met in both orders.
        for (let j = 0; j < d; j++) slopes[a * d + j]! += 4 * weight * above * centres[b * d + j]!
      }
    }
    for (const k of present) this.#throughNorm(slopes, centres, k, this.#batchNorms[k]!)
    rows.forEach((row, i) => {
      const k = domainOf[row]!
      if (k === -1) return
      for (let j = 0; j < d; j++) this.#gradients[i * d + j]! += slopes[k * d + j]! / this.#batchCounts[k]!
    })
    return loss
  }

  /** ∂/∂h from ∂/∂p at p = h/‖h‖, in place: (g − p·(pᵀg))/‖h‖. Row k of both. */
  #throughNorm(gradients: Float64Array, units: Float64Array, k: number, norm: number): void {
    const { dimension: d } = this.#prompts
    let along = 0
    for (let j = 0; j < d; j++) along += units[k * d + j]! * gradients[k * d + j]!
    for (let j = 0; j < d; j++) {
      const across = gradients[k * d + j]! - units[k * d + j]! * along
      gradients[k * d + j] = norm > 0 ? across / norm : 0
    }
  }

  #backward(rows: readonly number[], gradient: Float64Array): void {
    const { embeddings, dimension: d } = this.#prompts
    rows.forEach((row, i) => {
      this.#throughNorm(this.#gradients, this.#projected, i, this.#norms[i]!)
      for (let a = 0; a < d; a++) {
        const slope = this.#gradients[i * d + a]!
        for (let b = 0; b < d; b++) gradient[a * d + b]! += slope * embeddings[row * d + b]!
      }
    })
  }
}
