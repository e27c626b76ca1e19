import type { DatabaseSync } from 'node:sqlite'
import type { Kysely } from 'kysely'
import type { InfluenceCap } from '../../routing/feedback-store.ts'
import type { Feedback } from '../../routing/outcome.ts'
import type { ApiKeyRow } from '../api-key-row.ts'
import type { ChargeEndRow, ChargeRow } from '../charge-row.ts'
import type { EncodedDecision } from '../decision-row.ts'
import type { LeaseRow } from '../lease-row.ts'
import type { PoolEntryRow, PoolOverrideRow } from '../pool-entry-row.ts'
import type { ProbeOutcomeRow, ProbeRunRow } from '../probe-row.ts'
import type { EncodedResponse } from '../response-row.ts'
import type { RolloutEventRow, RolloutRow } from '../rollout-row.ts'
import type { SettlementRow } from '../settlement-row.ts'
import { SqliteChargeStore } from './charge-store.ts'
import { SqliteDecisionLog } from './decision-log.ts'
import { SqliteDecisionStore } from './decision-store.ts'
import { SqliteFeedbackStore } from './feedback-store.ts'
import { SqliteKeyStore } from './key-store.ts'
import { SqliteLeaseStore } from './lease-store.ts'
import { type EncodedPolicyVersion, type EncodedTrainingRows, SqlitePolicyStore } from './policy-store.ts'
import { SqlitePoolStore } from './pool-store.ts'
import { SqliteProbeStore } from './probe-store.ts'
import { SqliteResponseStore } from './response-store.ts'
import { SqliteRolloutStore } from './rollout-store.ts'
import type { Schema } from './schema.ts'

/**
 * What a call needs of its transaction. `lasting` ones survive a power cut once they are acknowledged
 * (synchronous=FULL); other writes survive the process's death, and a power cut may take the last of them.
 */
export type Durability = 'read' | 'written' | 'lasting'

export interface Operation<Args extends readonly unknown[], Result, Needed extends Durability = Durability> {
  readonly durability: Needed
  readonly run: (...args: Args) => Promise<Result> | Result
}

/**
 * Every call that can be made across the thread boundary. Arguments and results survive structured cloning.
 *
 * @param connection what `database` runs on.
 * @param bookedBy whose charges are made here; null: the gateway's, as are all decisions.
 */
export function createOperations(database: Kysely<Schema>, connection: DatabaseSync, bookedBy: string | null = null) {
  const decisions = new SqliteDecisionStore(database, connection)
  const log = new SqliteDecisionLog(database)
  const charges = new SqliteChargeStore(database, bookedBy)
  const feedback = new SqliteFeedbackStore(database, connection)
  const policies = new SqlitePolicyStore(database)
  const rollouts = new SqliteRolloutStore(database)
  const keys = new SqliteKeyStore(database)
  const leases = new SqliteLeaseStore(database)
  const responses = new SqliteResponseStore(database)
  const pool = new SqlitePoolStore(database)
  const probes = new SqliteProbeStore(database)
  return {
    appendDecision: operation('written', (encoded: EncodedDecision) => decisions.append(encoded)),
    settle: operation('written', (row: SettlementRow) => decisions.settle(row)),
    decision: operation('read', (id: string) => decisions.get(id)),
    recentSettlements: operation('read', (limit: number) => decisions.recentSettlements(limit)),
    logPage: operation('read', (afterId: string, limit: number) => log.page(afterId, limit)),
    ofConversation: operation('read', (conversationId: string, visibleTo: string | undefined, limit: number) =>
      log.ofConversation(conversationId, visibleTo, limit),
    ),
    decisionsPerHour: operation('read', (sinceMs: number, keyId: string | undefined, untilMs: number | undefined) =>
      log.perHour(sinceMs, keyId, untilMs),
    ),
    spentNanoUsd: operation(
      'read',
      async (sinceMs: number, keyId: string | undefined) =>
        (await decisions.spentNanoUsd(sinceMs, keyId)) + (await charges.spentNanoUsd(sinceMs, keyId)),
    ),
    pruneSome: operation('written', (beforeMs: number, limit: number) => decisions.pruneSome(beforeMs, limit)),
    appendCharge: operation('written', (row: ChargeRow) => charges.append(row)),
    settleCharge: operation('written', (id: string, end: ChargeEndRow) => charges.settle(id, end)),
    charge: operation('read', (id: string) => charges.get(id)),
    spentByOthersNanoUsd: operation(
      'read',
      async (sinceMs: number) =>
        (bookedBy === null ? 0 : await decisions.spentNanoUsd(sinceMs, undefined)) +
        (await charges.spentByOthersNanoUsd(sinceMs)),
    ),
    pruneCharges: operation('written', (beforeMs: number, limit: number) => charges.pruneSome(beforeMs, limit)),
    acceptFeedback: operation('lasting', (message: Feedback, visibleTo: string | undefined, cap?: InfluenceCap) =>
      feedback.accept(message, visibleTo, cap),
    ),
    label: operation('read', (sequence: number, visibleTo: string | undefined) => feedback.label(sequence, visibleTo)),
    labelsAfter: operation('read', (sequence: number, limit: number) => feedback.labelsAfter(sequence, limit)),
    latestSequence: operation('read', () => feedback.latestSequence()),
    saveVersion: operation('lasting', (version: EncodedPolicyVersion) => policies.saveVersion(version)),
    latestVersion: operation('read', () => policies.latestVersion()),
    version: operation('read', (id: string) => policies.version(id)),
    listVersions: operation('read', () => policies.listVersions()),
    pruneVersions: operation('written', (keep: number, always: readonly string[]) => policies.prune(keep, always)),
    saveTrainingRows: operation('lasting', (rows: EncodedTrainingRows) => policies.saveTrainingRows(rows)),
    trainingRows: operation('read', () => policies.trainingRows()),
    rollout: operation('read', () => rollouts.rollout()),
    changeRollout: operation('lasting', (expected: RolloutRow, next: RolloutRow, event: RolloutEventRow | undefined) =>
      rollouts.change(expected, next, event),
    ),
    rolloutEvents: operation('read', (limit: number) => rollouts.events(limit)),
    saveEmbedder: operation('lasting', (id: string, snapshot: Uint8Array) => policies.saveEmbedder(id, snapshot)),
    embedder: operation('read', (id: string) => policies.embedder(id)),
    saveLearnedState: operation('written', (policyVersion: string, sequence: number, state: Uint8Array) =>
      policies.saveLearnedState(policyVersion, sequence, state),
    ),
    learnedState: operation('read', (policyVersion: string) => policies.learnedState(policyVersion)),
    createKey: operation('lasting', (row: ApiKeyRow) => keys.create(row)),
    listKeys: operation('read', () => keys.list()),
    drawLease: operation('lasting', (row: LeaseRow, capNanoUsd: number) => leases.draw(row, capNanoUsd)),
    giveLeaseBack: operation('written', (id: string) => leases.giveBack(id)),
    openLeases: operation('read', (day: number) => leases.open(day)),
    pruneLeases: operation('written', (beforeMs: number) => leases.prune(beforeMs)),
    addPoolEntry: operation('lasting', (row: PoolEntryRow) => pool.add(row)),
    listPoolEntries: operation('read', () => pool.list()),
    removePoolEntry: operation('lasting', (id: string) => pool.remove(id)),
    poolOverrides: operation('read', () => pool.overrides()),
    setPoolOverride: operation('lasting', (row: PoolOverrideRow) => pool.setOverride(row)),
    saveProbeOutcome: operation('written', (row: ProbeOutcomeRow) => probes.saveOutcome(row)),
    probeOutcomes: operation('read', (probeSet: string, llm: string | undefined) => probes.outcomes(probeSet, llm)),
    forgetProbes: operation('lasting', (llm: string) => probes.forget(llm)),
    saveProbeRun: operation('lasting', (row: ProbeRunRow) => probes.saveRun(row)),
    probeRun: operation('read', (id: string) => probes.run(id)),
    probeRuns: operation('read', (limit: number) => probes.runs(limit)),
    saveResponse: operation('written', (encoded: EncodedResponse) => responses.save(encoded)),
    response: operation('read', (id: string, keyId: string | undefined) => responses.get(id, keyId)),
    responseChain: operation('read', (id: string, keyId: string | undefined) => responses.chain(id, keyId)),
    responseChainSize: operation('read', (id: string, keyId: string | undefined) => responses.chainSize(id, keyId)),
    responseItem: operation('read', (itemId: string, keyId: string | undefined) => responses.item(itemId, keyId)),
    deleteResponse: operation('lasting', (id: string, keyId: string | undefined) => responses.delete(id, keyId)),
    revokeKey: operation('lasting', (id: string, atMs: number) => keys.revoke(id, atMs)),
  } as const
}

export type Operations = ReturnType<typeof createOperations>
export type OperationName = keyof Operations
/** Operations that change nothing, and the others: they go to the worker apart. */
export type ReadName = {
  [Name in OperationName]: Operations[Name]['durability'] extends 'read' ? Name : never
}[OperationName]
export type WriteName = Exclude<OperationName, ReadName>
export type OperationArgs<Name extends OperationName> = Parameters<Operations[Name]['run']>
export type OperationResult<Name extends OperationName> = Awaited<ReturnType<Operations[Name]['run']>>

function operation<Args extends readonly unknown[], Result, Needed extends Durability>(
  durability: Needed,
  run: (...args: Args) => Promise<Result> | Result,
): Operation<Args, Result, Needed> {
  return { durability, run }
}
