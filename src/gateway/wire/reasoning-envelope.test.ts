import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isEnvelope, openEnvelope, sealEnvelope } from './reasoning-envelope.ts'

const detail = fc.oneof(
  fc.record({ type: fc.constant('reasoning.summary' as const), summary: fc.string(), id: fc.string() }),
  fc.record({ type: fc.constant('reasoning.encrypted' as const), data: fc.string(), index: fc.nat() }),
  fc.record({ type: fc.constant('reasoning.text' as const), text: fc.string(), signature: fc.string() }),
)
const call = fc.tuple(
  fc.string(),
  fc.string().map((signature) => ({ google: { thought_signature: signature } })),
)

describe('the envelope of reasoning', () => {
  test('gives back what it was given', () => {
    fc.assert(
      fc.property(fc.array(detail), fc.array(call), (details, entries) => {
        const calls = new Map(entries)
        const text = sealEnvelope({ details, calls })
        expect(isEnvelope(text)).toBe(true)
        expect(openEnvelope(text)).toEqual({ details, calls })
      }),
    )
  })

  test('never throws on what was changed on its way, and lets nothing but texts and numbers through', () => {
    const pack = (value: unknown) => `pointsman.1.${Buffer.from(JSON.stringify(value)).toString('base64url')}`
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.jsonValue().map(pack)), (text) => {
        expect(() => openEnvelope(text)).not.toThrow()
      }),
    )
    const odd = { type: 'reasoning.summary', summary: 's', id: { deep: {} }, format: 7, more: [1] }
    const signed = (signature: unknown) => ({ google: { thought_signature: signature, more: 1 }, more: 1 })
    const calls = [['a', signed(1)], ['b', signed('c')], 7]
    const carried = openEnvelope(pack({ details: [odd, 1, { type: 'x' }], calls }))
    expect(carried.details).toEqual([{ type: 'reasoning.summary', summary: 's' }])
    expect([...carried.calls]).toEqual([['b', { google: { thought_signature: 'c' } }]])
  })
})
