import { selectMatrixRows } from '../../routing/numeric/matrix.ts'
import type { TokenPrice } from '../../routing/registry/token-price.ts'
import { AmountModel, fewestAmounts } from './amount-model.ts'
import {
  type ChooseOptions,
  chooseRegressor,
  fitRegressor,
  type NeighbourSearches,
  ofRows,
} from './choose-regressor.ts'
import {
  constantRegressor,
  type RegressionProblem,
  type RegressorCandidate,
  type RegressorKind,
  type ScalarRegressor,
} from './scalar-regressor.ts'

/** Fewer labels than this, and the mean of the labels is all there is. */
const fewestLabels = 20

/**
 * What quality is predicted by, for each setting. One LLM's zeros and ones are so noisy that leaves of 5, which serve well
 * where a tree learns all LLMs at once, cost AIQ: on folds of the training rows of routerbench-0shot leaves of 5, 20, 50 and
 * 100 had .813, .831, .835, .836, on those of paretobandit, with graded labels, .937, .940, .938, .937. So the leaf is chosen too.
 */
const candidatesOf: Readonly<Record<RegressorKind | 'per-llm', readonly RegressorCandidate[]>> = {
  forest: [
    { kind: 'forest', leaf: 20 },
    { kind: 'forest', leaf: 50 },
  ],
  mlp: [{ kind: 'mlp' }],
  knn: [{ kind: 'knn' }],
  'per-llm': [{ kind: 'forest', leaf: 20 }, { kind: 'forest', leaf: 50 }, { kind: 'mlp' }, { kind: 'knn' }],
}

export interface LlmPredictorsOptions extends ChooseOptions {
  /** `per-llm`: by validation, as MixLLM chooses for lengths; else the same kind for every LLM. A forest's leaf is chosen in either case. */
  readonly qualityKind: RegressorKind | 'per-llm'
}

/** What is known of one LLM; shape [rows] each, NaN unknown. */
export interface LlmOutcomes {
  readonly quality: Float64Array
  readonly costUsd: Float64Array
  readonly outputTokens: Float64Array
  readonly price: TokenPrice | undefined
}

/** What stands in where an LLM has no outcomes of its own: the pool's means. */
export interface PoolMeans {
  readonly quality: number
  /** NaN when no LLM's lengths are known. */
  readonly outputTokens: number
  readonly costUsd: number
}

/**
 * f_rq and f_rl of one LLM (MixLLM, arXiv:2502.18482, Eqs. 4–6), fitted on its own outcomes alone.
 *
 * Eq. 5 needs answer lengths and a price. Deviation: where lengths were not recorded or no price is known, the recorded bill
 * is regressed instead, in the same way, and takes no account of the prompt's tokens; a length is then what the bill
 * leaves at the price.
 */
export class LlmPredictors {
  /** Undefined where the mean label is all there is. */
  readonly qualityKind: RegressorKind | undefined
  /** Label less what the other folds predicted, shape [rows], NaN unknown; undefined where nothing was compared. */
  readonly qualityResiduals: Float64Array | undefined
  readonly #quality: ScalarRegressor
  readonly #tokens: AmountModel | undefined
  readonly #bill: AmountModel | undefined
  readonly #price: TokenPrice | undefined
  readonly #pool: PoolMeans

  private constructor(
    quality: FittedQuality,
    tokens: AmountModel | undefined,
    bill: AmountModel | undefined,
    price: TokenPrice | undefined,
    pool: PoolMeans,
  ) {
    this.qualityKind = quality.kind
    this.qualityResiduals = quality.residuals
    this.#quality = quality.regressor
    this.#tokens = tokens
    this.#bill = bill
    this.#price = price
    this.#pool = pool
  }

  /** @param x e_n of each row, row-major [rows × d]. */
  static fit(
    x: Float64Array,
    d: number,
    outcomes: LlmOutcomes,
    pool: PoolMeans,
    options: LlmPredictorsOptions,
    searches: NeighbourSearches,
  ): LlmPredictors {
    const { quality, price } = outcomes
    const amounts = (values: Float64Array, offset: number): AmountModel | undefined =>
      countKnown(values) < fewestAmounts ? undefined : AmountModel.fit(x, d, values, offset, options, searches)
    const tokens = amounts(outcomes.outputTokens, 1)
    const bill = tokens === undefined || price === undefined ? amounts(outcomes.costUsd, 0) : undefined
    return new LlmPredictors(fitQuality(x, d, quality, pool, options, searches), tokens, bill, price, pool)
  }

  /** Kind of what lengths or bills are predicted by; undefined where a mean is all there is. */
  get amountKind(): RegressorKind | undefined {
    return (this.#tokens ?? this.#bill)?.kind
  }

  /** Whether costs follow Eq. 5. */
  get hasLengths(): boolean {
    return this.#tokens !== undefined && this.#price !== undefined
  }

  /** [0, 1]. */
  quality(embedding: Float64Array): number {
    return Math.min(1, Math.max(0, this.#quality.predict(embedding)))
  }

  /** NaN when neither lengths nor bills at a price are known of any LLM. */
  outputTokens(embedding: Float64Array): number {
    if (this.#tokens !== undefined) return this.#tokens.predict(embedding)
    const perToken = (this.#price?.outputPerMillionTokensUsd ?? 0) / 1e6
    if (this.#bill === undefined || perToken === 0) return this.#pool.outputTokens
    return this.#bill.predict(embedding) / perToken
  }

  /** Eq. 5, USD; NaN when no bill is known of any LLM. @param inputTokens of the prompt. */
  costUsd(embedding: Float64Array, inputTokens: number): number {
    if (this.#bill !== undefined) return this.#bill.predict(embedding)
    const price = this.#price
    const tokens = this.#tokens?.predict(embedding) ?? this.#pool.outputTokens
    if (price === undefined || Number.isNaN(tokens)) return this.#pool.costUsd
    return (inputTokens * price.inputPerMillionTokensUsd + tokens * price.outputPerMillionTokensUsd) / 1e6
  }
}

interface FittedQuality {
  readonly kind: RegressorKind | undefined
  readonly regressor: ScalarRegressor
  readonly residuals: Float64Array | undefined
}

function fitQuality(
  x: Float64Array,
  d: number,
  quality: Float64Array,
  pool: PoolMeans,
  options: LlmPredictorsOptions,
  searches: NeighbourSearches,
): FittedQuality {
  const rows = Array.from(quality, (_, row) => row).filter((row) => !Number.isNaN(quality[row]!))
  if (rows.length < fewestLabels) {
    const mean = rows.length === 0 ? pool.quality : rows.reduce((sum, row) => sum + quality[row]!, 0) / rows.length
    return { kind: undefined, regressor: constantRegressor(mean), residuals: undefined }
  }
  const problem: RegressionProblem = {
    x: selectMatrixRows(x, rows, d),
    d,
    y: Float64Array.from(rows, (row) => quality[row]!),
    range: 'unit',
  }
  const key = rows.length === quality.length ? 'all' : rows.join()
  const candidates = candidatesOf[options.qualityKind]
  const [only] = candidates
  const chosen =
    candidates.length === 1 ? undefined : chooseRegressor(candidates, problem, ofRows(options, rows), searches, key)
  const candidate = chosen?.candidate ?? only!
  const regressor = fitRegressor(candidate, problem, options, () => searches.of(key, problem))
  const residuals = chosen && new Float64Array(quality.length).fill(Number.NaN)
  rows.forEach((row, i) => {
    if (residuals !== undefined) residuals[row] = quality[row]! - chosen!.outOfFold[i]!
  })
  return { kind: candidate.kind, regressor, residuals }
}

function countKnown(values: Float64Array): number {
  let known = 0
  for (const value of values) if (!Number.isNaN(value)) known++
  return known
}
