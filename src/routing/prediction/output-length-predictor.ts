import type { RoutingContext } from '../embedding/routing-context.ts'
import type { SnapshotData } from '../policy-store.ts'
import type { LlmId } from '../registry/llm.ts'
import { ClusterMap } from './cluster-map.ts'
import { RidgeMap } from './ridge-map.ts'
import { integersField, objectField, requireSnapshot, stringsField, vectorField } from './snapshot-fields.ts'
import { selectTrainingRows, type TrainingRows } from './training-rows.ts'

/** Fewer known answers than this, and an LLM's length is left to the priors. */
export const fewestLengths = 20

const validationFolds = 3

/** Numbers in {@link LengthParameters.kind}. */
const unknownKind = 0
const ridgeKind = 1
const clusterKind = 2

/** Per LLM, in the order of `llms`. */
interface LengthParameters {
  readonly kind: Int32Array
  /** Duan's smearing factor (1983): mean of exp(residual), out of fold. */
  readonly smearing: Float64Array
  /** The 90 % point of exp(residual), out of fold. */
  readonly spread90: Float64Array
  /** Range of log(1 + tokens) in training, beyond which nothing is extrapolated. */
  readonly low: Float64Array
  readonly high: Float64Array
  readonly meanTokens: Float64Array
  readonly p90Tokens: Float64Array
}

/**
 * Output tokens per LLM by regression on y = log(1 + tokens) (mathematics §3): ridge on {@link DesignVector} or shrunk
 * cluster means, per LLM the one with the smaller squared error out of fold. Cluster means stand in for nearest
 * neighbours: as local, and a tenth of the time on the request's path. The mean on the way back is exp(ŷ)·D − 1 with Duan's smearing factor D, the
 * 90 % point exp(ŷ)·Q₉₀ − 1.
 */
export class OutputLengthPredictor {
  readonly llms: readonly LlmId[]
  readonly #ridge: RidgeMap
  readonly #clusters: ClusterMap
  readonly #parameters: LengthParameters
  readonly #ridgeValues: Float64Array
  readonly #clusterValues: Float64Array

  private constructor(llms: readonly LlmId[], ridge: RidgeMap, clusters: ClusterMap, parameters: LengthParameters) {
    this.llms = llms
    this.#ridge = ridge
    this.#clusters = clusters
    this.#parameters = parameters
    this.#ridgeValues = new Float64Array(llms.length)
    this.#clusterValues = new Float64Array(llms.length)
  }

  /** @param rows at least one. @param options.seed of the folds and the clusters. */
  static fit(rows: TrainingRows, options: { readonly seed: number }): OutputLengthPredictor {
    const columns = rows.llms.length
    const logs = rows.outputTokens.map((tokens) => Math.log1p(tokens))
    const { ridge, clusters } = outOfFold(rows, logs, options.seed)
    const parameters = newParameters(columns)
    for (let llm = 0; llm < columns; llm++) {
      const cells = knownCells(logs, columns, llm)
      if (cells.length < fewestLengths) continue
      const useRidge = squaredError(ridge, logs, cells) <= squaredError(clusters, logs, cells)
      describeLengths(parameters, llm, rows.outputTokens, logs, useRidge ? ridge : clusters, cells)
      parameters.kind[llm] = useRidge ? ridgeKind : clusterKind
    }
    return new OutputLengthPredictor(
      [...rows.llms],
      RidgeMap.fit(rows.contexts, logs, columns),
      ClusterMap.fit(rows.contexts, logs, columns, { seed: options.seed }),
      parameters,
    )
  }

  /**
   * @param context one with an empty embedding (nothing was embedded) gets the LLM's overall mean and 90 % point.
   * @param tokens receives the expected output tokens, shape [llms.length]; NaN where too few answers were known.
   * @param tokensP90 receives the 90 % point, at least the mean. No allocation.
   */
  predict(context: RoutingContext, tokens: Float64Array, tokensP90: Float64Array): void {
    const { kind, smearing, spread90, low, high, meanTokens, p90Tokens } = this.#parameters
    const blind = context.embedding.length === 0
    if (!blind) {
      this.#ridge.predict(context, this.#ridgeValues)
      this.#clusters.predict(context, this.#clusterValues)
    }
    for (let llm = 0; llm < this.llms.length; llm++) {
      if (kind[llm] === unknownKind) {
        tokens[llm] = tokensP90[llm] = Number.NaN
      } else if (blind) {
        tokens[llm] = meanTokens[llm]!
        tokensP90[llm] = p90Tokens[llm]!
      } else {
        const value = kind[llm] === ridgeKind ? this.#ridgeValues[llm]! : this.#clusterValues[llm]!
        const middle = Math.exp(Math.min(high[llm]!, Math.max(low[llm]!, value)))
        tokens[llm] = Math.max(0, middle * smearing[llm]! - 1)
        tokensP90[llm] = Math.max(tokens[llm]!, middle * spread90[llm]! - 1)
      }
    }
  }

  snapshot(): SnapshotData {
    const { kind, smearing, spread90, low, high, meanTokens, p90Tokens } = this.#parameters
    return {
      formatVersion: 1,
      kind: 'output-length',
      llms: this.llms,
      ridge: this.#ridge.snapshot(),
      clusters: this.#clusters.snapshot(),
      chosen: kind.slice(),
      smearing: smearing.slice(),
      spread90: spread90.slice(),
      low: low.slice(),
      high: high.slice(),
      meanTokens: meanTokens.slice(),
      p90Tokens: p90Tokens.slice(),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): OutputLengthPredictor {
    const fields = requireSnapshot(data, 'output-length')
    const llms = stringsField(fields, 'llms')
    return new OutputLengthPredictor(
      llms,
      RidgeMap.restore(objectField(fields, 'ridge')),
      ClusterMap.restore(objectField(fields, 'clusters')),
      {
        kind: integersField(fields, 'chosen', llms.length),
        smearing: vectorField(fields, 'smearing', llms.length),
        spread90: vectorField(fields, 'spread90', llms.length),
        low: vectorField(fields, 'low', llms.length),
        high: vectorField(fields, 'high', llms.length),
        meanTokens: vectorField(fields, 'meanTokens', llms.length),
        p90Tokens: vectorField(fields, 'p90Tokens', llms.length),
      },
    )
  }
}

function newParameters(columns: number): LengthParameters {
  return {
    kind: new Int32Array(columns),
    smearing: new Float64Array(columns),
    spread90: new Float64Array(columns),
    low: new Float64Array(columns),
    high: new Float64Array(columns),
    meanTokens: new Float64Array(columns),
    p90Tokens: new Float64Array(columns),
  }
}

/** Every third row is predicted from the other two thirds: rows arrive in no particular order (the fit shuffles them). */
function outOfFold(
  rows: TrainingRows,
  logs: Float64Array,
  seed: number,
): { readonly ridge: Float64Array; readonly clusters: Float64Array } {
  const columns = rows.llms.length
  const ridge = new Float64Array(logs.length)
  const clusters = new Float64Array(logs.length)
  const all = Array.from({ length: rows.contexts.length }, (_, row) => row)
  const withLogs = { ...rows, outputTokens: logs }
  for (let fold = 0; fold < Math.min(validationFolds, all.length); fold++) {
    const fitRows = all.filter((row) => all.length === 1 || row % validationFolds !== fold)
    const train = selectTrainingRows(withLogs, fitRows)
    const ridgeMap = RidgeMap.fit(train.contexts, train.outputTokens, columns)
    const clusterMap = ClusterMap.fit(train.contexts, train.outputTokens, columns, { seed })
    for (const row of all) {
      if (row % validationFolds !== fold) continue
      ridgeMap.predict(rows.contexts[row]!, ridge.subarray(row * columns, (row + 1) * columns))
      clusterMap.predict(rows.contexts[row]!, clusters.subarray(row * columns, (row + 1) * columns))
    }
  }
  return { ridge, clusters }
}

function knownCells(cells: Float64Array, columns: number, column: number): readonly number[] {
  const known: number[] = []
  for (let cell = column; cell < cells.length; cell += columns) if (!Number.isNaN(cells[cell]!)) known.push(cell)
  return known
}

function squaredError(predicted: Float64Array, actual: Float64Array, cells: readonly number[]): number {
  let sum = 0
  for (const cell of cells) sum += (predicted[cell]! - actual[cell]!) ** 2
  return sum
}

function describeLengths(
  parameters: LengthParameters,
  llm: number,
  tokens: Float64Array,
  logs: Float64Array,
  predicted: Float64Array,
  cells: readonly number[],
): void {
  const factors = cells.map((cell) => Math.exp(logs[cell]! - predicted[cell]!))
  const lengths = cells.map((cell) => tokens[cell]!)
  parameters.smearing[llm] = mean(factors)
  parameters.spread90[llm] = quantile(factors, 0.9)
  parameters.low[llm] = cells.reduce((low, cell) => Math.min(low, logs[cell]!), Number.POSITIVE_INFINITY)
  parameters.high[llm] = cells.reduce((high, cell) => Math.max(high, logs[cell]!), Number.NEGATIVE_INFINITY)
  parameters.meanTokens[llm] = mean(lengths)
  parameters.p90Tokens[llm] = Math.max(parameters.meanTokens[llm]!, quantile(lengths, 0.9))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The smallest value that at least that share of the values does not exceed. */
function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))]!
}
