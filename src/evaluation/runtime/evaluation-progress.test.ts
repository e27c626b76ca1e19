import { describe, expect, it } from 'vitest'
import type { WorkUnit } from '../protocol.ts'
import { ProgressMeter } from './evaluation-progress.ts'

const units: WorkUnit[] = [
  { key: 'a', weight: 3, parameters: {} },
  { key: 'b', weight: 1, parameters: {} },
]

describe('ProgressMeter', () => {
  it('goes by the weights, and tells the time left by the pace so far', () => {
    const meter = new ProgressMeter(units, [], 1000)
    meter.advance(units[0]!, 0.5)
    expect(meter.read(4000)).toEqual({ finished: 0, total: 2, share: 0.375, secondsLeft: expect.closeTo(5, 9) })
  })

  it('does not count work of an earlier run into the pace', () => {
    const meter = new ProgressMeter(units, [units[0]!], 0)
    expect(meter.read(1000)).toEqual({ finished: 1, total: 2, share: 0.75, secondsLeft: undefined })
    meter.advance(units[1]!, 0.5)
    expect(meter.read(2000).secondsLeft).toBeCloseTo(2, 9)
  })

  it('is whole when there is nothing to do', () => {
    expect(new ProgressMeter([], [], 0).read(1).share).toBe(1)
  })

  it('never goes back within a unit', () => {
    const meter = new ProgressMeter(units, [], 0)
    meter.advance(units[1]!, 0.8)
    meter.advance(units[1]!, 0.2)
    expect(meter.read(1).share).toBeCloseTo(0.2, 12)
  })
})
