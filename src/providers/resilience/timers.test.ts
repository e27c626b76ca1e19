import { expect, test, vi } from 'vitest'
import { systemTimers } from './timers.ts'

test('a delay that Node cannot count to is as long as it can', () => {
  const started = vi.spyOn(globalThis, 'setTimeout')
  systemTimers.after(1e12, () => {})()
  expect(started.mock.calls[0]?.[1]).toBe(2_147_483_647)
  started.mockRestore()
})
