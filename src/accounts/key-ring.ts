import type { ApiKey } from './api-key.ts'
import { hashApiKeySecret, looksLikeApiKeySecret, sameSecretHash } from './api-key-secret.ts'
import type { KeyStore } from './key-store.ts'

/** The keys in memory, so that no request reads the database. Call {@link refresh} after the store changed. */
export class KeyRing {
  readonly #store: KeyStore
  #activeByHash: ReadonlyMap<string, ApiKey> = new Map()
  #everIssued = 0

  private constructor(store: KeyStore) {
    this.#store = store
  }

  static async load(store: KeyStore): Promise<KeyRing> {
    const ring = new KeyRing(store)
    await ring.refresh()
    return ring
  }

  async refresh(): Promise<void> {
    const keys = await this.#store.list()
    this.#everIssued = keys.length
    this.#activeByHash = new Map(
      keys.filter((key) => key.revokedAtMs === undefined).map((key) => [key.secretHash, key]),
    )
  }

  /** No key was ever issued. Revoking the last key does not make it true: that must not open the gateway. */
  get neverIssued(): boolean {
    return this.#everIssued === 0
  }

  /** Keys that are not revoked. */
  activeKeys(): readonly ApiKey[] {
    return [...this.#activeByHash.values()]
  }

  /** The key of a secret, or undefined when it is unknown or revoked. */
  authenticate(secret: string): ApiKey | undefined {
    if (!looksLikeApiKeySecret(secret)) return undefined
    const secretHash = hashApiKeySecret(secret)
    const key = this.#activeByHash.get(secretHash)
    return key !== undefined && sameSecretHash(key.secretHash, secretHash) ? key : undefined
  }
}
