import type {
  PolicyRollout,
  PolicyStore,
  PolicyVersionSummary,
  RolloutCandidate,
  RolloutEvent,
} from '../routing/policy-store.ts'
import type { FittedPolicy } from '../routing/prediction/fitted-policy.ts'
import { JoinedQualityPredictor } from '../routing/prediction/joined-quality-predictor.ts'
import { StackedQualityPredictor } from '../routing/prediction/stacked-quality-predictor.ts'
import type { LlmId } from '../routing/registry/llm.ts'
import { servingVersionId } from './rollout.ts'

/** A version in a list. */
export interface ListedPolicy extends PolicyVersionSummary {
  readonly isServing: boolean
  /** Of the version on trial or held. */
  readonly candidate: Pick<RolloutCandidate, 'phase' | 'reason' | 'trial' | 'sinceMs'> | undefined
}

export interface PolicyList {
  /** Undefined: nothing fitted serves. */
  readonly servingId: string | undefined
  /** Newest first. */
  readonly versions: readonly ListedPolicy[]
  /** Newest first. */
  readonly events: readonly RolloutEvent[]
}

/** What a version holds of one LLM. */
export interface LlmReport {
  readonly id: LlmId
  readonly source: string
  readonly labels: number
  readonly meanQuality: number
  /** Standard deviation of labels around q̂. */
  readonly noise: number
  readonly meanCostUsd: number | undefined
}

export interface PolicyReport extends ListedPolicy {
  readonly costReferenceUsd: number
  /** Of the stack's members ridge, clusters, forest; undefined: another predictor. */
  readonly weights: readonly number[] | undefined
  /** κ. */
  readonly trust: number | undefined
  /** Regions of λ where the LLM means serve, of all. */
  readonly guard: { readonly regions: number; readonly servingHull: number } | undefined
  readonly llms: readonly LlmReport[]
  /** Learned online up to that label, as last saved; undefined: nothing yet. */
  readonly learnedThrough: number | undefined
  readonly events: readonly RolloutEvent[]
}

const listedEvents = 20
const searchedEvents = 500

export async function listPolicies(store: PolicyStore): Promise<PolicyList> {
  const [rollout, versions, events] = await Promise.all([
    store.rollout(),
    store.listVersions(),
    store.rolloutEvents(listedEvents),
  ])
  const servingId = servingVersionId(rollout, versions)
  return { servingId, versions: versions.toReversed().map((one) => listed(one, rollout, servingId)), events }
}

/**
 * @param policy that version, restored.
 */
export async function reportPolicy(
  store: PolicyStore,
  summary: PolicyVersionSummary,
  policy: FittedPolicy,
): Promise<PolicyReport> {
  const { id } = summary
  const [rollout, versions, events, learned] = await Promise.all([
    store.rollout(),
    store.listVersions(),
    store.rolloutEvents(searchedEvents),
    store.learnedState(id),
  ])
  const stack = stackOf(policy)
  const regions = policy.guard?.regions
  return {
    ...listed(summary, rollout, servingVersionId(rollout, versions)),
    costReferenceUsd: policy.costReferenceUsd,
    weights: stack === undefined ? undefined : [...stack.weights],
    trust: stack?.trust,
    guard: regions && { regions: regions.length, servingHull: regions.filter((one) => one.servesHull).length },
    llms: llmReports(policy),
    learnedThrough: learned?.sequence,
    events: events.filter(({ version }) => version === id),
  }
}

export function llmReports(policy: FittedPolicy): LlmReport[] {
  return policy.llms.map(({ id, source, labels, meanQuality, meanCostUsd }, index) => {
    return { id, source, labels, meanQuality, meanCostUsd, noise: policy.noise[index]! }
  })
}

function stackOf({ quality }: FittedPolicy): StackedQualityPredictor | undefined {
  const inner = quality instanceof JoinedQualityPredictor ? quality.fitted : quality
  return inner instanceof StackedQualityPredictor ? inner : undefined
}

function listed(
  summary: PolicyVersionSummary,
  { candidate }: PolicyRollout,
  servingId: string | undefined,
): ListedPolicy {
  const { id, createdAtMs, embedderId, description, origin = 'fit', parentId, throughSequence = 0 } = summary
  const own = candidate?.id === id ? candidate : undefined
  return {
    id,
    createdAtMs,
    embedderId,
    description,
    origin,
    parentId,
    throughSequence,
    isServing: id === servingId,
    candidate: own && { phase: own.phase, reason: own.reason, trial: own.trial, sinceMs: own.sinceMs },
  }
}
