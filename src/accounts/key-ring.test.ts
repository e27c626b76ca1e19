import { describe, expect, test } from 'vitest'
import type { ApiKey } from './api-key.ts'
import { createApiKeySecret, hashApiKeySecret, looksLikeApiKeySecret, sameSecretHash } from './api-key-secret.ts'
import { KeyRing } from './key-ring.ts'
import type { KeyStore } from './key-store.ts'

function keyOf(id: string, kept: { readonly secretHash: string; readonly prefix: string }): ApiKey {
  return {
    id,
    name: id,
    secretHash: kept.secretHash,
    prefix: kept.prefix,
    scopes: ['inference'],
    preference: {},
    dailyCapUsd: undefined,
    createdAtMs: 0,
    revokedAtMs: undefined,
  }
}

class ListStore implements KeyStore {
  keys: ApiKey[] = []
  reads = 0

  async create(key: ApiKey): Promise<void> {
    this.keys.push(key)
  }

  async list(): Promise<readonly ApiKey[]> {
    this.reads += 1
    return this.keys
  }

  async revoke(id: string, atMs: number): Promise<boolean> {
    this.keys = this.keys.map((key) => (key.id === id ? { ...key, revokedAtMs: atMs } : key))
    return true
  }
}

describe('a secret', () => {
  test('has 256 random bits and is kept as its SHA-256', () => {
    const made = createApiKeySecret()
    expect(made.secret).toMatch(/^pm-[A-Za-z0-9_-]{43}$/)
    expect(Buffer.from(made.secret.slice(3), 'base64url')).toHaveLength(32)
    expect(made.secretHash).toBe(hashApiKeySecret(made.secret))
    expect(made.secret.startsWith(made.prefix)).toBe(true)
    expect(createApiKeySecret().secret).not.toBe(made.secret)
  })

  test('is hashed as the standard says', () => {
    // FIPS 180-2, appendix B.1.
    expect(hashApiKeySecret('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })

  test('is told from other text by its form', () => {
    expect(looksLikeApiKeySecret(createApiKeySecret().secret)).toBe(true)
    for (const text of ['', 'pm-', 'sk-123', `pm-${'a'.repeat(44)}`, `pm-${'a'.repeat(42)} `]) {
      expect(looksLikeApiKeySecret(text)).toBe(false)
    }
  })

  test('compares as equal only to itself', () => {
    expect(sameSecretHash('ab', 'ab')).toBe(true)
    expect(sameSecretHash('ab', 'ac')).toBe(false)
    expect(sameSecretHash('ab', 'abc')).toBe(false)
  })
})

describe('KeyRing', () => {
  test('knows a key by its secret, without reading the store again', async () => {
    const store = new ListStore()
    const made = createApiKeySecret()
    await store.create(keyOf('k1', made))
    const ring = await KeyRing.load(store)
    expect(ring.authenticate(made.secret)?.id).toBe('k1')
    expect(ring.authenticate(createApiKeySecret().secret)).toBeUndefined()
    expect(ring.authenticate(made.secretHash)).toBeUndefined()
    expect(store.reads).toBe(1)
  })

  test('sees new and revoked keys after a refresh', async () => {
    const store = new ListStore()
    const ring = await KeyRing.load(store)
    expect(ring.neverIssued).toBe(true)
    const made = createApiKeySecret()
    await store.create(keyOf('k1', made))
    await ring.refresh()
    expect(ring.neverIssued).toBe(false)
    expect(ring.activeKeys().map(({ id }) => id)).toEqual(['k1'])
    await store.revoke('k1', 1)
    await ring.refresh()
    expect(ring.authenticate(made.secret)).toBeUndefined()
    expect(ring.activeKeys()).toEqual([])
    expect(ring.everIssued().map(({ id }) => id)).toEqual(['k1'])
  })

  test('that lost its last key does not count as one that never had any', async () => {
    const store = new ListStore()
    await store.create(keyOf('k1', createApiKeySecret()))
    await store.revoke('k1', 1)
    expect((await KeyRing.load(store)).neverIssued).toBe(false)
  })
})

describe('a master key', () => {
  test('counts as a key with every scope, beside those issued, and closes the gateway', async () => {
    const made = createApiKeySecret()
    const store = new ListStore()
    const ring = await KeyRing.load(store, 'sk-1234')
    expect(ring.neverIssued).toBe(false)
    expect(ring.authenticate('sk-1234')).toMatchObject({ id: 'master_key', scopes: ['inference', 'admin'] })
    for (const other of ['sk-12345', 'sk-123', '', made.secret]) expect(ring.authenticate(other)).toBeUndefined()
    await store.create(keyOf('k1', made))
    await ring.refresh()
    expect(ring.authenticate(made.secret)?.id).toBe('k1')
    expect(ring.activeKeys().map(({ id }) => id)).toEqual(['master_key', 'k1'])
    expect(JSON.stringify(ring.activeKeys())).not.toContain('sk-1234')
  })
})
