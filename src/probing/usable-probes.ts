import type { Grader } from '../grading/grader.ts'
import type { GraderSpec } from '../grading/grader-spec.ts'
import { GradingError } from '../grading/grading-error.ts'
import { exclusionReason } from '../routing/decision/admissibility.ts'
import type { Llm } from '../routing/registry/llm.ts'
import type { Probe, ProbeSet } from './probe.ts'
import type { ToRoutingRequest } from './probe-contexts.ts'
import type { GradableProbe } from './probe-run.ts'

/** Makes graders; throws a {@link GradingError} for those that are switched off or lack something here. */
export type GraderFactory = (spec: GraderSpec) => Grader

/** Probes that are not asked, and why. */
export interface LeftOutProbes {
  readonly reason: string
  readonly count: number
}

/**
 * The probes that can be asked of that LLM and graded here. An LLM is not held to account for what it says it cannot do, and nothing is
 * paid for answers that nobody can grade.
 */
export function usableProbes(
  { probes }: Pick<ProbeSet, 'probes'>,
  llm: Llm,
  graderFor: GraderFactory,
  toRoutingRequest: ToRoutingRequest,
): { readonly usable: readonly GradableProbe[]; readonly leftOut: readonly LeftOutProbes[] } {
  const usable: GradableProbe[] = []
  const counts = new Map<string, number>()
  const leave = (reason: string) => counts.set(reason, (counts.get(reason) ?? 0) + 1)
  for (const probe of probes) {
    const cannot = cannotServe(llm, probe, toRoutingRequest)
    if (cannot !== undefined) {
      leave(cannot)
      continue
    }
    try {
      usable.push({ probe, grader: graderFor(probe.grader) })
    } catch (error) {
      if (!(error instanceof GradingError)) throw error
      leave(`grader ${probe.grader.kind}: ${error.message}`)
    }
  }
  return { usable, leftOut: [...counts].map(([reason, count]) => ({ reason, count })) }
}

function cannotServe(llm: Llm, { request }: Probe, toRoutingRequest: ToRoutingRequest): string | undefined {
  // Limits on output are the run's own, with room to think.
  const reason = exclusionReason(llm, { ...toRoutingRequest(request), maxOutputTokens: undefined })
  return reason === undefined ? undefined : `${llm.id} cannot serve it: ${reason.replaceAll('_', ' ')}`
}
