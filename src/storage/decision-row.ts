import type { ExclusionReason } from '../routing/decision/admissibility.ts'
import type { CandidateTerms, DecisionExperiment, QualitySource, RoutingDecision } from '../routing/decision.ts'
import type { RoutingContext } from '../routing/embedding/routing-context.ts'
import type { LlmId } from '../routing/registry/llm.ts'
import { StorageError } from './storage-error.ts'
import { storedInteger } from './stored-integer.ts'
import { float32FromBytes, float64FromBytes, uint32FromBytes } from './vector-bytes.ts'

/** How many candidates keep all their terms; more would let a row grow with the pool. */
const maxStoredCandidates = 32

/** Places are what is stored: only append. */
const rules = ['utility', 'cheapest', 'hull'] as const satisfies readonly RoutingDecision['rule'][]

/** A decision as its table holds it, but for the candidate list, which many decisions share. */
export interface DecisionRow {
  readonly id: string
  readonly created_at_ms: number
  readonly key_id: string | null
  readonly conversation_id: string | null
  readonly policy_version: string
  readonly label_sequence: number
  readonly cold: number
  readonly pinned: number
  /** Which rule decided, as {@link rules} counts; its name is from when there were two. */
  readonly cheapest: number
  readonly lambda: number
  readonly max_cost_usd: number | null
  readonly max_latency_ms: number | null
  readonly min_quality: number | null
  /** JSON [allow, deny]; null when neither names anything. */
  readonly filters: string | null
  readonly input_tokens: number
  readonly max_output_tokens: number | null
  readonly choices: number
  readonly drawn: string
  readonly propensity: number
  readonly reserved_nano_usd: number
  readonly embedder_id: string
  /** Float32 × d. */
  readonly embedding: Uint8Array
  /** Float32 × number of explicit features. */
  readonly explicit: Uint8Array
  /** Float64, row-major [stored candidates × {@link termFields}]; NaN is an unknown cost. */
  readonly terms: Uint8Array
  /** Uint32: positions of the stored candidates in the candidate list; null when all are stored. */
  readonly stored_positions: Uint8Array | null
  /** Float32, one per candidate of the whole list; null when all are stored. */
  readonly probabilities: Uint8Array | null
  readonly budget_dual: number
  /** JSON [candidate version, phase, arm, share]; null where the decision was no test. */
  readonly experiment: string | null
  /** Float64, one per stored candidate; null where the decision was no test. */
  readonly other_probabilities: Uint8Array | null
}

type ExperimentFields = readonly [
  candidateVersion: string,
  phase: DecisionExperiment['phase'],
  arm: DecisionExperiment['arm'],
  share: number,
]

export interface EncodedDecision {
  readonly row: DecisionRow
  /** JSON [LLM ids in pool order, their quality sources as letters, [excluded LLM, reason, detail]…]. */
  readonly candidateList: string
}

/** In the order in which terms are packed and read. */
const termFields = [
  'offlineQuality',
  'quality',
  'uncertainty',
  'outputTokens',
  'offlineCostUsd',
  'costUsd',
  'costP90Usd',
  'completionMs',
  'latencyPenalty',
  'utility',
  'probability',
] as const satisfies readonly (keyof CandidateTerms)[]

export type CandidateList = readonly [
  llms: readonly LlmId[],
  sources: string,
  /** Rows from before there were details have none. */
  excluded: readonly (readonly [LlmId, ExclusionReason, detail?: string])[],
]

/**
 * Copies a decision into a row. All of the row's blobs lie in one buffer, which crosses to a worker in one piece.
 *
 * @throws {StorageError} `storage_conflict` for a time, a number of answers or a reservation that cannot be.
 */
export function encodeDecision(decision: RoutingDecision, reservedNanoUsd: number): EncodedDecision {
  const { preference, candidates, context, experiment } = decision
  const positions = storedPositions(candidates, decision.drawn)
  const stored = positions === undefined ? candidates : positions.map((position) => candidates[position]!)
  const blobs = packBlobs(decision, stored, positions)
  const filters = preference.allow.length > 0 || preference.deny.length > 0
  return {
    row: {
      id: decision.id,
      created_at_ms: storedInteger('time', decision.createdAtMs),
      key_id: decision.keyId ?? null,
      conversation_id: decision.conversationId ?? null,
      policy_version: decision.policyVersion,
      label_sequence: decision.labelSequence,
      cold: decision.cold ? 1 : 0,
      pinned: decision.pinned ? 1 : 0,
      cheapest: rules.indexOf(decision.rule),
      lambda: preference.lambda,
      max_cost_usd: preference.maxCostUsd ?? null,
      max_latency_ms: preference.maxLatencyMs ?? null,
      min_quality: preference.minQuality ?? null,
      filters: filters ? JSON.stringify([preference.allow, preference.deny]) : null,
      input_tokens: decision.inputTokens,
      max_output_tokens: decision.maxOutputTokens ?? null,
      choices: storedInteger('number of answers', decision.choices, 1),
      drawn: decision.drawn,
      propensity: decision.propensity,
      reserved_nano_usd: storedInteger('reservation', reservedNanoUsd),
      embedder_id: context.embedderId,
      budget_dual: decision.budgetDual,
      experiment: experiment === undefined ? null : encodeExperiment(experiment),
      ...blobs,
    },
    candidateList: encodeCandidateList(decision),
  }
}

/** The inverse of {@link encodeDecision}, but for candidates that were not stored. @throws {StorageError} `storage_corrupt` */
export function decodeDecision(row: DecisionRow, candidateList: string): RoutingDecision {
  return decodeDecisionOver(row, parseCandidateList(candidateList))
}

/** For many decisions over one list. */
export function parseCandidateList(candidateList: string): CandidateList {
  return JSON.parse(candidateList) as CandidateList
}

/** As {@link decodeDecision}. */
export function decodeDecisionOver(row: DecisionRow, [llms, sources, excluded]: CandidateList): RoutingDecision {
  const [allow, deny] = row.filters === null ? [[], []] : (JSON.parse(row.filters) as [string[][], string[]])
  return {
    id: row.id,
    createdAtMs: row.created_at_ms,
    keyId: row.key_id ?? undefined,
    conversationId: row.conversation_id ?? undefined,
    policyVersion: row.policy_version,
    labelSequence: row.label_sequence,
    cold: row.cold === 1,
    pinned: row.pinned === 1,
    rule: ruleOf(row),
    preference: {
      lambda: row.lambda,
      maxCostUsd: row.max_cost_usd ?? undefined,
      maxLatencyMs: row.max_latency_ms ?? undefined,
      minQuality: row.min_quality ?? undefined,
      allow,
      deny,
    },
    inputTokens: row.input_tokens,
    maxOutputTokens: row.max_output_tokens ?? undefined,
    choices: row.choices,
    context: decodeContext(row),
    candidates: decodeCandidates(row, llms, sources),
    excluded: excluded.map(([llm, reason, detail]) =>
      detail === undefined ? { llm, reason } : { llm, reason, detail },
    ),
    drawn: row.drawn,
    propensity: row.propensity,
    budgetDual: row.budget_dual,
    experiment: decodeExperiment(row),
  }
}

function encodeExperiment({ candidateVersion, phase, arm, share }: DecisionExperiment): string {
  const fields: ExperimentFields = [candidateVersion, phase, arm, share]
  return JSON.stringify(fields)
}

function decodeExperiment({ experiment, other_probabilities }: DecisionRow): DecisionExperiment | undefined {
  if (experiment === null || other_probabilities === null) return undefined
  const [candidateVersion, phase, arm, share] = JSON.parse(experiment) as ExperimentFields
  return { candidateVersion, phase, arm, share, otherProbabilities: float64FromBytes(other_probabilities) }
}

function ruleOf({ id, cheapest }: DecisionRow): RoutingDecision['rule'] {
  const rule = rules[cheapest]
  if (rule !== undefined) return rule
  throw new StorageError('storage_corrupt', `The decision '${id}' was made by a rule that is not known (${cheapest})`)
}

/** @throws {StorageError} `storage_corrupt` */
export function decodeContext(row: Pick<DecisionRow, 'embedder_id' | 'embedding' | 'explicit'>): RoutingContext {
  return {
    embedderId: row.embedder_id,
    embedding: float32FromBytes(row.embedding),
    explicit: float32FromBytes(row.explicit),
  }
}

/**
 * The offline quality that was logged for one LLM; undefined for a named LLM, of which none is estimated, and for one
 * whose terms are not stored. Reads no more of the row than that.
 */
export function loggedOfflineQuality(
  row: Pick<DecisionRow, 'pinned' | 'terms' | 'stored_positions'>,
  candidateList: string,
  llm: LlmId,
): number | undefined {
  if (row.pinned === 1) return undefined
  const [llms] = JSON.parse(candidateList) as CandidateList
  const position = llms.indexOf(llm)
  const stored = row.stored_positions === null ? position : uint32FromBytes(row.stored_positions).indexOf(position)
  if (position === -1 || stored === -1) return undefined
  const at = row.terms.byteOffset + 8 * (stored * termFields.length + termFields.indexOf('offlineQuality'))
  return float64FromBytes(new Uint8Array(row.terms.buffer, at, 8))[0]
}

const sourceLetters: Readonly<Record<QualitySource, string>> = {
  fitted: 'f',
  described: 'd',
  starter: 's',
  sibling: 'b',
  prior: 'p',
}

const sourceOfLetter: ReadonlyMap<string | undefined, QualitySource> = new Map(
  Object.entries(sourceLetters).map(([source, letter]) => [letter, source as QualitySource]),
)

function encodeCandidateList({ candidates, excluded }: RoutingDecision): string {
  const llms: string[] = []
  let sources = ''
  for (const { llm, qualitySource } of candidates) {
    llms.push(llm)
    sources += sourceLetters[qualitySource]
  }
  const list: CandidateList = [
    llms,
    sources,
    excluded.map(({ llm, reason, detail }) => (detail === undefined ? [llm, reason] : [llm, reason, detail])),
  ]
  return JSON.stringify(list)
}

/** Pool positions, ascending, of the LLM drawn and the best others by utility; undefined when all are to be stored. */
function storedPositions(candidates: readonly CandidateTerms[], drawn: string): number[] | undefined {
  if (candidates.length <= maxStoredCandidates) return undefined
  const utilities = Float64Array.from(candidates, (candidate) => candidate.utility)
  const descending = utilities.slice().sort().reverse()
  const threshold = descending[maxStoredCandidates - 1]!
  let ties = maxStoredCandidates - descending.findIndex((utility) => utility <= threshold)
  const positions: number[] = []
  utilities.forEach((utility, position) => {
    if (utility > threshold || (utility === threshold && ties-- > 0) || candidates[position]!.llm === drawn) {
      positions.push(position)
    }
  })
  return positions
}

type Blobs = 'embedding' | 'explicit' | 'terms' | 'stored_positions' | 'probabilities' | 'other_probabilities'

function packBlobs(
  { context: { embedding, explicit }, candidates, experiment }: RoutingDecision,
  stored: readonly CandidateTerms[],
  positions: readonly number[] | undefined,
): Pick<DecisionRow, Blobs> {
  const terms = stored.length * termFields.length
  const others = experiment === undefined ? 0 : stored.length
  const shared = positions === undefined ? 0 : candidates.length
  const words = 2 * (terms + others) + embedding.length + explicit.length + (positions?.length ?? 0) + shared
  const buffer = new ArrayBuffer(4 * words)
  let at = 0
  const take = (words: number): Uint8Array => {
    at += 4 * words
    return new Uint8Array(buffer, at - 4 * words, 4 * words)
  }
  const view = (bytes: Uint8Array): Float32Array => new Float32Array(buffer, bytes.byteOffset, bytes.byteLength / 4)
  packTerms(new Float64Array(buffer, 0, terms), stored)
  const termBytes = take(2 * terms)
  const otherBytes = experiment === undefined ? null : take(2 * others)
  if (experiment !== undefined) packOthers(new Float64Array(buffer, 8 * terms, others), experiment, positions)
  const blobs = { embedding: take(embedding.length), explicit: take(explicit.length) }
  view(blobs.embedding).set(embedding)
  view(blobs.explicit).set(explicit)
  const common = { ...blobs, terms: termBytes, other_probabilities: otherBytes }
  if (positions === undefined) return { ...common, stored_positions: null, probabilities: null }
  const positionBytes = take(positions.length)
  new Uint32Array(buffer, positionBytes.byteOffset, positions.length).set(positions)
  const probabilityBytes = take(candidates.length)
  const probabilities = view(probabilityBytes)
  for (let i = 0; i < candidates.length; i++) probabilities[i] = candidates[i]!.probability
  return { ...common, stored_positions: positionBytes, probabilities: probabilityBytes }
}

function packOthers(
  target: Float64Array,
  { otherProbabilities }: DecisionExperiment,
  positions: readonly number[] | undefined,
): void {
  for (let i = 0; i < target.length; i++) target[i] = otherProbabilities[positions?.[i] ?? i]!
}

function packTerms(target: Float64Array, stored: readonly CandidateTerms[]): void {
  let at = 0
  for (const candidate of stored) {
    target[at++] = candidate.offlineQuality
    target[at++] = candidate.quality
    target[at++] = candidate.uncertainty
    target[at++] = candidate.outputTokens
    target[at++] = candidate.offlineCostUsd ?? Number.NaN
    target[at++] = candidate.costUsd ?? Number.NaN
    target[at++] = candidate.costP90Usd ?? Number.NaN
    target[at++] = candidate.completionMs
    target[at++] = candidate.latencyPenalty
    target[at++] = candidate.utility
    target[at++] = candidate.probability
  }
}

function decodeCandidates(row: DecisionRow, llms: readonly string[], sources: string): CandidateTerms[] {
  const terms = float64FromBytes(row.terms)
  const positions = row.stored_positions === null ? llms.map((_, i) => i) : [...uint32FromBytes(row.stored_positions)]
  if (terms.length !== positions.length * termFields.length) {
    throw new StorageError('storage_corrupt', `The stored terms of the decision '${row.id}' do not fit its candidates`)
  }
  return positions.map((position, i) => {
    let at = i * termFields.length
    return {
      llm: llms[position]!,
      qualitySource: sourceOfLetter.get(sources[position]) ?? 'prior',
      offlineQuality: terms[at++]!,
      quality: terms[at++]!,
      uncertainty: terms[at++]!,
      outputTokens: terms[at++]!,
      offlineCostUsd: known(terms[at++]!),
      costUsd: known(terms[at++]!),
      costP90Usd: known(terms[at++]!),
      completionMs: terms[at++]!,
      latencyPenalty: terms[at++]!,
      utility: terms[at++]!,
      probability: terms[at]!,
    }
  })
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value
}
