import fc from 'fast-check'
import { expect, it } from 'vitest'
import { messagesToolIdRule, ToolCallIds } from './tool-call-ids.ts'

it('leaves valid ids that come once alone', () => {
  const ids = new ToolCallIds(messagesToolIdRule)
  expect([ids.call('toolu_1'), ids.call('toolu_2')]).toEqual(['toolu_1', 'toolu_2'])
  expect([ids.output('toolu_2'), ids.output('toolu_1')]).toEqual(['toolu_2', 'toolu_1'])
})

it('gives a call whose id came before another one, and its output the same', () => {
  const ids = new ToolCallIds(messagesToolIdRule)
  const rounds = [1, 2, 3].map(() => [ids.call('call_0'), ids.output('call_0')])
  expect(rounds).toEqual([
    ['call_0', 'call_0'],
    ['call_0_2', 'call_0_2'],
    ['call_0_3', 'call_0_3'],
  ])
})

it('makes every call’s id valid and its own, whatever the ids', () => {
  const few = fc.constantFrom('call_0', 'call_0_2', 'functions.f:0', '', '\ud800')
  fc.assert(
    fc.property(fc.array(fc.oneof(few, fc.string()), { maxLength: 30 }), (sent) => {
      const ids = new ToolCallIds(messagesToolIdRule)
      const made = sent.map((id) => {
        const call = ids.call(id)
        expect(ids.output(id)).toBe(call)
        expect(call).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
        return call
      })
      expect(new Set(made).size).toBe(sent.length)
    }),
  )
})

it('gives outputs of calls that share an id in one turn to one after the other', () => {
  const ids = new ToolCallIds(messagesToolIdRule)
  const turn = () => [ids.call('x'), ids.call('x'), ids.output('x'), ids.output('x'), ids.output('x')]
  expect(turn()).toEqual(['x', 'x_2', 'x', 'x_2', 'x_2'])
  expect(turn()).toEqual(['x_3', 'x_4', 'x_3', 'x_4', 'x_4'])
})

it('takes no longer per call where an id comes very often', () => {
  const ids = new ToolCallIds(messagesToolIdRule)
  const startMs = performance.now()
  for (let count = 0; count < 100_000; count += 1) ids.call('call_0')
  // Counting up from the start each time took minutes.
  expect(performance.now() - startMs).toBeLessThan(5000)
})
