import { requireDimension } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import { numberField, requireSnapshot, vectorField } from '../prediction/snapshot-fields.ts'

/**
 * A head over the embedding that pulls prompts of one domain together (MixLLM, arXiv:2502.18482, section on tag-enhanced
 * embeddings; mathematics §13): p = h/‖h‖ with h = e + M·e, kept beside e by who uses it.
 *
 * Deviations: MixLLM fine-tunes the whole encoder, here only a linear head is trained, as the embedder stays frozen
 * (mathematics §1); the raw e is kept too, as a pull towards twenty points takes away what tells hard prompts from easy ones.
 */
export class TagEnhancedProjection {
  readonly dimension: number
  /** M, row-major [dimension × dimension]; undefined for the identity. */
  readonly #map: Float64Array | undefined

  private constructor(dimension: number, map: Float64Array | undefined) {
    this.dimension = dimension
    this.#map = map
  }

  /** p = e: what is served when nothing better was found. */
  static identity(dimension: number): TagEnhancedProjection {
    return new TagEnhancedProjection(dimension, undefined)
  }

  /** @param map M, row-major [dimension × dimension], finite; copied. */
  static of(dimension: number, map: Float64Array): TagEnhancedProjection {
    requireDimension('The projection', map.length, dimension * dimension)
    return new TagEnhancedProjection(dimension, map.slice())
  }

  /** Whether p is e itself, so that it says nothing that e does not. */
  get isIdentity(): boolean {
    return this.#map === undefined
  }

  /** @param embedding e, a unit vector or zero. @param out receives p, shape [dimension]. No allocation. */
  project(embedding: Float32Array | Float64Array, out: Float64Array): void {
    requireDimension('The embedding', embedding.length, this.dimension)
    requireDimension('The projected embedding', out.length, this.dimension)
    if (this.#map === undefined) {
      out.set(embedding)
      return
    }
    applyHead(this.#map, embedding, 0, out)
    normaliseInPlace(out)
  }

  snapshot(): SnapshotData {
    return {
      formatVersion: 1,
      kind: 'tag-enhanced-projection',
      dimension: this.dimension,
      map: this.#map?.slice() ?? null,
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): TagEnhancedProjection {
    const fields = requireSnapshot(data, 'tag-enhanced-projection')
    const dimension = numberField(fields, 'dimension')
    if (fields.map === null) return TagEnhancedProjection.identity(dimension)
    return new TagEnhancedProjection(dimension, vectorField(fields, 'map', dimension * dimension))
  }
}

/** h = e + M·e. @param embeddings row-major. @param start where e begins. @param out shape [d]. */
export function applyHead(
  map: Float64Array,
  embeddings: Float32Array | Float64Array,
  start: number,
  out: Float64Array,
): void {
  const d = out.length
  for (let i = 0; i < d; i++) {
    let sum = embeddings[start + i]!
    for (let j = 0; j < d; j++) sum += map[i * d + j]! * embeddings[start + j]!
    out[i] = sum
  }
}

/** Divides by the L2 norm. @returns the norm; a zero vector stays. */
export function normaliseInPlace(vector: Float64Array): number {
  let squares = 0
  for (let j = 0; j < vector.length; j++) squares += vector[j]! * vector[j]!
  const norm = Math.sqrt(squares)
  if (norm > 0) for (let j = 0; j < vector.length; j++) vector[j]! /= norm
  return norm
}
