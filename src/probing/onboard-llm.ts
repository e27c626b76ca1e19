import type { Clock } from '../routing/clock.ts'
import type { DecisionStore } from '../routing/decision-store.ts'
import { HashedNgramEmbedder } from '../routing/embedding/hashed-ngram-embedder.ts'
import type { PolicyStore } from '../routing/policy-store.ts'
import { type FittedPolicy, toStoredPolicyVersion } from '../routing/prediction/fitted-policy.ts'
import type { ProbeOutcome, ProbeRun, ProbeStore } from '../routing/probe-store.ts'
import type { Llm } from '../routing/registry/llm.ts'
import { RoutingPolicy } from '../routing/routing-policy.ts'
import { releaseVersion } from '../training/rollout.ts'
import { admissionNotes } from './admission-notes.ts'
import { admissionWay, admitLlm } from './admit-llm.ts'
import type { ProbedLlm } from './ask-probe.ts'
import { fewestLlmsToFit, fitOnProbes, llmsToFit, probeOutcomeData } from './fit-on-probes.ts'
import { keepStarterBeliefs, starterKnows } from './keep-starter-beliefs.ts'
import { type LandingReport, landingReport } from './landing-report.ts'
import { MeasuredQuality } from './measured-quality.ts'
import { refusalOf } from './newcomer-verdict.ts'
import type { ProbeSet } from './probe.ts'
import type { ProbeBooks } from './probe-books.ts'
import { seeProbes, type ToRoutingRequest } from './probe-contexts.ts'
import { ProbeAsking, type ProbeRunResult } from './probe-run.ts'
import type { ProbeProgress } from './probe-tally.ts'
import { typicalRequests } from './recent-requests.ts'
import { type GraderFactory, type LeftOutProbes, usableProbes } from './usable-probes.ts'

/** What taking LLMs in needs of the process it happens in. */
export interface OnboardingParts {
  readonly probes: ProbeStore
  readonly policies: PolicyStore
  readonly decisions: Pick<DecisionStore, 'logged'>
  readonly books: ProbeBooks
  readonly clock: Clock
  /** λ of the report. */
  readonly lambda: number
  readonly toRoutingRequest: ToRoutingRequest
  /** The smallest id a decision could have got at that time. */
  readonly decisionIdAt: (ms: number) => string
  /** What serves now, by the rollout. */
  readonly serving: () => Promise<RoutingPolicy>
  /** The LLMs that serve now. */
  readonly pool: () => readonly Llm[]
  /** Called after each release, so that it serves at once. */
  readonly released: () => Promise<void>
}

/** One LLM, what it is asked, and how. */
export interface OnboardingRequest {
  /** Of the run; its report and end are ignored. */
  readonly run: ProbeRun
  readonly target: ProbedLlm
  readonly set: ProbeSet
  readonly graderFor: GraderFactory
  readonly concurrency?: number | undefined
  readonly onProgress?: ((progress: ProbeProgress) => void) | undefined
  /** Awaited before the end of the run is written down: whoever reads of an admission finds the LLM serving. */
  readonly onAdmitted?: (() => Promise<unknown>) | undefined
}

/** What an onboarding has come to; plain JSON. */
export interface OnboardingReport {
  readonly status: Exclude<ProbeRun['status'], 'running'>
  /** Why it was refused or stopped. */
  readonly reason: string | undefined
  readonly probes: {
    readonly total: number
    readonly graded: number
    readonly failed: number
    readonly leftOut: readonly LeftOutProbes[]
  }
  /** [0, 1]; undefined: nothing was graded. */
  readonly meanQuality: number | undefined
  readonly costUsd: number
  /** The version that knows the LLM; undefined: none was made. */
  readonly version: string | undefined
  /** What else there is to know, such as what is missing. */
  readonly notes: readonly string[]
  /** Undefined: it was not admitted. */
  readonly landing: LandingReport | undefined
}

/** Versions are made from the one that serves: one after the other, or one of two newcomers would be lost. */
const admissions = new WeakMap<PolicyStore, Promise<unknown>>()

/** How often a version is made anew as another process has released one meanwhile. */
const admissionAttempts = 5

/**
 * Probes an LLM and takes it in: no restart, no training (mathematics §19). Each step is written down, so that the same call goes on after
 * a crash. Who pauses and resumes the LLM is its caller's business.
 *
 * @param signal ends the asking; what was answered is kept.
 * @returns the ended run, saved, and its report.
 * @throws {OnboardingError} before anything was asked; faults of the stores.
 */
export async function onboardLlm(
  parts: OnboardingParts,
  request: OnboardingRequest,
  signal: AbortSignal,
): Promise<{ readonly run: ProbeRun; readonly report: OnboardingReport }> {
  const { set, target, graderFor, concurrency, onProgress } = request
  const { usable, leftOut } = usableProbes(set, target.llm, graderFor, parts.toRoutingRequest)
  const options = { probeSet: set.id, concurrency, capUsd: request.run.capUsd, onProgress }
  const store = parts.probes
  const asking = new ProbeAsking({ store, books: parts.books, clock: parts.clock }, target, usable, options)
  const begun: ProbeRun = { ...request.run, probes: usable.length, status: 'running', report: undefined }
  await store.saveRun(begun)
  try {
    const asked = await asking.run(signal)
    const report = await concluded(parts, request, { asked, total: usable.length, leftOut })
    if (report.status === 'admitted') await request.onAdmitted?.()
    return { run: await ended(parts, begun, report), report }
  } catch (error) {
    const reason = `it failed: ${error instanceof Error ? error.message : String(error)}`
    await store
      .saveRun({
        ...begun,
        status: 'stopped',
        endedAtMs: now(parts),
        report: JSON.stringify({ status: 'stopped', reason }),
      })
      .catch(() => undefined)
    throw error
  }
}

async function ended(parts: OnboardingParts, begun: ProbeRun, report: OnboardingReport): Promise<ProbeRun> {
  const run = { ...begun, status: report.status, endedAtMs: now(parts), report: JSON.stringify(report) }
  await parts.probes.saveRun(run)
  return run
}

interface Asked {
  readonly asked: ProbeRunResult
  readonly total: number
  readonly leftOut: readonly LeftOutProbes[]
}

async function concluded(
  parts: OnboardingParts,
  request: OnboardingRequest,
  { asked, total, leftOut }: Asked,
): Promise<OnboardingReport> {
  const { end, tally, spentUsd } = asked
  const { capUsd } = request.run
  const base = {
    reason: undefined,
    probes: { total, graded: tally.graded, failed: tally.failed, leftOut },
    meanQuality: tally.graded === 0 ? undefined : tally.meanQuality,
    costUsd: spentUsd,
    version: undefined,
    notes: [],
    landing: undefined,
  }
  if (end.kind === 'stopped') return { ...base, status: 'stopped', reason: end.reason }
  const refusal = end.kind === 'hopeless' ? end.reason : refusalOf(tally, { spentUsd, capUsd })
  const cut = end.kind === 'capped' ? [`the cap of $${capUsd} was reached after ${tally.done} of ${total} probes`] : []
  if (refusal !== undefined) return { ...base, status: 'refused', reason: [refusal, ...cut].join('; ') }
  const admitted = await inTurn(parts.policies, () => admit(parts, request))
  return { ...base, ...admitted, status: 'admitted', notes: [...cut, ...admitted.notes] }
}

type Admission = Pick<OnboardingReport, 'version' | 'notes' | 'landing'>

async function admit(parts: OnboardingParts, request: OnboardingRequest): Promise<Admission> {
  const { set, target } = request
  const { llm } = target
  for (let attempt = 1; ; attempt++) {
    const serving = await parts.serving()
    const seen = await seeProbes(set, serving.embedder, parts.toRoutingRequest)
    const outcomes = await parts.probes.outcomes(set.id)
    const measured = new MeasuredQuality(set, outcomes)
    const own = outcomes.filter((outcome) => outcome.llm === llm.id)
    const others = parts.pool().filter(({ id }) => id !== llm.id)
    const way = admissionWay(serving.fitted, llm)
    const made =
      way === 'described'
        ? admitLlm(serving.fitted!, llm, { seen, own, measured }, versionOf(llm, now(parts)))
        : way === 'unfitted'
          ? await fittedOnProbes(parts, set, serving, [...others, llm], outcomes, seen)
          : undefined
    // Another process may have released a version while this one was made.
    const isStale = made !== undefined && (await parts.serving()).version !== serving.version
    if (isStale && attempt < admissionAttempts) continue
    if (made !== undefined) await release(parts, made, serving, llm)
    const policy = made === undefined ? serving : withVersion(serving, made, [...others, llm])
    const idAt = parts.decisionIdAt
    const { id: embedderId } = policy.embedder
    const requests = await typicalRequests(parts.decisions, seen, { embedderId, nowMs: now(parts), idAt })
    return {
      version: made?.id,
      notes: admissionNotes(way, made, llm, serving, llmsToFit([...others, llm], outcomes)),
      landing: landingReport({ llm, others, policy, seen, own, measured, requests, lambda: parts.lambda }),
    }
  }
}

/** The first version of a pool that nothing was fitted for; undefined: too few have answered yet. */
async function fittedOnProbes(
  parts: OnboardingParts,
  set: ProbeSet,
  serving: RoutingPolicy,
  pool: readonly Llm[],
  outcomes: readonly ProbeOutcome[],
  seen: Awaited<ReturnType<typeof seeProbes>>,
): Promise<FittedPolicy | undefined> {
  const llms = llmsToFit(pool, outcomes)
  if (llms.length < fewestLlmsToFit || !(serving.embedder instanceof HashedNgramEmbedder)) return undefined
  const data = probeOutcomeData(set, seen, llms, outcomes)
  const { policy } = await fitOnProbes(data, serving.embedder, now(parts))
  const starter = serving.fitted
  if (starter === undefined) return { ...policy, origin: 'onboarding' }
  // What cannot describe the others would forget them; with a few more answers it can.
  if (policy.universal === undefined)
    return starterKnows(starter, policy).length > 0 ? undefined : { ...policy, origin: 'onboarding' }
  const fittedOn = new Set(data.prompts.map(({ id }) => id))
  const answered = seen.filter(({ id }) => fittedOn.has(id))
  return { ...keepStarterBeliefs(policy, starter, answered), origin: 'onboarding' }
}

/** The embedder first: a version whose embedder is missing could not be loaded. */
async function release(
  parts: OnboardingParts,
  made: FittedPolicy,
  { embedder }: RoutingPolicy,
  { id }: Llm,
): Promise<void> {
  const { policies } = parts
  if (embedder instanceof HashedNgramEmbedder && (await policies.embedder(embedder.id)) === undefined) {
    await policies.saveEmbedder(embedder.id, embedder.snapshot())
  }
  await policies.saveVersion(toStoredPolicyVersion(made))
  await releaseVersion(policies, made.id, { atMs: now(parts), detail: `${id} was taken in by its probes` })
  await parts.released()
}

/** For a forecast: what labels have taught stays out of it, on both sides of the comparison. */
function withVersion({ embedder }: RoutingPolicy, fitted: FittedPolicy, pool: readonly Llm[]): RoutingPolicy {
  return new RoutingPolicy({ embedder, fitted, pool })
}

/** Sortable by time, like all versions. */
function versionOf({ id }: Llm, createdAtMs: number): { readonly id: string; readonly createdAtMs: number } {
  const time = new Date(createdAtMs).toISOString().replace(/[-:.TZ]/g, '')
  return {
    id: `${time}-with-${id
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 60)}`,
    createdAtMs,
  }
}

function inTurn<T>(policies: PolicyStore, work: () => Promise<T>): Promise<T> {
  const turn = (admissions.get(policies) ?? Promise.resolve()).then(work, work)
  admissions.set(
    policies,
    turn.catch(() => undefined),
  )
  return turn
}

function now({ clock }: OnboardingParts): number {
  return Math.floor(clock.now())
}
