import type { LoggedDecision, LoggedLabel } from '../../routing/decision-store.ts'
import { decodeDecisionOver, parseCandidateList } from '../decision-row.ts'
import { decodeSettlement } from '../settlement-row.ts'
import type { LoggedLabelRow, LogPage } from './decision-log.ts'
import type { StorageCalls } from './storage-calls.ts'

/** Decisions read at a time: each thread is busy with them for about two milliseconds, then what waits gets its turn. */
const pageSize = 64

/** Reads the log page by page, so that neither writers nor this thread are held up. */
export async function readLog(client: StorageCalls, afterId: string, limit: number): Promise<LoggedDecision[]> {
  const log: LoggedDecision[] = []
  for (let after = afterId; log.length < limit; ) {
    const wanted = Math.min(pageSize, limit - log.length)
    const page = decodePage(await client.read('logPage', after, wanted))
    log.push(...page)
    if (page.length < wanted) break
    after = page.at(-1)!.decision.id
  }
  return log
}

function decodePage({ decisions, lists, settlements, labels }: LogPage): LoggedDecision[] {
  const candidateLists = lists.map(parseCandidateList)
  let settled = 0
  let said = 0
  return decisions.map(({ list, ...row }) => {
    const settlement = settlements[settled]
    const isSettled = settlement?.decision_id === row.id
    if (isSettled) settled += 1
    const from = said
    while (labels[said]?.decision_id === row.id) said += 1
    return {
      decision: decodeDecisionOver(row, candidateLists[list]!),
      settlement: isSettled ? decodeSettlement(settlement) : undefined,
      labels: latestWords(labels.slice(from, said)),
    }
  })
}

/** @param labels of one decision; of one source in the order of their sequences. */
function latestWords(labels: readonly LoggedLabelRow[]): LoggedLabel[] {
  const latest = new Map<string, LoggedLabel>()
  for (const { decision_id: _, ...label } of labels) latest.set(JSON.stringify([label.source, label.llm]), label)
  return [...latest.values()].sort((a, b) => a.sequence - b.sequence)
}
