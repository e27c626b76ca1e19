import { type RandomSource, shuffle } from '../routing/numeric/random-source.ts'
import { ClusterQualityPredictor } from '../routing/prediction/cluster-quality-predictor.ts'
import { RidgeQualityPredictor } from '../routing/prediction/ridge-quality-predictor.ts'
import { selectTrainingRows, type TrainingRows } from '../routing/prediction/training-rows.ts'
import {
  deviationsAt,
  estimateFromProbes,
  estimatorNames,
  type ProbeRows,
  type UniversalBasis,
} from '../routing/prediction/universal/universal-estimators.ts'
import { basisOf, type UniversalTraining } from './universal-basis.ts'

/**
 * One rehearsal: every training LLM in turn plays the newcomer, described by the same N prompts by what the training LLMs of
 * other bases reach, and is then asked about other prompts. Matrices are row-major [asked × llms].
 */
export interface UniversalEpisode {
  readonly labels: number
  /** Rows of the training data that were asked. */
  readonly asked: readonly number[]
  /** By estimator: deviations from the level, and levels, shape [llms]. */
  readonly deviations: readonly Float64Array[]
  readonly levels: readonly Float64Array[]
  /** By the newcomer's own predictor, fitted on its N labels alone. */
  readonly own: Float64Array
  /** What came out; NaN is unknown. */
  readonly quality: Float64Array
}

/** More say little more, and cost as much again. */
const mostAsked = 300

/** @param random draws the N prompts and those asked. */
export function playEpisode(training: UniversalTraining, labels: number, random: RandomSource): UniversalEpisode {
  const { rows } = training
  const width = rows.llms.length
  const order = Int32Array.from(rows.contexts.keys())
  shuffle(order, random)
  const probes = [...order.subarray(0, labels)]
  const asked = [...order.subarray(labels, labels + mostAsked)]
  const deviations = estimatorNames.map(() => new Float64Array(asked.length * width))
  const levels = estimatorNames.map(() => new Float64Array(width))
  for (const base of new Set(training.bases)) {
    const family = rows.llms.flatMap((_, llm) => (training.bases[llm] === base ? [llm] : []))
    describeFamily(training, family, { probes, asked, deviations, levels })
  }
  const { quality } = selectTrainingRows(rows, asked)
  return { labels, asked, deviations, levels, own: predictOwn(rows, probes, asked), quality }
}

interface Rehearsal extends Pick<UniversalEpisode, 'asked' | 'deviations' | 'levels'> {
  readonly probes: readonly number[]
}

/** Fills the columns of LLMs of one base; none of them helps to describe another. */
function describeFamily(training: UniversalTraining, family: readonly number[], rehearsal: Rehearsal): void {
  const { rows, base } = training
  const width = rows.llms.length
  const others = rows.llms.flatMap((_, llm) => (family.includes(llm) ? [] : [llm]))
  const basis = basisOf(training, others)
  const { probes, asked } = rehearsal
  const scales = basis.scales.length
  const known = {
    assignment: pickRows(training.assignment, probes, scales),
    base: pickColumns(base, probes, width, others),
    anchors: pickColumns(rows.quality, probes, width, others),
  }
  const askedBase = pickColumns(base, asked, width, others)
  const askedAssignment = pickRows(training.assignment, asked, scales)
  for (const llm of family) {
    const costUsd = training.cost.counts[llm]! > 0 ? training.cost.means[llm]! : undefined
    const quality = pickColumns(rows.quality, probes, width, [llm])
    describeNewcomer(basis, { ...known, quality, costUsd }, llm, { ...rehearsal, askedBase, askedAssignment })
  }
}

function describeNewcomer(
  basis: UniversalBasis,
  probes: ProbeRows,
  llm: number,
  {
    askedBase,
    askedAssignment,
    ...rehearsal
  }: Rehearsal & { readonly askedBase: Float64Array; readonly askedAssignment: Int32Array },
): void {
  const estimates = estimateFromProbes(basis, probes)
  const width = rehearsal.levels[0]!.length
  const others = basis.baseMeans.length
  const scales = basis.scales.length
  const out = new Float64Array(estimatorNames.length)
  for (let j = 0; j < out.length; j++) rehearsal.levels[j]![llm] = estimates.levels[j]!
  for (let row = 0; row < rehearsal.asked.length; row++) {
    const assignment = askedAssignment.subarray(row * scales, (row + 1) * scales)
    deviationsAt(basis, estimates, assignment, askedBase.subarray(row * others, (row + 1) * others), out)
    for (let j = 0; j < out.length; j++) rehearsal.deviations[j]![row * width + llm] = out[j]!
  }
}

/** The mean of ridge and shrunk clusters: what a policy fitted on so few prompts would say. */
function predictOwn(rows: TrainingRows, probes: readonly number[], asked: readonly number[]): Float64Array {
  const width = rows.llms.length
  const labelled = selectTrainingRows(rows, probes)
  const predictors = [RidgeQualityPredictor.fit(labelled), ClusterQualityPredictor.fit(labelled, { seed: 1 })]
  const predicted = new Float64Array(asked.length * width)
  const one = new Float64Array(width)
  asked.forEach((row, index) => {
    for (const predictor of predictors) {
      predictor.predict(rows.contexts[row]!, one)
      for (let llm = 0; llm < width; llm++) predicted[index * width + llm]! += one[llm]! / predictors.length
    }
  })
  return predicted
}

function pickRows(cells: Int32Array, rows: readonly number[], width: number): Int32Array {
  const picked = new Int32Array(rows.length * width)
  rows.forEach((row, index) => {
    picked.set(cells.subarray(row * width, (row + 1) * width), index * width)
  })
  return picked
}

function pickColumns(
  cells: Float64Array,
  rows: readonly number[],
  width: number,
  columns: readonly number[],
): Float64Array {
  const picked = new Float64Array(rows.length * columns.length)
  let next = 0
  for (const row of rows) for (const column of columns) picked[next++] = cells[row * width + column]!
  return picked
}
