import { type PreparedData, trainTestRows } from '../../evaluation-data.ts'
import { bootstrapReplicates } from '../../metrics/prompt-bootstrap.ts'
import type { FinishedUnit } from '../../protocol.ts'
import type { JoinedRow } from './joined-row.ts'
import type { StaticOutput } from './static-output.ts'

export interface NotedRun {
  readonly prepared: PreparedData
  readonly rows: readonly JoinedRow[]
  /** The units that fitted a policy. */
  readonly fitted: readonly FinishedUnit<StaticOutput>[]
  readonly seeds: readonly number[]
}

/** What a reader must know to read the figures right. */
export function staticNotes({ prepared, rows, fitted, seeds }: NotedRun): string[] {
  return [
    ...prepared.notes,
    splitNote(prepared, seeds[0]!),
    ...priceNotes(prepared),
    `Intervals are percentiles of ${bootstrapReplicates} bootstrap replicates over groups of test prompts, the same draws for every policy. ${
      seeds.length === 1
        ? 'With one seed they do not hold the spread between fits.'
        : `Each replicate also draws with replacement from the ${seeds.length} seeds, so that they hold the spread between fits.`
    }`,
    'zero-router is the hull of the fixed LLMs as they turn out on the test prompts, a bound that nobody can pick beforehand; with hull = train, the LLMs that lay on the hull of the training prompts. The best single LLM that metrics refer to is the best on the test prompts; the row best-single was picked on the training prompts.',
    'A policy whose cheapest setting costs more than the cheapest LLM is joined to that LLM, as whoever has a router may send any share of the requests there.',
    ...reachNotes(rows),
    ...secondsNotes(fitted),
  ]
}

function splitNote(prepared: PreparedData, seed: number): string {
  const { train, test } = trainTestRows(prepared, seed)
  const sizes = `${train.length} prompts to fit, ${test.length} to test`
  return prepared.ownSplit === undefined
    ? `The set brings no split: 70 % of the groups of prompts by a hash for each seed (seed ${seed}: ${sizes}).`
    : `The set's own split: ${sizes}; seeds vary the algorithms only.`
}

function priceNotes({ data }: PreparedData): string[] {
  const counts = new Map<string, number>()
  for (const { extra } of data.llms) {
    if (typeof extra.priceKind === 'string') counts.set(extra.priceKind, (counts.get(extra.priceKind) ?? 0) + 1)
  }
  if (counts.size === 0) return []
  const kinds = [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ')
  return [`Prices of the LLMs, as the set names their origin: ${kinds}.`]
}

function reachNotes(rows: readonly JoinedRow[]): string[] {
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`
  const never = rows.filter((row) => row.reachedShare('qncOwn') < 1)
  if (never.length === 0) return []
  const shares = never.map((row) => `${row.label} ${percent(row.reachedShare('qncOwn'))}`).join(', ')
  return [
    `QNC: share of replicates in which the best single LLM's quality is reached on every seed, where it is not all of them: ${shares}. A policy that does not reach it on the prompts as they are has no QNC; an interval without an upper end means that more than 2.5 % of the replicates do not.`,
  ]
}

function secondsNotes(fitted: readonly FinishedUnit<StaticOutput>[]): string[] {
  const seconds = new Map<string, number[]>()
  for (const { output } of fitted) {
    const row = output.rows[0]
    if (row === undefined || output.seconds === null) continue
    const taken = seconds.get(row.policy) ?? []
    seconds.set(row.policy, [...taken, output.seconds.fit + output.seconds.choose])
  }
  if (seconds.size === 0) return []
  const shown = [...seconds].map(([policy, taken]) => `${policy} ${median(taken).toFixed(1)}`)
  return [
    `Seconds to fit and to choose on all settings, median over seeds, on the machine that ran it: ${shown.join(', ')}.`,
  ]
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}
