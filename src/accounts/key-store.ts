import type { ApiKey } from './api-key.ts'

export interface KeyStore {
  create(key: ApiKey): Promise<void>
  list(): Promise<readonly ApiKey[]>
  /** @returns false when there is no such key or it was revoked already. */
  revoke(id: string, atMs: number): Promise<boolean>
}
