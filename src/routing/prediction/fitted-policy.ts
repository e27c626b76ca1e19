import { HullGuard } from '../decision/hull-guard.ts'
import type { QualitySource } from '../decision.ts'
import type { PolicyVersionSummary, SnapshotData, StoredPolicyVersion } from '../policy-store.ts'
import type { LlmId } from '../registry/llm.ts'
import type { TokenPrice } from '../registry/token-price.ts'
import type { CostPredictor } from './cost-predictor.ts'
import { LevelMap } from './level-map.ts'
import type { QualityPredictor } from './quality-predictor.ts'
import { restoreQualityPredictor } from './restore-quality-predictor.ts'
import { arrayField, numberField, objectField, requireSnapshot, stringField, vectorField } from './snapshot-fields.ts'
import { TokenCostPredictor } from './token-cost-predictor.ts'
import { UniversalModel } from './universal/universal-model.ts'

/** What is known of one LLM from the data a policy was fitted on. */
export interface FittedLlm {
  readonly id: LlmId
  /** What q̂ of this LLM rests on. */
  readonly source: QualitySource
  readonly priceAtFit: TokenPrice | undefined
  /** Prompts with a known quality. */
  readonly labels: number
  /** Mean quality over them; of a described LLM, whose labels are few, the mean of q̂ over all prompts. */
  readonly meanQuality: number
  /** Standard error of the level of an LLM known by its probes alone. */
  readonly levelError?: number | undefined
  /** Mean recorded cost, USD per call. */
  readonly meanCostUsd: number | undefined
  /** Feedback on this LLM up to that label was fitted on, and is not to be learned again on top. Default 0: none. */
  readonly labelsThrough?: number | undefined
  /** The label at which its quality was last seen to change: what was said of it before counts no more. */
  readonly changedAt?: number | undefined
}

/** One fitted version: everything offline that decisions rest on. The embedder is stored apart, once per id. */
export interface FittedPolicy extends PolicyVersionSummary {
  readonly formatVersion: 1
  /** C_ref, USD: frozen with this version, so that a dear newcomer does not move everyone's λ (mathematics §5). */
  readonly costReferenceUsd: number
  readonly quality: QualityPredictor
  readonly cost: CostPredictor
  /** In the order of `quality.llms`: standard deviation of label − q̂, out of fold. */
  readonly noise: Float64Array
  /** {@link reportedQuality} as data. */
  readonly levels: LevelMap
  /** Where the LLM means are served instead of `quality` (mathematics §20); undefined: nowhere. */
  readonly guard?: HullGuard | undefined
  /** Describes LLMs it was not fitted on (mathematics §19); its training LLMs are among `llms`. */
  readonly universal?: UniversalModel | undefined
  /** In the order of `quality.llms`. */
  readonly llms: readonly FittedLlm[]
  /** No LLM's q̂ rests on outcomes of the owner's: the starter policy, which is but a better guess. */
  readonly isStarter: boolean
  /** From q̂, which only ranks, to the level that is shown and compared with floors (mathematics §2). Non-decreasing. */
  reportedQuality(quality: number): number
}

/** Everything of a policy but what follows from the rest. */
export type FittedPolicyParts = Omit<FittedPolicy, 'reportedQuality' | 'isStarter'>

/** @param parts kept, not copied. */
export function fittedPolicy(parts: FittedPolicyParts): FittedPolicy {
  const isStarter = parts.llms.every(({ source }) => source !== 'fitted' && source !== 'described')
  return { ...parts, isStarter, reportedQuality: (quality) => parts.levels.level(quality) }
}

/** Plain data; `cost` holds what it has learned online up to now. */
export function snapshotPolicy(policy: FittedPolicy): SnapshotData {
  return {
    formatVersion: 1,
    kind: 'fitted-policy',
    id: policy.id,
    createdAtMs: policy.createdAtMs,
    description: policy.description,
    origin: policy.origin,
    parentId: policy.parentId,
    throughSequence: policy.throughSequence,
    embedderId: policy.embedderId,
    costReferenceUsd: policy.costReferenceUsd,
    quality: policy.quality.snapshot(),
    cost: policy.cost.snapshot(),
    noise: policy.noise.slice(),
    levels: policy.levels.snapshot(),
    guard: policy.guard?.snapshot(),
    universal: policy.universal?.snapshot(),
    llms: policy.llms.map((llm) => ({ ...llm, priceAtFit: priceData(llm.priceAtFit) })),
  }
}

/** A policy as the policy store keeps it. */
export function toStoredPolicyVersion(policy: FittedPolicy): StoredPolicyVersion {
  const { id, createdAtMs, embedderId, description, origin, parentId, throughSequence } = policy
  const made = { origin, parentId, throughSequence }
  return { id, createdAtMs, embedderId, description, ...made, snapshot: snapshotPolicy(policy) }
}

/** @throws {RoutingError} `unknown_snapshot_format` when it is not what {@link snapshotPolicy} wrote. */
export function restorePolicy(data: SnapshotData): FittedPolicy {
  const fields = requireSnapshot(data, 'fitted-policy')
  return fittedPolicy({
    formatVersion: 1,
    id: stringField(fields, 'id'),
    createdAtMs: numberField(fields, 'createdAtMs'),
    description: stringField(fields, 'description'),
    origin: fields.origin as FittedPolicy['origin'],
    parentId: fields.parentId as string | undefined,
    throughSequence: fields.throughSequence as number | undefined,
    embedderId: stringField(fields, 'embedderId'),
    costReferenceUsd: numberField(fields, 'costReferenceUsd'),
    quality: restoreQualityPredictor(objectField(fields, 'quality')),
    cost: TokenCostPredictor.restore(objectField(fields, 'cost')),
    noise: vectorField(fields, 'noise'),
    levels: LevelMap.restore(objectField(fields, 'levels')),
    // Versions from before there was a guard have none.
    guard: fields.guard === undefined ? undefined : HullGuard.restore(fields.guard),
    universal: fields.universal === undefined ? undefined : UniversalModel.restore(fields.universal),
    llms: arrayField(fields, 'llms').map(restoreLlm),
  })
}

function priceData(price: TokenPrice | undefined): SnapshotData | undefined {
  if (price === undefined) return undefined
  const { tiers, ...rates } = price
  return tiers === undefined ? rates : { ...rates, tiers: tiers.map((tier) => ({ ...tier })) }
}

function restoreLlm(data: SnapshotData): FittedLlm {
  const fields = objectField({ llm: data }, 'llm')
  return {
    id: stringField(fields, 'id'),
    // Versions from before there was a choice have none.
    source: (fields.source ?? 'fitted') as FittedLlm['source'],
    // Plain data under the names of TokenPrice.
    priceAtFit:
      fields.priceAtFit === undefined ? undefined : (objectField(fields, 'priceAtFit') as unknown as TokenPrice),
    labels: numberField(fields, 'labels'),
    meanQuality: numberField(fields, 'meanQuality'),
    ...(fields.levelError === undefined ? {} : { levelError: numberField(fields, 'levelError') }),
    meanCostUsd: fields.meanCostUsd === undefined ? undefined : numberField(fields, 'meanCostUsd'),
    ...(fields.labelsThrough === undefined ? {} : { labelsThrough: numberField(fields, 'labelsThrough') }),
    ...(fields.changedAt === undefined ? {} : { changedAt: numberField(fields, 'changedAt') }),
  }
}
