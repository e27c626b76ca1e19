import { format, inspect } from 'node:util'
import { expect, test } from 'vitest'
import { Secret } from './secret.ts'

test('a secret shows itself only when asked by name', () => {
  const secret = new Secret('sk-123')
  expect(secret.reveal()).toBe('sk-123')
  for (const text of [
    String(secret),
    JSON.stringify({ secret }),
    inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
    format('%s %o %j', secret, secret, secret),
    JSON.stringify(Object.entries(secret)),
  ]) {
    expect(text).not.toContain('sk-123')
  }
})
