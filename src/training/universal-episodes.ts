import { type RandomSource, shuffle } from '../routing/numeric/random-source.ts'
import { ClusterQualityPredictor } from '../routing/prediction/cluster-quality-predictor.ts'
import { RidgeQualityPredictor } from '../routing/prediction/ridge-quality-predictor.ts'
import type { TrainingRows } from '../routing/prediction/training-rows.ts'
import {
  deviationsAt,
  estimateFromProbes,
  estimatorNames,
  type ProbeRows,
  type UniversalBasis,
} from '../routing/prediction/universal/universal-estimators.ts'
import { basisOf, type UniversalTraining } from './universal-basis.ts'

/**
 * One rehearsal: the training LLMs in turn (drawn where there are many) play the newcomer, described by the same N prompts by what the training LLMs of
 * other bases reach, and are then asked about other prompts. Matrices are row-major [asked × newcomers].
 */
export interface UniversalEpisode {
  readonly labels: number
  /** Columns of the training LLMs that play the newcomer. */
  readonly newcomers: readonly number[]
  /** Rows of the training data that were asked. */
  readonly asked: readonly number[]
  /** By estimator: deviations from the level, and levels, shape [newcomers]. */
  readonly deviations: readonly Float64Array[]
  readonly levels: readonly Float64Array[]
  /** By the newcomer's own predictor, fitted on its N labels alone. */
  readonly own: Float64Array
  /** What came out; NaN is unknown. */
  readonly quality: Float64Array
}

/** More say little more, and cost as much again. */
const mostAsked = 300

/** Of one rehearsal: each takes O(N·M² + M³), and others play in the next. */
const mostNewcomers = 24

/** @param random draws the N prompts and those asked. */
export function playEpisode(training: UniversalTraining, labels: number, random: RandomSource): UniversalEpisode {
  const { rows } = training
  const families = drawFamilies(training.bases, random)
  const newcomers = families.flat()
  const width = newcomers.length
  const order = Int32Array.from(rows.contexts.keys())
  shuffle(order, random)
  const probes = [...order.subarray(0, labels)]
  const asked = [...order.subarray(labels, labels + mostAsked)]
  const deviations = estimatorNames.map(() => new Float64Array(asked.length * width))
  const levels = estimatorNames.map(() => new Float64Array(width))
  for (const family of families) describeFamily(training, family, { newcomers, probes, asked, deviations, levels })
  return {
    labels,
    newcomers,
    asked,
    deviations,
    levels,
    own: predictOwn(rows, newcomers, probes, asked),
    quality: pickColumns(rows.quality, asked, rows.llms.length, newcomers),
  }
}

/** Families drawn until {@link mostNewcomers} LLMs are together, all where there are no more. */
function drawFamilies(bases: readonly string[], random: RandomSource): number[][] {
  const families = [...new Set(bases)].map((base) => bases.flatMap((own, llm) => (own === base ? [llm] : [])))
  if (bases.length <= mostNewcomers) return families
  const order = Int32Array.from(families.keys())
  shuffle(order, random)
  const drawn: number[][] = []
  let left: number = mostNewcomers
  for (const index of order) {
    if (left <= 0) break
    const family = families[index]!.slice(0, left)
    drawn.push(family)
    left -= family.length
  }
  return drawn
}

interface Rehearsal extends Pick<UniversalEpisode, 'newcomers' | 'asked' | 'deviations' | 'levels'> {
  readonly probes: readonly number[]
}

/** Fills the columns of LLMs of one base; none of them helps to describe another. */
function describeFamily(training: UniversalTraining, family: readonly number[], rehearsal: Rehearsal): void {
  const { rows, base } = training
  const width = rows.llms.length
  const others = rows.llms.flatMap((_, llm) => (training.bases[llm] === training.bases[family[0]!] ? [] : [llm]))
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
  const width = rehearsal.newcomers.length
  const place = rehearsal.newcomers.indexOf(llm)
  const others = basis.baseMeans.length
  const scales = basis.scales.length
  const out = new Float64Array(estimatorNames.length)
  for (let j = 0; j < out.length; j++) rehearsal.levels[j]![place] = estimates.levels[j]!
  for (let row = 0; row < rehearsal.asked.length; row++) {
    const assignment = askedAssignment.subarray(row * scales, (row + 1) * scales)
    deviationsAt(basis, estimates, assignment, askedBase.subarray(row * others, (row + 1) * others), out)
    for (let j = 0; j < out.length; j++) rehearsal.deviations[j]![row * width + place] = out[j]!
  }
}

/** The mean of ridge and shrunk clusters: what a policy fitted on so few prompts would say. */
function predictOwn(
  rows: TrainingRows,
  newcomers: readonly number[],
  probes: readonly number[],
  asked: readonly number[],
): Float64Array {
  const width = newcomers.length
  const columns = (cells: Float64Array): Float64Array => pickColumns(cells, probes, rows.llms.length, newcomers)
  const labelled: TrainingRows = {
    llms: newcomers.map((llm) => rows.llms[llm]!),
    contexts: probes.map((row) => rows.contexts[row]!),
    quality: columns(rows.quality),
    costUsd: columns(rows.costUsd),
    inputTokens: columns(rows.inputTokens),
    outputTokens: columns(rows.outputTokens),
  }
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
