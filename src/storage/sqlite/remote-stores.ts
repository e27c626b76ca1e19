import type { ChargeStore } from '../../accounts/charge-store.ts'
import type { KeyStore } from '../../accounts/key-store.ts'
import type { LeaseStore } from '../../accounts/lease-store.ts'
import type { DecisionStore, StoredDecision } from '../../routing/decision-store.ts'
import type { FeedbackStore } from '../../routing/feedback-store.ts'
import type { ProbeStore } from '../../routing/probe-store.ts'
import type { PoolStore } from '../../routing/registry/pool-store.ts'
import type { ResponseStore } from '../../routing/response-store.ts'
import { decodeApiKey, encodeApiKey } from '../api-key-row.ts'
import { decodeCharge, encodeCharge, encodeChargeEnd } from '../charge-row.ts'
import { decodeDecision, encodeDecision } from '../decision-row.ts'
import { decodeLabel, decodeStoredLabel } from '../label-row.ts'
import { decodeLease, encodeLease } from '../lease-row.ts'
import { decodePoolEntry, decodePoolOverride, encodePoolEntry, encodePoolOverride } from '../pool-entry-row.ts'
import { decodeProbeOutcome, decodeProbeRun, encodeProbeOutcome, encodeProbeRun } from '../probe-row.ts'
import { decodeResponse, encodeResponse } from '../response-row.ts'
import { decodeSettlement, encodeSettlement } from '../settlement-row.ts'
import type { StoredDecisionRow } from './decision-store.ts'
import { readLog } from './read-log.ts'
import type { StorageCalls } from './storage-calls.ts'

/** Decisions deleted per transaction, so that pruning never holds up other calls for long. */
const pruneBatch = 256

/** Domain records become rows on the caller's thread: a flat row crosses to the worker far cheaper than a record. */
export function remoteDecisionStore(client: StorageCalls): DecisionStore {
  return {
    append: async (decision, reservedNanoUsd) =>
      client.writeSoon('appendDecision', encodeDecision(decision, reservedNanoUsd)),
    settle: async (settlement) => client.write('settle', encodeSettlement(settlement)),
    async get(id) {
      const found = await client.read('decision', id)
      return found === undefined ? undefined : decodeStoredDecision(found)
    },
    recentSettlements: async (limit) => (await client.read('recentSettlements', limit)).map(decodeStoredDecision),
    logged: (afterId, limit) => readLog(client, afterId, limit),
    ofConversation: (conversationId, visibleTo, limit) =>
      client.read('ofConversation', conversationId, visibleTo, limit),
    decisionsPerHour: (sinceMs, keyId, untilMs) => client.read('decisionsPerHour', sinceMs, keyId, untilMs),
    spentNanoUsd: (sinceMs, keyId) => client.read('spentNanoUsd', sinceMs, keyId),
    async prune(beforeMs) {
      await client.write('pruneLeases', beforeMs)
      await pruneAll((limit) => client.write('pruneCharges', beforeMs, limit))
      return pruneAll((limit) => client.write('pruneSome', beforeMs, limit))
    },
  }
}

async function pruneAll(pruneSome: (limit: number) => Promise<number>): Promise<number> {
  for (let pruned = 0; ; ) {
    const count = await pruneSome(pruneBatch)
    pruned += count
    if (count < pruneBatch) return pruned
  }
}

export function remoteChargeStore(client: StorageCalls): ChargeStore {
  return {
    append: async (charge) => client.writeSoon('appendCharge', encodeCharge(charge)),
    settle: async (settlement) => client.write('settleCharge', settlement.chargeId, encodeChargeEnd(settlement)),
    async get(id) {
      const found = await client.read('charge', id)
      return found === undefined ? undefined : decodeCharge(found)
    },
    spentByOthersNanoUsd: (sinceMs) => client.read('spentByOthersNanoUsd', sinceMs),
  }
}

export function remoteFeedbackStore(client: StorageCalls): FeedbackStore {
  return {
    async accept(feedback, visibleTo, cap) {
      const receipt = await client.write('acceptFeedback', feedback, visibleTo, cap)
      if (receipt.status !== 'accepted' && receipt.status !== 'duplicate') return { status: receipt.status }
      const withdrawn = receipt.withdrawn && { withdrawn: decodeLabel(receipt.withdrawn) }
      if (receipt.status === 'duplicate') return { status: 'duplicate', sequence: receipt.sequence, ...withdrawn }
      const label = decodeLabel(receipt.label)
      return { status: 'accepted', sequence: label.sequence, label, ...withdrawn }
    },
    labelsAfter: async (sequence, limit) => (await client.read('labelsAfter', sequence, limit)).map(decodeLabel),
    latestSequence: () => client.read('latestSequence'),
    async label(sequence, visibleTo) {
      const found = await client.read('label', sequence, visibleTo)
      return found === undefined ? undefined : decodeStoredLabel(found)
    },
  }
}

export function remoteKeyStore(client: StorageCalls): KeyStore {
  return {
    create: async (key) => client.write('createKey', encodeApiKey(key)),
    list: async () => (await client.read('listKeys')).map(decodeApiKey),
    revoke: (id, atMs) => client.write('revokeKey', id, atMs),
  }
}

export function remotePoolStore(client: StorageCalls): PoolStore {
  return {
    overrides: async () => (await client.read('poolOverrides')).map(decodePoolOverride),
    setOverride: async (override) => client.write('setPoolOverride', encodePoolOverride(override)),
    add: async (entry) => client.write('addPoolEntry', encodePoolEntry(entry)),
    list: async () => (await client.read('listPoolEntries')).map(decodePoolEntry),
    remove: (id) => client.write('removePoolEntry', id),
  }
}

export function remoteProbeStore(client: StorageCalls): ProbeStore {
  return {
    saveOutcome: async (outcome) => client.write('saveProbeOutcome', encodeProbeOutcome(outcome)),
    outcomes: async (probeSet, llm) => (await client.read('probeOutcomes', probeSet, llm)).map(decodeProbeOutcome),
    forget: (llm) => client.write('forgetProbes', llm),
    saveRun: async (run) => client.write('saveProbeRun', encodeProbeRun(run)),
    async run(id) {
      const found = await client.read('probeRun', id)
      return found === undefined ? undefined : decodeProbeRun(found)
    },
    runs: async (limit) => (await client.read('probeRuns', limit)).map(decodeProbeRun),
  }
}

export function remoteLeaseStore(client: StorageCalls): LeaseStore {
  return {
    async draw(lease, capNanoUsd) {
      const leftNanoUsd = await client.write('drawLease', encodeLease(lease), capNanoUsd)
      return leftNanoUsd === undefined ? undefined : { leftNanoUsd }
    },
    giveBack: (id) => client.write('giveLeaseBack', id),
    open: async (day) => (await client.read('openLeases', day)).map(decodeLease),
  }
}

export function remoteResponseStore(client: StorageCalls): ResponseStore {
  return {
    save: async (response) => client.write('saveResponse', encodeResponse(response)),
    async get(id, keyId) {
      const found = await client.read('response', id, keyId)
      return found === undefined ? undefined : decodeResponse(found)
    },
    chain: async (id, keyId) => (await client.read('responseChain', id, keyId)).map(decodeResponse),
    chainSize: (id, keyId) => client.read('responseChainSize', id, keyId),
    item: (itemId, keyId) => client.read('responseItem', itemId, keyId),
    delete: (id, keyId) => client.write('deleteResponse', id, keyId),
  }
}

function decodeStoredDecision({ decision, candidateList, settlement }: StoredDecisionRow): StoredDecision {
  return {
    decision: decodeDecision(decision, candidateList),
    settlement: settlement === undefined ? undefined : decodeSettlement(settlement),
  }
}
