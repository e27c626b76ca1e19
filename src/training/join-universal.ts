import { type DescribedLlm, JoinedQualityPredictor } from '../routing/prediction/joined-quality-predictor.ts'
import type { QualityPredictor } from '../routing/prediction/quality-predictor.ts'
import { summariseColumns, type TrainingRows } from '../routing/prediction/training-rows.ts'
import type { UniversalModel } from '../routing/prediction/universal/universal-model.ts'
import { type FitUniversalOptions, fewLabelsShare, fitUniversal } from './fit-universal.ts'

export interface UniversalSource {
  readonly rows: TrainingRows
  /** Of `rows.llms`. */
  readonly bases: readonly string[]
  readonly quality: QualityPredictor
  /** Its out-of-fold q̂, row-major. */
  readonly outOfFold: Float64Array
}

export interface JoinedUniversal {
  readonly quality: QualityPredictor
  /** Undefined with fewer than two LLMs of many labels: there is nothing to be like. */
  readonly universal: UniversalModel | undefined
  /** Indices of the LLMs with so few labels that `quality` makes their estimates from the others', too. */
  readonly described: readonly number[]
}

const fewestTrainingLlms = 2

/**
 * The universal model of a fitted pool (mathematics §19): its training LLMs are those with many labels, and those with few are described by
 * what labels they have, joined to their own fits by v = n/(n + n₀).
 */
export async function joinUniversal(
  { rows, bases, quality, outOfFold }: UniversalSource,
  options: FitUniversalOptions,
): Promise<JoinedUniversal> {
  const width = rows.llms.length
  const { counts } = summariseColumns(rows.quality, width)
  const many = Math.max(...counts) * fewLabelsShare
  const training = rows.llms.flatMap((_, llm) => (counts[llm]! >= many ? [llm] : []))
  if (training.length < fewestTrainingLlms) return { quality, universal: undefined, described: [] }
  const described = rows.llms.flatMap((_, llm) => (counts[llm]! < many ? [llm] : []))
  const columns = (cells: Float64Array): Float64Array => pickColumns(cells, width, training)
  const trainingRows: TrainingRows = {
    llms: training.map((llm) => rows.llms[llm]!),
    contexts: rows.contexts,
    quality: columns(rows.quality),
    costUsd: columns(rows.costUsd),
    inputTokens: columns(rows.inputTokens),
    outputTokens: columns(rows.outputTokens),
  }
  const base = columns(outOfFold)
  const source = { rows: trainingRows, base, bases: training.map((llm) => bases[llm]!) }
  const universal = await fitUniversal(source, options)
  if (described.length === 0) return { quality, universal, described }
  const costs = summariseColumns(rows.costUsd, width)
  const descriptions = described.map((llm): DescribedLlm => {
    const labels = pickColumns(rows.quality, width, [llm])
    const description = universal.describe({
      contexts: rows.contexts,
      quality: labels,
      base,
      anchors: trainingRows.quality,
      costUsd: costs.counts[llm]! > 0 ? costs.means[llm]! : undefined,
    })
    return { llm: rows.llms[llm]!, description }
  })
  return {
    quality: new JoinedQualityPredictor({ fitted: quality, universal, described: descriptions }),
    universal,
    described,
  }
}

function pickColumns(cells: Float64Array, width: number, columns: readonly number[]): Float64Array {
  const picked = new Float64Array((cells.length / width) * columns.length)
  for (let row = 0; row < cells.length / width; row++) {
    columns.forEach((column, index) => {
      picked[row * columns.length + index] = cells[row * width + column]!
    })
  }
  return picked
}
