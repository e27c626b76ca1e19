import type { DecisionStore } from '../routing/decision-store.ts'
import type { DecidedRequest } from './predicted-choices.ts'
import type { SeenProbe } from './probe-contexts.ts'

/** Requests that a forecast is over. */
export interface TypicalRequests {
  readonly from: 'decisions' | 'probes'
  readonly count: number
  readonly list: readonly DecidedRequest[]
}

const mostRequests = 2_000

/** Fewer of one's own say less of one's traffic than a set made to be varied. */
const fewestRequests = 100

const hourMs = 3_600_000
const windowsMs = [hourMs, 6 * hourMs, 24 * hourMs, 7 * 24 * hourMs, 30 * 24 * hourMs]

/**
 * What is asked of this pool: up to 2,000 decisions of the shortest time that holds so many, named LLMs and other embedders' left out;
 * where there are fewer than 100 the probes themselves.
 *
 * @param idAt the smallest id a decision could have got at that time.
 */
export async function typicalRequests(
  decisions: Pick<DecisionStore, 'logged'>,
  seen: readonly SeenProbe[],
  {
    embedderId,
    nowMs,
    idAt,
  }: { readonly embedderId: string; readonly nowMs: number; readonly idAt: (ms: number) => string },
): Promise<TypicalRequests> {
  let list: DecidedRequest[] = []
  for (const windowMs of windowsMs) {
    const logged = await decisions.logged(idAt(nowMs - windowMs), mostRequests)
    list = logged
      .filter(({ decision }) => !decision.pinned && decision.context.embedderId === embedderId)
      .map(({ decision: { context, inputTokens, maxOutputTokens, choices } }) => ({
        context,
        size: { inputTokens, maxOutputTokens, choices },
      }))
    if (logged.length === mostRequests) break
  }
  if (list.length >= fewestRequests) return { from: 'decisions', count: list.length, list }
  const probes = seen.map(({ context, request }) => ({ context, size: request }))
  return { from: 'probes', count: probes.length, list: probes }
}
