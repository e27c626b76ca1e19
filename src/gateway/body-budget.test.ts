import { expect, test } from 'vitest'
import { BodyBudget } from './body-budget.ts'

test('all requests share one limit, and give back what they took', () => {
  const budget = new BodyBudget(100)
  const first = budget.open()
  const second = budget.open()
  expect([first.take(60), second.take(40), second.take(1), first.take(1)]).toEqual([true, true, false, false])
  expect(budget.heldBytes).toBe(100)
  first.release()
  first.release()
  expect(budget.heldBytes).toBe(40)
  expect(second.take(60)).toBe(true)
  second.release()
  expect(budget.heldBytes).toBe(0)
})
