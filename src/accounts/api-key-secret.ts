import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A new secret and what is kept of it. */
export interface ApiKeySecret {
  /** `pm-` and 43 characters of base64url: 256 random bits. Shown once, never stored. */
  readonly secret: string
  readonly secretHash: string
  /** The first 10 characters, to recognise the key by; 42 of its 256 bits. */
  readonly prefix: string
}

const secretPattern = /^pm-[A-Za-z0-9_-]{43}$/

export function createApiKeySecret(): ApiKeySecret {
  const secret = `pm-${randomBytes(32).toString('base64url')}`
  return { secret, secretHash: hashApiKeySecret(secret), prefix: secret.slice(0, 10) }
}

/** SHA-256, hex. A slow hash would add nothing to 256 random bits. */
export function hashApiKeySecret(secret: string): string {
  return hash('sha256', secret, 'hex')
}

/** Whether a text has the form of our secrets; anything else cannot be a key and need not be hashed. */
export function looksLikeApiKeySecret(text: string): boolean {
  return secretPattern.test(text)
}

/** Compares two hex hashes in a time that does not depend on where they differ. */
export function sameSecretHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
