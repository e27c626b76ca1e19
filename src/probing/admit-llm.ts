import type { FittedPolicy } from '../routing/prediction/fitted-policy.ts'
import { type DescribeOptions, withDescribedLlm } from '../routing/prediction/universal/described-policy.ts'
import type { ProbeOutcome } from '../routing/probe-store.ts'
import type { Llm } from '../routing/registry/llm.ts'
import type { MeasuredQuality } from './measured-quality.ts'
import type { SeenProbe } from './probe-contexts.ts'

/** How a version may come to know an LLM by its probes. */
export type AdmissionWay =
  /** A new version: the serving one, and the LLM described by its probes. */
  | 'described'
  /** None: the serving version was fitted on outcomes of this LLM, which say more than probes. */
  | 'fitted'
  /** None yet: the serving version, fitted on one LLM or long ago, cannot describe others. */
  | 'not-describable'
  /** A version fitted on probes, once enough LLMs have answered them: nothing was fitted before. */
  | 'unfitted'

export function admissionWay(serving: FittedPolicy | undefined, { id }: Pick<Llm, 'id'>): AdmissionWay {
  if (serving === undefined || serving.isStarter) return 'unfitted'
  if (serving.llms.some((llm) => llm.id === id && llm.source === 'fitted')) return 'fitted'
  return serving.universal === undefined ? 'not-describable' : 'described'
}

/**
 * The version `serving` that also knows `llm`, by its own outcomes and those of the LLMs fitted before on the same probes, where there
 * are any (mathematics §19). All other estimates stay, bit for bit.
 *
 * @param seen by the embedder of `serving`.
 * @param own outcomes of `llm` alone; those without a quality play no part.
 * @throws {RoutingError} as {@link withDescribedLlm}.
 */
export function admitLlm(
  serving: FittedPolicy,
  llm: Pick<Llm, 'id' | 'price'>,
  probes: {
    readonly seen: readonly SeenProbe[]
    readonly own: readonly ProbeOutcome[]
    readonly measured: MeasuredQuality
  },
  version: DescribeOptions,
): FittedPolicy {
  const byProbe = new Map(probes.own.map((outcome) => [outcome.probeId, outcome]))
  const rows = probes.seen.filter(({ id }) => byProbe.get(id)?.quality !== undefined)
  const others = serving.universal?.llms ?? []
  const anchors = Float64Array.from(rows.flatMap(({ id }) => others.map((other) => probes.measured.of(other, id))))
  const bills = rows.map(({ id }) => byProbe.get(id)!.costNanoUsd)
  const described = withDescribedLlm(
    serving,
    llm,
    {
      contexts: rows.map(({ context }) => context),
      quality: Float64Array.from(rows, ({ id }) => byProbe.get(id)!.quality!),
      ...(bills.every((bill) => bill === undefined)
        ? {}
        : { costUsd: Float64Array.from(bills, (bill) => (bill === undefined ? Number.NaN : bill / 1e9)) }),
      ...(anchors.every(Number.isNaN) ? {} : { anchors }),
    },
    version,
  )
  return { ...described, origin: 'onboarding', parentId: serving.id }
}
