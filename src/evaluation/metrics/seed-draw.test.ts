import { describe, expect, it } from 'vitest'
import { drawSeeds } from './seed-draw.ts'

describe('drawSeeds', () => {
  it('draws every seed about as often, the same for the same replicate', () => {
    const draws = Array.from({ length: 1000 }, (_, replicate) => drawSeeds(3, replicate))
    const counts = [0, 1, 2].map((seed) => draws.flat().filter((drawn) => drawn === seed).length)
    // 3,000 draws: five standard deviations are 130.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(130)
    // All three alike in one replicate of nine, all different in two.
    const alike = draws.filter((drawn) => new Set(drawn).size === 1).length
    expect(Math.abs(alike - 1000 / 9)).toBeLessThan(50)
    expect(drawSeeds(3, 7)).toEqual(draws[7])
  })

  it('has no choice with one seed', () => {
    expect(drawSeeds(1, 5)).toEqual([0])
  })
})
