import type { ApiKey } from './api-key.ts'
import { hashApiKeySecret, looksLikeApiKeySecret, sameSecretHash } from './api-key-secret.ts'
import type { KeyStore } from './key-store.ts'

/** The id of the master key, in decisions and budgets. */
export const masterKeyId = 'master_key'

/** The keys in memory, so that no request reads the database. Call {@link refresh} after the store changed. */
export class KeyRing {
  readonly #store: KeyStore
  readonly #master: ApiKey | undefined
  #activeByHash: ReadonlyMap<string, ApiKey> = new Map()
  #issued: readonly ApiKey[] = []

  private constructor(store: KeyStore, masterSecret: string | undefined) {
    this.#store = store
    this.#master = masterSecret === undefined ? undefined : masterKey(masterSecret)
  }

  /** @param masterSecret counts as a key with every scope; of any form, and never stored. */
  static async load(store: KeyStore, masterSecret?: string): Promise<KeyRing> {
    const ring = new KeyRing(store, masterSecret)
    await ring.refresh()
    return ring
  }

  async refresh(): Promise<void> {
    const keys = await this.#store.list()
    this.#issued = keys
    this.#activeByHash = new Map(
      keys.filter((key) => key.revokedAtMs === undefined).map((key) => [key.secretHash, key]),
    )
  }

  /** Keeps a new key, which counts from now on. */
  async issue(key: ApiKey): Promise<void> {
    await this.#store.create(key)
    await this.refresh()
  }

  /** Ends a key at once. False: there is none of that id, or it was revoked already; the master key is in the settings. */
  async revoke(id: string, atMs: number): Promise<boolean> {
    const revoked = await this.#store.revoke(id, atMs)
    await this.refresh()
    return revoked
  }

  /** No key was ever issued, and there is no master key. Revoking the last key does not make it true: that must not open the gateway. */
  get neverIssued(): boolean {
    return this.#issued.length === 0 && this.#master === undefined
  }

  /** Keys that are not revoked, the master key first. */
  activeKeys(): readonly ApiKey[] {
    const issued = [...this.#activeByHash.values()]
    return this.#master === undefined ? issued : [this.#master, ...issued]
  }

  /** Every key there ever was, the revoked ones too: what those spent is spent. */
  everIssued(): readonly ApiKey[] {
    return this.#issued
  }

  /** The key of a secret, or undefined when it is unknown or revoked. */
  authenticate(secret: string): ApiKey | undefined {
    const master = this.#master
    if (master !== undefined && sameSecretHash(master.secretHash, hashApiKeySecret(secret))) return master
    if (!looksLikeApiKeySecret(secret)) return undefined
    const secretHash = hashApiKeySecret(secret)
    const key = this.#activeByHash.get(secretHash)
    return key !== undefined && sameSecretHash(key.secretHash, secretHash) ? key : undefined
  }
}

/** Of a secret that somebody else made: its beginning is not shown, which may be all of it that is not known. */
function masterKey(secret: string): ApiKey {
  return {
    id: masterKeyId,
    name: 'master key',
    secretHash: hashApiKeySecret(secret),
    prefix: '',
    scopes: ['inference', 'admin'],
    preference: {},
    dailyCapUsd: undefined,
    createdAtMs: 0,
    revokedAtMs: undefined,
  }
}
