import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import type { PolicyStore, PolicyVersionSummary, StoredPolicyVersion } from '../../routing/policy-store.ts'
import { decodeRollout, decodeRolloutEvent, encodeRollout, encodeRolloutEvent } from '../rollout-row.ts'
import { decodeSnapshot, encodeSnapshot } from '../snapshot-codec.ts'
import { StorageError } from '../storage-error.ts'
import type { PolicyVersionRow } from './policy-store.ts'
import type { StorageCalls } from './storage-calls.ts'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** Snapshots become bytes on the caller's thread. */
export function remotePolicyStore(client: StorageCalls): PolicyStore {
  return {
    ...remoteVersions(client),
    ...remoteRollout(client),
    async saveTrainingRows({ embedderId, description, data }) {
      await client.write('saveTrainingRows', { embedderId, description, data: await compress(encodeSnapshot(data)) })
    },
    async trainingRows() {
      const found = await client.read('trainingRows')
      return found === undefined ? undefined : { ...found, data: decodeSnapshot(await decompressed(found.data)) }
    },
    saveLearnedState: async (policyVersion, sequence, state) =>
      client.write('saveLearnedState', policyVersion, sequence, encodeSnapshot(state)),
    async learnedState(policyVersion) {
      const found = await client.read('learnedState', policyVersion)
      return found === undefined ? undefined : { sequence: found.sequence, state: decodeSnapshot(found.state) }
    },
  }
}

function remoteVersions(client: StorageCalls) {
  return {
    saveVersion: async ({ snapshot, ...summary }: StoredPolicyVersion) =>
      client.write('saveVersion', { ...summary, bytes: encodeSnapshot(snapshot) }),
    async latestVersion() {
      const found = await client.read('latestVersion')
      return found === undefined ? undefined : decodeVersion(found)
    },
    async version(id: string) {
      const found = await client.read('version', id)
      return found === undefined ? undefined : decodeVersion(found)
    },
    listVersions: async () => (await client.read('listVersions')).map(decodeSummary),
    pruneVersions: (keep, always) => client.write('pruneVersions', keep, always),
    saveEmbedder: async (id, snapshot) => client.write('saveEmbedder', id, encodeSnapshot(snapshot)),
    async embedder(id) {
      const bytes = await client.read('embedder', id)
      return bytes === undefined ? undefined : decodeSnapshot(bytes)
    },
  } satisfies Partial<PolicyStore>
}

function remoteRollout(client: StorageCalls) {
  return {
    rollout: async () => decodeRollout(await client.read('rollout')),
    changeRollout: async (expected, next, event) =>
      client.write(
        'changeRollout',
        encodeRollout(expected),
        encodeRollout(next),
        event === undefined ? undefined : encodeRolloutEvent(event),
      ),
    rolloutEvents: async (limit) => (await client.read('rolloutEvents', limit)).map(decodeRolloutEvent),
  } satisfies Partial<PolicyStore>
}

function decodeVersion({ bytes, ...row }: PolicyVersionRow & { readonly bytes: Uint8Array }): StoredPolicyVersion {
  return { ...decodeSummary(row), snapshot: decodeSnapshot(bytes) }
}

function decodeSummary({ origin, parentId, throughSequence, ...rest }: PolicyVersionRow): PolicyVersionSummary {
  return {
    ...rest,
    origin: origin ?? undefined,
    parentId: parentId ?? undefined,
    throughSequence: throughSequence ?? undefined,
  }
}

async function decompressed(bytes: Uint8Array): Promise<Uint8Array> {
  try {
    const { buffer, byteOffset, byteLength } = await decompress(bytes)
    // No Buffer, whose slices are views.
    return new Uint8Array(buffer, byteOffset, byteLength)
  } catch (cause) {
    throw new StorageError('storage_corrupt', 'The stored training rows cannot be decompressed', { cause })
  }
}
