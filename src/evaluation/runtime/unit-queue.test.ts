import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WorkUnit } from '../protocol.ts'
import { UnitQueue } from './unit-queue.ts'

function unit(key: string, affinity?: string): WorkUnit {
  return { key, weight: 1, parameters: {}, ...(affinity === undefined ? {} : { affinity }) }
}

describe('UnitQueue', () => {
  it('keeps a worker with what it has in its cache, and others away from it', () => {
    const queue = new UnitQueue([unit('a1', 'a'), unit('a2', 'a'), unit('b1', 'b'), unit('b2', 'b')])
    expect(queue.take(0)?.key).toBe('a1')
    expect(queue.take(1)?.key).toBe('b1')
    expect(queue.take(0)?.key).toBe('a2')
    expect(queue.take(1)?.key).toBe('b2')
    expect(queue.take(0)).toBeUndefined()
  })

  it('shares an affinity rather than leave a worker idle', () => {
    const queue = new UnitQueue([unit('a1', 'a'), unit('a2', 'a')])
    expect(queue.take(0)?.key).toBe('a1')
    expect(queue.take(1)?.key).toBe('a2')
  })

  it('hands out every unit once, however workers take turns', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c', undefined), { maxLength: 20 }),
        fc.array(fc.nat(3), { minLength: 80, maxLength: 80 }),
        (affinities, turns) => {
          const queue = new UnitQueue(affinities.map((affinity, i) => unit(String(i), affinity)))
          const taken = turns.flatMap((worker) => queue.take(worker)?.key ?? [])
          expect(taken.sort()).toEqual(affinities.map((_, i) => String(i)).sort())
        },
      ),
    )
  })
})
