import { defaultPreference } from '../../../routing/decision/routing-preference.ts'
import type { CandidateTerms } from '../../../routing/decision.ts'
import type { LoggedDecision } from '../../../routing/decision-store.ts'

export interface LoggedParts {
  readonly id: string
  readonly atMs: number
  readonly conversation?: string
  readonly arm?: 'serving' | 'candidate'
  readonly phase?: 'shadow' | 'canary'
  readonly share?: number
  readonly version?: string
  readonly pinned?: boolean
  /** Default `b`. */
  readonly drawn?: 'a' | 'b'
  /** One label of that value, of the LLM that answered. */
  readonly score?: number
  readonly labels?: readonly { readonly llm: string; readonly value: number; readonly weight: number }[]
  readonly status?: 'completed' | 'failed'
  /** Nobody was told what the answer cost; what was booked, if anything, is a guess. */
  readonly bill?: 'unknown' | 'guessed'
  /** What the version that served expected `b` to cost, USD; null: it has no price. */
  readonly expectedUsd?: number | null
}

/** A decision between `a` and `b`, .9 and .1 by the serving version and .2 and .8 by the one on trial; the answer cost .002 USD. */
export function loggedDecision(parts: LoggedParts): LoggedDecision {
  const {
    id,
    atMs,
    arm = 'serving',
    phase = 'canary',
    share = 0.1,
    version = 'v2',
    status = 'completed',
    drawn = 'b',
    bill,
    expectedUsd = 0.002,
  } = parts
  const both = [
    [0.9, 0.1],
    [0.2, 0.8],
  ]
  const [own, other] = arm === 'serving' ? [both[0]!, both[1]!] : [both[1]!, both[0]!]
  const place = drawn === 'a' ? 0 : 1
  const labels = parts.labels ?? (parts.score === undefined ? [] : [{ llm: drawn, value: parts.score, weight: 1 }])
  return {
    decision: {
      id,
      createdAtMs: atMs,
      keyId: undefined,
      conversationId: parts.conversation,
      policyVersion: arm === 'serving' ? 'v1' : version,
      labelSequence: 0,
      cold: false,
      pinned: parts.pinned ?? false,
      rule: 'utility',
      preference: defaultPreference,
      inputTokens: 10,
      maxOutputTokens: undefined,
      choices: 1,
      context: { embedderId: 'test', embedding: Float32Array.of(1), explicit: new Float32Array(0) },
      candidates: [terms('a', 0.001, own[0]!), terms('b', expectedUsd ?? undefined, own[1]!)],
      excluded: [],
      drawn,
      propensity: (1 - share) * both[0]![place]! + share * both[1]![place]!,
      budgetDual: 0,
      experiment: { candidateVersion: version, phase, arm, share, otherProbabilities: Float64Array.from(other) },
    },
    settlement: {
      decisionId: id,
      settledAtMs: atMs,
      status,
      answered: status === 'completed' ? drawn : undefined,
      reportedModel: undefined,
      usage: undefined,
      costNanoUsd: bill === 'unknown' ? undefined : 2_000_000,
      billedNanoUsd: bill === undefined ? 2_000_000 : undefined,
      streamed: false,
      timeToFirstTokenMs: undefined,
      completionMs: 1,
      overheadMs: 0,
      attempts: [],
    },
    labels: labels.map((label, i) => ({ sequence: i + 1, source: `s${i}`, kind: 'score', ...label })),
  }
}

function terms(llm: string, costUsd: number | undefined, probability: number): CandidateTerms {
  return {
    llm,
    qualitySource: 'fitted',
    offlineQuality: 0.5,
    quality: llm === 'a' ? 0.5 : 0.75,
    uncertainty: 0.1,
    outputTokens: 10,
    offlineCostUsd: costUsd,
    costUsd,
    costP90Usd: costUsd,
    completionMs: 1,
    latencyPenalty: 0,
    utility: 0,
    probability,
  }
}
