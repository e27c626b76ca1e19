import type { PolicyVersionSummary } from '../routing/policy-store.ts'

export interface RefitSchedule {
  /** Labels since the last refit that make another one due. 0: only hours do. */
  readonly afterLabels: number
  /** Hours since the last refit that make another one due, when there are {@link fewestNewLabels}. 0: only labels do. */
  readonly everyHours: number
}

export interface RefitState {
  readonly nowMs: number
  /** Labels there are. */
  readonly labels: number
  /** Labels that are in the newest refit. */
  readonly throughSequence: number
  /** When the newest refit was made; before the first, when the newest version was, or the service started. */
  readonly lastMs: number
  /** Labels there were when the last attempt began in this process; undefined: there was none. */
  readonly refusedAt: number | undefined
  readonly onTrial: boolean
  /** The rows of a fit by hand are there, under the embedder that serves. */
  readonly hasBaseRows: boolean
}

const hourMs = 3_600_000

/** With fewer new ones, time alone makes no refit worth its while. */
const fewestNewLabels = 100

/** Without rows of a fit by hand all is learned from the log, of which this much must be there. */
const fewestLabelsAlone = 500

/**
 * Whether a refit is due: enough labels, or enough hours and some labels, since the last one and since the last attempt; never while a candidate
 * is on trial, as its successor would end the trial; and not on fewer than 500 labels where no fit by hand went before.
 */
export function refitIsDue(state: RefitState, { afterLabels, everyHours }: RefitSchedule): boolean {
  const { labels, throughSequence, refusedAt, nowMs, lastMs, onTrial, hasBaseRows } = state
  if (onTrial || (!hasBaseRows && labels < fewestLabelsAlone)) return false
  const fresh = labels - Math.max(throughSequence, refusedAt ?? 0)
  if (afterLabels > 0 && fresh >= afterLabels) return true
  return everyHours > 0 && fresh >= fewestNewLabels && nowMs - lastMs >= everyHours * hourMs
}

/** @param versions oldest first. */
export function stateOfRefits(
  versions: readonly PolicyVersionSummary[],
  embedderId: string,
  startedMs: number,
): Pick<RefitState, 'throughSequence' | 'lastMs'> {
  const own = versions.filter((version) => version.embedderId === embedderId)
  const refits = own.filter(({ origin }) => origin === 'refit')
  return {
    throughSequence: Math.max(0, ...refits.map(({ throughSequence = 0 }) => throughSequence)),
    lastMs: (refits.at(-1) ?? own.at(-1))?.createdAtMs ?? startedMs,
  }
}
