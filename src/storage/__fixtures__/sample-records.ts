import type { ApiKey } from '../../accounts/api-key.ts'
import { defaultPreference } from '../../routing/decision/routing-preference.ts'
import type { CandidateTerms, RoutingDecision } from '../../routing/decision.ts'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import type { Feedback, Settlement } from '../../routing/outcome.ts'

/** A decision as a fitted router writes it: 64 embedding dimensions and 20 explicit features. */
export function sampleDecision(
  id: string,
  { pool = 12, ...fields }: Partial<RoutingDecision> & { readonly pool?: number } = {},
): RoutingDecision {
  const random = new SeededRandom(seedOf(id))
  const candidates = Array.from({ length: pool }, (_, i) => sampleCandidate(`provider/llm-number-${i}`, pool, random))
  return {
    id,
    createdAtMs: 1_790_000_000_000,
    keyId: 'key-a',
    conversationId: 'conversation-1',
    policyVersion: 'version-1',
    labelSequence: 7,
    cold: false,
    pinned: false,
    rule: 'utility',
    preference: defaultPreference,
    inputTokens: 412.5,
    maxOutputTokens: 1024,
    choices: 1,
    context: {
      embedderId: 'hashed-ngram-1',
      embedding: Float32Array.from({ length: 64 }, () => random.next() - 0.5),
      explicit: Float32Array.from({ length: 20 }, () => 10 * random.next()),
    },
    candidates,
    excluded: [{ llm: 'provider/llm-without-tools', reason: 'no_tools' }],
    drawn: 'provider/llm-number-1',
    propensity: candidates[1]?.probability ?? 1,
    budgetDual: 0,
    experiment: undefined,
    ...fields,
  }
}

function sampleCosts(random: SeededRandom): Pick<CandidateTerms, 'offlineCostUsd' | 'costUsd' | 'costP90Usd'> {
  if (random.next() < 0.1) return { offlineCostUsd: undefined, costUsd: undefined, costP90Usd: undefined }
  const offlineCostUsd = random.next() / 100
  return { offlineCostUsd, costUsd: 1.1 * offlineCostUsd, costP90Usd: 2.3 * offlineCostUsd }
}

function sampleCandidate(llm: string, pool: number, random: SeededRandom): CandidateTerms {
  return {
    llm,
    qualitySource: random.next() < 0.8 ? 'fitted' : 'prior',
    offlineQuality: random.next(),
    quality: random.next(),
    uncertainty: random.next() / 10,
    outputTokens: Math.round(1000 * random.next()),
    ...sampleCosts(random),
    completionMs: 5000 * random.next(),
    latencyPenalty: random.next(),
    utility: random.next(),
    probability: 1 / pool,
  }
}

export function sampleSettlement(decisionId: string, fields: Partial<Settlement> = {}): Settlement {
  return {
    decisionId,
    settledAtMs: 1_790_000_002_000,
    status: 'completed',
    answered: 'provider/llm-number-1',
    reportedModel: 'llm-number-1-2026-08-01',
    usage: { inputTokens: 420, outputTokens: 310, cachedInputTokens: 128, costUsd: 0.0123 },
    costNanoUsd: 12_500_000,
    billedNanoUsd: 12_300_000,
    streamed: true,
    timeToFirstTokenMs: 312.25,
    completionMs: 1834.5,
    overheadMs: 0.375,
    attempts: [
      { llm: 'provider/llm-number-0', error: 'upstream_timeout', ms: 500.5 },
      { llm: 'provider/llm-number-1', error: undefined, ms: 1333 },
    ],
    ...fields,
  }
}

export function sampleFeedback(decisionId: string, fields: Partial<Feedback> = {}): Feedback {
  return {
    decisionId,
    source: 'user',
    kind: 'score',
    value: 0.8,
    receivedAtMs: 1_790_000_060_000,
    keyId: 'key-a',
    idempotencyKey: undefined,
    ...fields,
  }
}

export function sampleKey(id: string, fields: Partial<ApiKey> = {}): ApiKey {
  return {
    id,
    name: `Key ${id}`,
    secretHash: `hash-of-${id}`,
    prefix: 'pm-abc',
    scopes: ['inference'],
    preference: { lambda: Number.POSITIVE_INFINITY, allow: [['provider/*'], ['tag:eu']], deny: ['provider/old'] },
    dailyCapUsd: 2.5,
    createdAtMs: 1_790_000_000_000,
    revokedAtMs: undefined,
    ...fields,
  }
}

function seedOf(id: string): number {
  let seed = 7
  for (let i = 0; i < id.length; i++) seed = Math.imul(seed, 31) + id.charCodeAt(i)
  return seed
}
