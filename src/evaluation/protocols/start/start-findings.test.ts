import { describe, expect, it } from 'vitest'
import type { Measured } from '../stream/measured.ts'
import { startFindings } from './start-findings.ts'
import { startLambdas, startWindows } from './start-plan.ts'

/** A mean with replicates and orders spread evenly around it. */
function measured(mean: number, spread: number): Measured {
  const around = (count: number) =>
    Float64Array.from({ length: count }, (_, i) => mean + spread * ((2 * i) / (count - 1) - 1))
  return { mean, replicates: around(1001), bySeed: around(101) }
}

const gains = (meanOf: (lambda: number, window: string) => number, spread: number) =>
  startLambdas.flatMap((lambda) =>
    startWindows.map(({ name }) => ({ lambda, window: name, figure: measured(meanOf(lambda, name), spread) })),
  )

const verdicts = (all: ReturnType<typeof gains>) => startFindings(all).map(({ verdict }) => verdict)

describe('what is found of a start', () => {
  it('is judged the same way on both sides', () => {
    expect(verdicts(gains(() => 0.02, 0.005))).toEqual(['confirmed', 'confirmed', 'confirmed', 'confirmed'])
    expect(verdicts(gains(() => -0.02, 0.005))).toEqual(['refuted', 'refuted', 'refuted', 'refuted'])
  })

  it('is undecided where p does not stand after Holm over the three λ', () => {
    // Uniform replicates have a deviation of spread/√3: z = 2.1, so p = .036, and the first of three needs .0167.
    const some = gains((lambda) => (lambda === startLambdas[0] ? 0.0121 : 0), 0.01)
    expect(verdicts(some).slice(0, 3)).toEqual(['undecided', 'undecided', 'undecided'])
  })

  it('claims nothing where the starter does not serve', () => {
    expect(startFindings(gains(() => 0, 0)).map(({ id, verdict }) => [id, verdict])).toEqual([
      ['starter-not-used', 'undecided'],
    ])
  })

  it('not shown worse is not taken for not worse', () => {
    expect(verdicts(gains(() => -0.001, 0.005)).at(-1)).toBe('confirmed')
    expect(verdicts(gains(() => -0.001, 0.03)).at(-1)).toBe('undecided')
    const one = gains((lambda, name) => (lambda === startLambdas[2] && name === '250–500' ? -0.004 : 0), 0.002)
    expect(verdicts(one).at(-1)).toBe('refuted')
  })
})
