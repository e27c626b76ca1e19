import { RoutingError } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import { arrayField, numberField, objectField, requireSnapshot, stringField } from '../prediction/snapshot-fields.ts'

export interface SourceNoiseOptions {
  /** Labels' worth of belief in the declared variance. */
  readonly priorLabels: number
  /** What is left of an observation's weight after one more of the same source, (0, 1]. */
  readonly discount: number
}

export const defaultSourceNoise: SourceNoiseOptions = { priorLabels: 50, discount: 0.997 }

/** However well or badly a source agrees, its variance stays within this of the declared one. */
const smallestRatio = 0.5
const largestRatio = 10

/** What one label may say of its source: four times the largest ratio, as squares of what is normal spread wide. */
const largestShare = 40

/** With one more, the source that was heard least is forgotten: names come from callers, and memory must not. */
const mostSources = 256

interface Agreement {
  weight: number
  ratios: number
}

/**
 * How noisy each source of feedback is, as a factor on the declared variance of its labels (mathematics §7): the mean of
 * squared innovation over expected squared innovation, discounted by the source's own labels and shrunk towards 1,
 * (a + Σ γ^i e²/E e²)/(a + Σ γ^i). A judge that contradicts everybody counts for less, one that always agrees for more.
 *
 * A fold over labels, like all that is learned.
 */
export class SourceNoise {
  readonly options: SourceNoiseOptions
  readonly #sources = new Map<string, Agreement>()

  /** @throws {RoutingError} `invalid_option` */
  constructor(options: SourceNoiseOptions = defaultSourceNoise) {
    const { priorLabels, discount } = options
    if (!(priorLabels > 0 && discount > 0 && discount <= 1)) {
      throw new RoutingError('invalid_option', 'priorLabels must be > 0 and discount in (0, 1]')
    }
    this.options = options
  }

  /** What the declared variance is multiplied by, in [.5, 10]; 1 for a source never heard. */
  ratio(source: string): number {
    const known = this.#sources.get(source)
    if (known === undefined) return 1
    const { priorLabels } = this.options
    const ratio = (priorLabels + known.ratios) / (priorLabels + known.weight)
    return Math.min(largestRatio, Math.max(smallestRatio, ratio))
  }

  /**
   * @param squared e², of one label's innovation. @param expected its variance at the declared noise, > 0.
   * @param counts (0, 1], as how much of a label.
   */
  observe(source: string, squared: number, expected: number, counts = 1): void {
    const known = this.#sources.get(source) ?? { weight: 0, ratios: 0 }
    if (known.weight === 0 && this.#sources.size >= mostSources) this.#forgetLeast()
    this.#sources.set(source, known)
    const discount = counts === 1 ? this.options.discount : this.options.discount ** counts
    known.weight = discount * known.weight + counts
    known.ratios = discount * known.ratios + counts * Math.min(largestShare, squared / expected)
  }

  snapshot(): SnapshotData {
    const sources = [...this.#sources].map(([source, { weight, ratios }]) => ({ source, weight, ratios }))
    return { formatVersion: 1, kind: 'source-noise', sources }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` when it is not what {@link snapshot} wrote. */
  static restore(data: SnapshotData | undefined, options: SourceNoiseOptions): SourceNoise {
    const noise = new SourceNoise(options)
    for (const saved of arrayField(requireSnapshot(data, 'source-noise'), 'sources')) {
      const fields = objectField({ saved }, 'saved')
      noise.#sources.set(stringField(fields, 'source'), {
        weight: numberField(fields, 'weight'),
        ratios: numberField(fields, 'ratios'),
      })
    }
    return noise
  }

  /** Of equals the one that was first heard first. */
  #forgetLeast(): void {
    let least: string | undefined
    let weight = Number.POSITIVE_INFINITY
    for (const [source, known] of this.#sources) {
      if (known.weight >= weight) continue
      least = source
      weight = known.weight
    }
    if (least !== undefined) this.#sources.delete(least)
  }
}
