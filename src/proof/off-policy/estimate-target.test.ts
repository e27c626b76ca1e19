import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { estimateTarget } from './estimate-target.ts'
import { loggingChoices, type OffPolicyLog, OffPolicyLogBuilder } from './off-policy-log.ts'
import { type PreparedLog, prepareLog } from './prepare-log.ts'
import { targetScores } from './target-scores.ts'

/** λ = 1: utility is ½·quality − ½·cost/C_ref. */
const scale = { lambda: 1, costReferenceUsd: 0.01 }

/**
 * Five draws of LLMs a and b, p(a) = .8, p(b) = .2, all outcomes known. q: .5, .7, .9 of a, 1 and .6 of b; costs .001 of a, .01 of b.
 * Target: always b.
 */
function fiveRows(shift = 0): OffPolicyLog {
  const builder = new OffPolicyLogBuilder()
  const rows = [
    [0, 0.5],
    [1, 1],
    [0, 0.7],
    [1, 0.6],
    [0, 0.9],
  ] as const
  rows.forEach(([drawn, quality], i) => {
    builder.add({
      cluster: `d${i}`,
      llms: ['a', 'b'],
      logging: [0.8, 0.2],
      qualityEstimate: [0.7, 0.8],
      costEstimate: [0.001, 0.01],
      drawn,
      propensity: drawn === 0 ? 0.8 : 0.2,
      quality: quality + shift,
      costUsd: drawn === 0 ? 0.001 : 0.01,
    })
  })
  return builder.build()
}

const alwaysB = { probability: Float64Array.from({ length: 10 }, (_, place) => place % 2) }

/** In place of the fitted direct model: the estimates as they were logged. */
function withLoggedModel(prepared: PreparedLog): PreparedLog {
  const { log, quality } = prepared
  const residual = log.quality.map((value, i) => value - log.qualityEstimate[log.drawn[i]!]!)
  return { ...prepared, quality: { ...quality, model: log.qualityEstimate, residual } }
}

describe('the estimators on five rows, worked by hand', () => {
  const log = fiveRows()
  const { quality } = withLoggedModel(prepareLog(log))
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

  test('inverse propensity: (1/.2 + .6/.2)/5', () => {
    expect(mean(targetScores('ips', log, quality, alwaysB).target.scores)).toBeCloseTo(1.6, 12)
  })

  test('self-normalised: (1/.2 + .6/.2)/(1/.2 + 1/.2), its scores linearised around it', () => {
    const { scores } = targetScores('snips', log, quality, alwaysB).target
    expect(mean(scores)).toBeCloseTo(0.8, 12)
    // n/Σw = 5/10: row 2 scores .8 + 5·(1 − .8)/2.
    expect([...scores]).toEqual([0.8, 1.3, 0.8, 0.3, 0.8].map((value) => expect.closeTo(value, 12)))
  })

  test('doubly robust: .8 + ((1 − .8)/.2 + (.6 − .8)/.2)/5', () => {
    const { scores } = targetScores('dr', log, quality, alwaysB).target
    expect([...scores]).toEqual([0.8, 1.8, 0.8, -0.2, 0.8].map((value) => expect.closeTo(value, 12)))
  })

  test('what served, by the same estimators: the mean outcome, and by dr .8·.7 + .2·.8 + mean residual', () => {
    expect(mean(targetScores('ips', log, quality, alwaysB).served.scores)).toBeCloseTo(0.74, 12)
    expect(mean(targetScores('snips', log, quality, alwaysB).served.scores)).toBeCloseTo(0.74, 12)
    // Residuals −.2, .2, 0, −.2, .2: mean 0.
    expect(mean(targetScores('dr', log, quality, alwaysB).served.scores)).toBeCloseTo(0.72, 12)
  })

  test('utility joins quality and cost at the owner’s λ', () => {
    const [, , ips] = estimateTarget(prepareLog(log), alwaysB, scale).results
    // Cost of always b by inverse propensity: (.01/.2·2)/5 = .02, twice C_ref.
    expect(ips!.costUsd!.target.value).toBeCloseTo(0.02, 12)
    expect(ips!.utility!.target.value).toBeCloseTo(0.5 * 1.6 - 0.5 * 2, 12)
  })

  test('a price that doubles doubles what the target pays, not what was paid', () => {
    const costFactor = Float64Array.from({ length: 10 }, (_, place) => 1 + (place % 2))
    const [dr, snips, ips] = estimateTarget(prepareLog(log), { ...alwaysB, costFactor }, scale).results
    for (const result of [dr!, snips!]) expect(result.costUsd!.target.value).toBeCloseTo(0.02, 12)
    expect(ips!.costUsd!.target.value).toBeCloseTo(0.04, 12)
    expect(snips!.costUsd!.served.value).toBeCloseTo(0.0046, 12)
  })
})

test('outcomes that are all higher by one amount raise the self-normalised estimate by it, and the inverse propensity one by more or less', () => {
  const quality = (log: OffPolicyLog) =>
    estimateTarget(prepareLog(log), alwaysB, scale).results.map((result) => result.quality!.target.value)
  const [, snips, ips] = quality(fiveRows())
  const [, shiftedSnips, shiftedIps] = quality(fiveRows(0.25))
  expect(shiftedSnips! - snips!).toBeCloseTo(0.25, 12)
  expect(shiftedIps! - ips!).toBeCloseTo(0.5, 12)
})

test('a target that chooses as was chosen differs by 0 in everything, by every estimator, labels missing or not', () => {
  fc.assert(
    fc.property(randomLog(), (log) => {
      const { results, verdict } = estimateTarget(prepareLog(log), loggingChoices(log), scale)
      expect(verdict.kind).toBe('same')
      for (const { quality, costUsd, utility } of results) {
        for (const compared of [quality, costUsd, utility]) {
          if (compared === undefined || Number.isNaN(compared.target.value)) continue
          expect(compared.difference.value).toBe(0)
          expect(compared.target.value).toBe(compared.served.value)
        }
      }
    }),
    { seed: 5, numRuns: 100 },
  )
})

describe('on a world of two prompts and two LLMs, over all draws with their probabilities', () => {
  // q[prompt][llm], p[prompt][llm]; the target takes LLM 1 on prompt 0 and a coin on prompt 1.
  const quality = [
    [0.2, 0.9],
    [0.6, 0.4],
  ] as const
  const propensities = [
    [0.7, 0.3],
    [0.1, 0.9],
  ] as const
  const target = { probability: Float64Array.of(0, 1, 0.5, 0.5) }
  const truth = (0.9 + 0.5 * 0.6 + 0.5 * 0.4) / 2

  /** E of the estimate over the four possible logs of one row per prompt, with a direct model and the propensities that the log tells. */
  function expectation(
    model: readonly (readonly number[])[],
    told: readonly (readonly number[])[],
    estimator: 'dr' | 'ips',
  ) {
    let expected = 0
    for (const first of [0, 1] as const) {
      for (const second of [0, 1] as const) {
        const draws = [first, second]
        const builder = new OffPolicyLogBuilder()
        draws.forEach((drawn, prompt) => {
          builder.add({
            cluster: `c${prompt}`,
            llms: ['a', 'b'],
            logging: told[prompt]!,
            qualityEstimate: model[prompt]!,
            costEstimate: [0, 0],
            drawn,
            propensity: told[prompt]![drawn]!,
            quality: quality[prompt]![drawn]!,
            costUsd: 0,
          })
        })
        const log = builder.build()
        const prepared = withLoggedModel(prepareLog(log))
        // Rates of two rows are none: all is known.
        const measure = { ...prepared.quality, knownWeight: Float64Array.of(1, 1) }
        const { scores } = targetScores(estimator, log, measure, target).target
        const probability = propensities[0][first] * propensities[1][second]
        expected += (probability * (scores[0]! + scores[1]!)) / 2
      }
    }
    return expected
  }

  const wrongModel = [
    [0.5, 0.1],
    [0.9, 0.3],
  ]
  const wrongPropensities = [
    [0.4, 0.6],
    [0.5, 0.5],
  ]

  test('dr is exact with the right propensities, however wrong the model', () => {
    expect(expectation(wrongModel, propensities, 'dr')).toBeCloseTo(truth, 12)
  })

  test('dr is exact with the right model, however wrong the propensities', () => {
    expect(expectation(quality, wrongPropensities, 'dr')).toBeCloseTo(truth, 12)
  })

  test('inverse propensities are exact with the right propensities alone', () => {
    expect(expectation(wrongModel, propensities, 'ips')).toBeCloseTo(truth, 12)
    expect(Math.abs(expectation(quality, wrongPropensities, 'ips') - truth)).toBeGreaterThan(0.05)
  })
})

/** Up to 40 rows over three LLMs; outcomes known or not. */
function randomLog(): fc.Arbitrary<OffPolicyLog> {
  const unit = fc.double({ min: 0.05, max: 1, noNaN: true })
  const row = fc.record({
    odds: fc.tuple(unit, unit, unit),
    estimates: fc.tuple(unit, unit, unit),
    drawn: fc.nat(2),
    quality: fc.option(unit, { nil: Number.NaN }),
    costUsd: fc.option(unit, { nil: Number.NaN }),
    cluster: fc.nat(15),
  })
  return fc.array(row, { minLength: 2, maxLength: 40 }).map((rows) => {
    const builder = new OffPolicyLogBuilder()
    for (const { odds, estimates, drawn, quality, costUsd, cluster } of rows) {
      const total = odds[0] + odds[1] + odds[2]
      const logging = odds.map((value) => value / total)
      builder.add({
        cluster: `c${cluster}`,
        llms: ['a', 'b', 'c'],
        logging,
        qualityEstimate: estimates,
        costEstimate: estimates,
        drawn,
        propensity: logging[drawn]!,
        quality,
        costUsd,
      })
    }
    return builder.build()
  })
}
