import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nearMiss } from './near-miss.ts'

const known = ['port', 'host', 'allowed_hosts', 'limits', 'api_key']

describe('nearMiss', () => {
  test.each([
    ['prot', 'port'],
    ['hots', 'host'],
    ['allowedHosts', 'allowed_hosts'],
    ['apikey', 'api_key'],
    ['limit', 'limits'],
    ['PORT', 'port'],
  ])('takes %s for %s', (word, meant) => {
    expect(nearMiss(word, known)).toBe(meant)
  })

  test.each(['', 'x', 'colour', 'po', 'database'])('knows nothing close to %j', (word) => {
    expect(nearMiss(word, known)).toBeUndefined()
  })

  test('finds every known word itself', () => {
    fc.assert(fc.property(fc.constantFrom(...known), (word) => nearMiss(word, known) === word))
  })
})
