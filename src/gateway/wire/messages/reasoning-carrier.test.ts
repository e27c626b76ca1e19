import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isCarrier, packReasoning, unpackReasoning } from './reasoning-carrier.ts'

const detail = fc.oneof(
  fc.record({ type: fc.constant('reasoning.summary' as const), summary: fc.string(), id: fc.string() }),
  fc.record({ type: fc.constant('reasoning.encrypted' as const), data: fc.string(), index: fc.nat() }),
  fc.record({ type: fc.constant('reasoning.text' as const), text: fc.string(), signature: fc.string() }),
)

describe('the carrier of reasoning', () => {
  test('gives back what it was given', () => {
    fc.assert(
      fc.property(fc.array(detail), fc.dictionary(fc.string(), fc.string()), (details, signatures) => {
        const text = packReasoning(details, signatures)
        expect(isCarrier(text)).toBe(true)
        const carried = unpackReasoning(text)
        expect(carried.details).toEqual(details)
        expect(Object.fromEntries(carried.thoughtSignatures)).toEqual(Object.fromEntries(Object.entries(signatures)))
      }),
    )
  })

  test('never throws on what was changed on its way, and lets nothing but texts and numbers through', () => {
    const pack = (value: unknown) => `pointsman.v1.${Buffer.from(JSON.stringify(value)).toString('base64url')}`
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.jsonValue().map(pack)), (text) => {
        expect(() => unpackReasoning(text)).not.toThrow()
      }),
    )
    const odd = { type: 'reasoning.summary', summary: 's', id: { deep: {} }, format: 7, more: [1] }
    const carried = unpackReasoning(pack({ details: [odd, 1, { type: 'x' }], thought_signatures: { a: 1, b: 'c' } }))
    expect(carried.details).toEqual([{ type: 'reasoning.summary', summary: 's' }])
    expect([...carried.thoughtSignatures]).toEqual([['b', 'c']])
  })
})
