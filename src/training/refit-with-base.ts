import { type FittedLlm, type FittedPolicy, fittedPolicy } from '../routing/prediction/fitted-policy.ts'
import { JoinedQualityPredictor } from '../routing/prediction/joined-quality-predictor.ts'
import type { QualityPredictor } from '../routing/prediction/quality-predictor.ts'
import { StackedQualityPredictor } from '../routing/prediction/stacked-quality-predictor.ts'
import { TokenCostPredictor } from '../routing/prediction/token-cost-predictor.ts'
import { summariseColumns, type TrainingRows } from '../routing/prediction/training-rows.ts'
import { withDescribedLlm } from '../routing/prediction/universal/described-policy.ts'
import type { LlmId } from '../routing/registry/llm.ts'
import { completeLog } from './complete-log.ts'
import { fewestLabels } from './fit-policy.ts'
import { type FitRowsOptions, type FittedRows, fitRows, type RowSource, type VersionName } from './fit-rows.ts'
import { fitMembers } from './fit-stack.ts'

/**
 * The base rows fitted as by hand, which gives the ridge's setting, the weights, κ, the guard and what describes LLMs never seen; then the
 * stack's members anew on the base rows and the logged ones, completed by {@link completeLog}. What was chosen out of fold stays as chosen: of a
 * request of which one answer is known, nothing tells how well LLMs are told apart. LLMs that only the log knows are described by it.
 */
export async function refitWithBase(
  base: RowSource,
  log: RowSource | undefined,
  name: VersionName,
  options: FitRowsOptions,
): Promise<FittedPolicy> {
  const first = await fitRows(base, name, options)
  if (log === undefined) return first.policy
  const own = columnsOf(log.rows, base.rows.llms)
  const completed = completeLog(first, base.rows, own)
  const rows = joinRows(base.rows, { ...own, quality: completed })
  const stack = await refitStack(first, rows, options)
  const before = first.policy.quality
  const quality =
    before instanceof JoinedQualityPredictor
      ? new JoinedQualityPredictor({ fitted: stack, universal: first.policy.universal!, described: before.described })
      : stack
  const known = joinRows(base.rows, own)
  const prices = base.llms.map(({ price }) => price)
  const policy = fittedPolicy({
    ...first.policy,
    quality,
    cost: TokenCostPredictor.fit(known, prices, options.folds),
    noise: labelNoise(first, base.rows, own),
    llms: first.policy.llms.map((llm, index) => relabelled(llm, index, known, stackMeans(rows))),
  })
  return describeNewcomers(policy, log, name)
}

async function refitStack(
  { stack }: FittedRows,
  rows: TrainingRows,
  { seed }: FitRowsOptions,
): Promise<StackedQualityPredictor> {
  const { deviations, counts } = summariseColumns(rows.quality, rows.llms.length)
  return new StackedQualityPredictor({
    members: await fitMembers(rows, seed, stack.ridge),
    weights: stack.quality.weights,
    trust: stack.quality.trust,
    means: stackMeans(rows),
    meanErrors: deviations.map((deviation, llm) => deviation / Math.sqrt(Math.max(1, counts[llm]!))),
  })
}

function stackMeans({ quality, llms }: TrainingRows): Float64Array {
  return summariseColumns(quality, llms.length).means
}

/** Root mean square of label − q̂ of the base fit: out of fold on its own rows, and on the log, which it has not seen. */
function labelNoise({ policy, stack }: FittedRows, base: TrainingRows, log: TrainingRows): Float64Array {
  const width = base.llms.length
  const logged = predictions(policy.quality, log)
  const squares = [
    ...stack.outOfFold.map((value, cell) => (base.quality[cell]! - value) ** 2),
    ...logged.map((value, cell) => (log.quality[cell]! - value) ** 2),
  ]
  return summariseColumns(Float64Array.from(squares), width).means.map(Math.sqrt)
}

function predictions(quality: QualityPredictor, { contexts, llms }: TrainingRows): Float64Array {
  const out = new Float64Array(contexts.length * llms.length)
  contexts.forEach((context, row) => {
    quality.predict(context, out.subarray(row * llms.length, (row + 1) * llms.length))
  })
  return out
}

function relabelled(llm: FittedLlm, index: number, known: TrainingRows, means: Float64Array): FittedLlm {
  const width = known.llms.length
  const cost = summariseColumns(known.costUsd, width)
  return {
    ...llm,
    labels: summariseColumns(known.quality, width).counts[index]!,
    meanQuality: llm.source === 'described' ? llm.meanQuality : means[index]!,
    meanCostUsd: cost.counts[index]! > 0 ? cost.means[index]! : undefined,
  }
}

/** LLMs of the log that the base rows do not know, with enough labels, each by the labels it has. */
function describeNewcomers(policy: FittedPolicy, log: RowSource, name: VersionName): FittedPolicy {
  if (policy.universal === undefined) return policy
  const width = log.llms.length
  const { counts } = summariseColumns(log.rows.quality, width)
  const known = new Set(policy.llms.map(({ id }) => id))
  const newcomers = log.llms.flatMap((llm, index) => {
    return known.has(llm.id) || counts[index]! < fewestLabels ? [] : [{ llm, index }]
  })
  return newcomers.reduce((described, { llm, index }) => {
    const rows = log.rows.contexts.flatMap((_, row) =>
      Number.isNaN(log.rows.quality[row * width + index]!) ? [] : [row],
    )
    const column = (cells: Float64Array) => Float64Array.from(rows, (row) => cells[row * width + index]!)
    const probes = {
      contexts: rows.map((row) => log.rows.contexts[row]!),
      quality: column(log.rows.quality),
      costUsd: column(log.rows.costUsd),
    }
    return { ...withDescribedLlm(described, llm, probes, name), description: name.description }
  }, policy)
}

/** The rows' cells in the columns of other LLMs; those that the rows do not know are unknown. */
function columnsOf(rows: TrainingRows, llms: readonly LlmId[]): TrainingRows {
  const places = llms.map((id) => rows.llms.indexOf(id))
  const pick = (cells: Float64Array): Float64Array => {
    const out = new Float64Array(rows.contexts.length * llms.length).fill(Number.NaN)
    for (let cell = 0; cell < out.length; cell++) {
      const place = places[cell % llms.length]!
      if (place !== -1) out[cell] = cells[Math.floor(cell / llms.length) * rows.llms.length + place]!
    }
    return out
  }
  return {
    llms,
    contexts: rows.contexts,
    quality: pick(rows.quality),
    costUsd: pick(rows.costUsd),
    inputTokens: pick(rows.inputTokens),
    outputTokens: pick(rows.outputTokens),
  }
}

/** Rows of the same LLMs, one after the other: what is in fold i of either stays in it only up to a shift, which no fit here minds. */
function joinRows(first: TrainingRows, second: TrainingRows): TrainingRows {
  const join = (a: Float64Array, b: Float64Array): Float64Array => {
    const whole = new Float64Array(a.length + b.length)
    whole.set(a)
    whole.set(b, a.length)
    return whole
  }
  return {
    llms: first.llms,
    contexts: [...first.contexts, ...second.contexts],
    quality: join(first.quality, second.quality),
    costUsd: join(first.costUsd, second.costUsd),
    inputTokens: join(first.inputTokens, second.inputTokens),
    outputTokens: join(first.outputTokens, second.outputTokens),
  }
}
