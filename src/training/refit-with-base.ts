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
import { keepDescribed } from './keep-described.ts'

/** Rows that κ = 1 is worth before any is seen. */
const trustPrior = 500

export interface RefitParts {
  readonly base: RowSource
  readonly log: RowSource | undefined
  /** LLMs that changed since the base rows, and whose labels since are in the log: base labels and estimates are moved to the level of those. */
  readonly shifted: ReadonlySet<LlmId>
  /** The serving version, where LLMs joined it by their probes. */
  readonly parent?: FittedPolicy | undefined
}

/**
 * The base rows fitted as by hand, which gives the ridge's setting, the weights, the guard and what describes LLMs never seen; then the
 * stack's members anew on the base rows and the logged ones, completed by {@link completeLog}. What was chosen out of fold stays as chosen, but
 * for κ, which is drawn to 1: of a request of which one answer is known, nothing tells how well LLMs are told apart. LLMs that only the log knows
 * are described by it.
 */
export async function refitWithBase(
  { base, log, shifted, parent }: RefitParts,
  name: VersionName,
  options: FitRowsOptions,
): Promise<FittedPolicy> {
  const first = await fitRows(base, name, options)
  if (log === undefined) return keepDescribed(first.policy, parent)
  const own = columnsOf(log.rows, base.rows.llms)
  const estimates = predictions(first.policy.quality, own)
  const shifts = levelShifts(own, estimates, shifted)
  addByColumn(estimates, shifts)
  const moved = { ...base.rows, quality: addByColumn(base.rows.quality.slice(), shifts) }
  const residuals = residualsOf(first, base.rows)
  const { ridge } = first.stack
  const completed = await completeLog({ base: moved, log: own, estimates, residuals, ridge })
  const rows = joinRows(moved, { ...own, quality: completed })
  const trust = trustOf(first, base.rows.contexts.length)
  const stack = await refitStack(first, rows, trust, options)
  const before = first.policy.quality
  const quality =
    before instanceof JoinedQualityPredictor
      ? new JoinedQualityPredictor({ fitted: stack, universal: first.policy.universal!, described: before.described })
      : stack
  const known = joinRows(moved, own)
  const prices = base.llms.map(({ price }) => price)
  const policy = fittedPolicy({
    ...first.policy,
    quality,
    cost: TokenCostPredictor.fit(known, prices, options.folds),
    noise: labelNoise(
      residuals,
      own.quality.map((value, cell) => value - estimates[cell]!),
      own.llms.length,
    ),
    llms: relabelled(first.policy.llms, known, stackMeans(rows)),
  })
  return describeNewcomers(keepDescribed(policy, parent), log, name, new Set(parent?.llms))
}

/** y − q̂ out of fold, row-major, NaN unknown. */
function residualsOf({ stack }: FittedRows, { quality }: TrainingRows): Float64Array {
  return quality.map((value, cell) => value - stack.outOfFold[cell]!)
}

/** Mean of y − q̂ over the log, of the LLMs that changed; 0 of the others. */
function levelShifts(log: TrainingRows, estimates: Float64Array, shifted: ReadonlySet<LlmId>): Float64Array {
  const { means, counts } = summariseColumns(
    log.quality.map((value, cell) => value - estimates[cell]!),
    log.llms.length,
  )
  return means.map((mean, llm) => (shifted.has(log.llms[llm]!) && counts[llm]! > 0 ? mean : 0))
}

/** In place, held to [0, 1]; unknown stays unknown. */
function addByColumn(cells: Float64Array, shifts: Float64Array): Float64Array {
  for (let cell = 0; cell < cells.length; cell++) {
    const shift = shifts[cell % shifts.length]!
    if (shift !== 0) cells[cell] = Math.min(1, Math.max(0, cells[cell]! + shift))
  }
  return cells
}

/**
 * κ, that of the base rows drawn to 1: over a few hundred rows it is mostly chance (mathematics §23), and it speaks of a fit without the log.
 */
function trustOf({ stack }: FittedRows, baseRows: number): number {
  return (baseRows * stack.quality.trust + trustPrior) / (baseRows + trustPrior)
}

async function refitStack(
  { stack }: FittedRows,
  rows: TrainingRows,
  trust: number,
  { seed }: FitRowsOptions,
): Promise<StackedQualityPredictor> {
  const { deviations, counts } = summariseColumns(rows.quality, rows.llms.length)
  return new StackedQualityPredictor({
    members: await fitMembers(rows, seed, stack.ridge),
    weights: stack.quality.weights,
    trust,
    means: stackMeans(rows),
    meanErrors: deviations.map((deviation, llm) => deviation / Math.sqrt(Math.max(1, counts[llm]!))),
  })
}

function stackMeans({ quality, llms }: TrainingRows): Float64Array {
  return summariseColumns(quality, llms.length).means
}

/** Root mean square of label − q̂ of the base fit: out of fold on its own rows, and on the log, which it has not seen. */
function labelNoise(base: Float64Array, log: Float64Array, width: number): Float64Array {
  const squares = new Float64Array(base.length + log.length)
  squares.set(base)
  squares.set(log, base.length)
  for (let cell = 0; cell < squares.length; cell++) squares[cell]! *= squares[cell]!
  return summariseColumns(squares, width).means.map(Math.sqrt)
}

function predictions(quality: QualityPredictor, { contexts, llms }: TrainingRows): Float64Array {
  const out = new Float64Array(contexts.length * llms.length)
  contexts.forEach((context, row) => {
    quality.predict(context, out.subarray(row * llms.length, (row + 1) * llms.length))
  })
  return out
}

function relabelled(llms: readonly FittedLlm[], known: TrainingRows, means: Float64Array): FittedLlm[] {
  const { counts } = summariseColumns(known.quality, known.llms.length)
  const cost = summariseColumns(known.costUsd, known.llms.length)
  return llms.map((llm, index) => ({
    ...llm,
    labels: counts[index]!,
    meanQuality: llm.source === 'described' ? llm.meanQuality : means[index]!,
    meanCostUsd: cost.counts[index]! > 0 ? cost.means[index]! : undefined,
  }))
}

/** LLMs of the log that the base rows do not know, with enough labels and more than probes gave, each by the labels it has. */
function describeNewcomers(
  policy: FittedPolicy,
  log: RowSource,
  name: VersionName,
  byProbes: ReadonlySet<FittedLlm>,
): FittedPolicy {
  if (policy.universal === undefined) return policy
  const width = log.llms.length
  const { counts } = summariseColumns(log.rows.quality, width)
  const enough = new Map(
    policy.llms.map((llm) => [llm.id, byProbes.has(llm) ? llm.labels + 1 : Number.POSITIVE_INFINITY]),
  )
  const newcomers = log.llms.flatMap((llm, index) => {
    return counts[index]! < Math.max(fewestLabels, enough.get(llm.id) ?? 0) ? [] : [{ llm, index }]
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
