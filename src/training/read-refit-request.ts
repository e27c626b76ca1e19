import type { DecisionStore } from '../routing/decision-store.ts'
import type { FeedbackStore } from '../routing/feedback-store.ts'
import type { ChangeAlarm } from '../routing/learning/residual-state.ts'
import type { Label } from '../routing/outcome.ts'
import type { PolicyStore } from '../routing/policy-store.ts'
import { type FittedPolicy, snapshotPolicy } from '../routing/prediction/fitted-policy.ts'
import { JoinedQualityPredictor } from '../routing/prediction/joined-quality-predictor.ts'
import type { Llm, LlmId } from '../routing/registry/llm.ts'
import type { RoutingPolicy } from '../routing/routing-policy.ts'
import { type LogRow, logCells } from './log-cells.ts'
import { packLog } from './pack-log.ts'
import type { RefitRequest } from './refit-policy.ts'
import { readSavedRows, type SavedRows } from './saved-rows.ts'

export interface RefitStores {
  readonly feedback: Pick<FeedbackStore, 'labelsAfter' | 'latestSequence'>
  readonly decisions: Pick<DecisionStore, 'get'>
  readonly policies: Pick<PolicyStore, 'trainingRows'>
}

/** Judged requests that a refit reads at most, the newest; their matrices hold 2·10⁸ bytes at most. */
const mostRows = 50_000
const mostCells = 4_000_000

/** A judged request may have several labels: so many of the newest are looked through per row. */
const labelsPerRow = 4

/** Few at a time: reading must not hold up answers. */
const pageSize = 64

/** Of folds, clusters and forest. */
const seed = 1

/**
 * Collects what a refit of the serving version reads: the rows of the last fit by hand, and the newest judged requests under its embedder,
 * with what their answers cost. Labels that come while it reads are not in it.
 *
 * @param policy the version that serves. @param signal an abort ends it before the next page or request.
 * @throws {RoutingError} `unknown_snapshot_format` for base rows that cannot be read; the signal's reason
 */
export async function readRefitRequest(
  stores: RefitStores,
  policy: RoutingPolicy,
  pool: readonly Llm[],
  nowMs: number,
  signal?: AbortSignal,
): Promise<RefitRequest> {
  const throughSequence = await stores.feedback.latestSequence()
  const changed = changesOf(policy)
  const saved = await stores.policies.trainingRows()
  const base = saved?.embedderId === policy.embedder.id ? readSavedRows(saved.data) : undefined
  const limit = Math.min(mostRows, Math.floor(mostCells / Math.max(1, pool.length)))
  const rows = await readLog(stores, { embedderId: policy.embedder.id, throughSequence, changed, limit, signal })
  return {
    seed,
    now: Math.floor(nowMs),
    embedderId: policy.embedder.id,
    base,
    log: await packLog(rows, pool, base),
    conversations: rows.map(({ conversationId }) => conversationId),
    prices: new Map(pool.flatMap(({ id, price }) => (price === undefined ? [] : [[id, price] as const]))),
    changed,
    parent: holdsNewcomers(policy.fitted, base) ? snapshotPolicy(policy.fitted) : undefined,
    parentId: policy.fitted?.isStarter === false ? policy.version : undefined,
    throughSequence,
  }
}

/** Whether LLMs joined it by their probes. */
function holdsNewcomers(fitted: FittedPolicy | undefined, base: SavedRows | undefined): fitted is FittedPolicy {
  if (fitted === undefined || fitted.isStarter || !(fitted.quality instanceof JoinedQualityPredictor)) return false
  return fitted.quality.described.some(({ llm }) => base === undefined || !base.llms.some(({ id }) => id === llm))
}

/** The latest change of each LLM, now or before the version was fitted. */
function changesOf({ alarms, fitted }: Pick<RoutingPolicy, 'alarms' | 'fitted'>): ReadonlyMap<LlmId, number> {
  const changes = new Map<LlmId, number>()
  for (const { id, changedAt } of fitted?.llms ?? []) if (changedAt !== undefined) changes.set(id, changedAt)
  for (const { llm, sequence } of alarms as readonly ChangeAlarm[]) {
    changes.set(llm, Math.max(sequence, changes.get(llm) ?? 0))
  }
  return changes
}

interface LogBounds {
  readonly embedderId: string
  readonly throughSequence: number
  readonly changed: ReadonlyMap<LlmId, number>
  readonly limit: number
  readonly signal: AbortSignal | undefined
}

async function readLog(stores: RefitStores, bounds: LogBounds): Promise<LogRow[]> {
  const labels = await readLabels(stores.feedback, bounds)
  const rows: LogRow[] = []
  for (const [decisionId, said] of labels) {
    bounds.signal?.throwIfAborted()
    const stored = await stores.decisions.get(decisionId)
    // Taken away by retention meanwhile.
    if (stored === undefined) continue
    const cells = logCells(said, stored)
    if (cells.length === 0) continue
    const { conversationId } = stored.decision
    rows.push({ decisionId, conversationId, context: said[0]!.context, cells })
  }
  return rows
}

/** Labels of the newest decisions, in order, by decision; the oldest decision first. */
async function readLabels(
  feedback: RefitStores['feedback'],
  { embedderId, throughSequence, changed, limit, signal }: LogBounds,
): Promise<ReadonlyMap<string, Label[]>> {
  const byDecision = new Map<string, Label[]>()
  let after = Math.max(0, throughSequence - limit * labelsPerRow)
  while (after < throughSequence) {
    signal?.throwIfAborted()
    const page = await feedback.labelsAfter(after, pageSize)
    for (const label of page) {
      if (label.sequence > throughSequence || label.sequence <= (changed.get(label.llm) ?? 0)) continue
      if (label.context.embedderId !== embedderId || label.context.embedding.length === 0) continue
      const said = byDecision.get(label.decisionId)
      if (said !== undefined) said.push(label)
      else byDecision.set(label.decisionId, [label])
      if (byDecision.size > limit) byDecision.delete(byDecision.keys().next().value!)
    }
    if (page.length < pageSize) break
    after = page.at(-1)!.sequence
  }
  return byDecision
}
