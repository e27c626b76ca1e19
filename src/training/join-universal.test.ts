import { describe, expect, it } from 'vitest'
import type { RoutingContext } from '../routing/embedding/routing-context.ts'
import { nextNormal, SeededRandom } from '../routing/numeric/random-source.ts'
import { JoinedQualityPredictor } from '../routing/prediction/joined-quality-predictor.ts'
import { RidgeQualityPredictor } from '../routing/prediction/ridge-quality-predictor.ts'
import type { TrainingRows } from '../routing/prediction/training-rows.ts'
import { joinUniversal } from './join-universal.ts'

const llms = ['a', 'b', 'c', 'd', 'e', 'f']
const prompts = 400

/** Qualities linear in one coordinate of the embedding, each LLM with its own slope; `f` is like `e`. */
function makeRows(labelsOfF: number) {
  const random = new SeededRandom(1)
  const slopes = [0.4, -0.4, 0.2, -0.2, 0.35, 0.35]
  const contexts: RoutingContext[] = []
  const truth = new Float64Array(prompts * llms.length)
  for (let row = 0; row < prompts; row++) {
    const embedding = Float32Array.from({ length: 8 }, () => nextNormal(random) / Math.sqrt(8))
    contexts.push({ embedderId: 'test', embedding, explicit: Float32Array.of(0) })
    slopes.forEach((slope, llm) => {
      truth[row * llms.length + llm] = Math.min(1, Math.max(0, 0.6 + slope * Math.sqrt(8) * embedding[0]!))
    })
  }
  const quality = truth.map((value, cell) => {
    const label = random.next() < value ? 1 : 0
    return cell % llms.length === 5 && Math.floor(cell / llms.length) >= labelsOfF ? Number.NaN : label
  })
  const unknown = new Float64Array(quality.length).fill(Number.NaN)
  const rows: TrainingRows = { llms, contexts, quality, costUsd: unknown, inputTokens: unknown, outputTokens: unknown }
  return { rows, truth }
}

async function errorOfF(labels: number) {
  const { rows, truth } = makeRows(labels)
  const quality = RidgeQualityPredictor.fit(rows, { penalty: 10 })
  const joined = await joinUniversal({ rows, bases: llms, quality, outOfFold: truth }, { seed: 1 })
  const predicted = new Float64Array(llms.length)
  const error = (predictor: typeof joined.quality): number => {
    let sum = 0
    for (let row = labels; row < prompts; row++) {
      predictor.predict(rows.contexts[row]!, predicted)
      sum += (predicted[5]! - truth[row * llms.length + 5]!) ** 2 / (prompts - labels)
    }
    return Math.sqrt(sum)
  }
  return { joined, alone: error(quality), together: error(joined.quality), quality }
}

describe('joinUniversal', () => {
  it('makes the estimate of an LLM with few labels from those of others, and a better one', async () => {
    const { joined, alone, together } = await errorOfF(25)
    expect(joined.described).toEqual([5])
    expect(joined.universal!.llms).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(together).toBeLessThan(0.8 * alone)
  })

  it('hands over to its own fit as its labels grow', async () => {
    const { joined } = await errorOfF(25)
    expect(joined.universal!.ownWeight(0)).toBe(0)
    expect(joined.universal!.ownWeight(25)).toBeLessThan(joined.universal!.ownWeight(180))
    expect(joined.universal!.ownWeight(1e9)).toBe(1)
    // Half of the labels that others have makes a training LLM, to which its own weight grows without a step.
    const [own, n0, most] = [joined.universal!, joined.universal!.ownLabels, prompts / 2]
    expect(own.ownWeight(most)).toBe(1)
    expect(own.ownWeight(most - 1)).toBeCloseTo((most - 1) / (most - 1 + n0 / most), 12)
    expect((await errorOfF(150)).joined.universal!.ownWeight(150)).toBeGreaterThan(0)
  })

  it('leaves every other LLM as it was, bit for bit', async () => {
    const { joined, quality } = await errorOfF(25)
    const { rows } = makeRows(25)
    const [one, two] = [new Float64Array(6), new Float64Array(6)]
    joined.quality.predict(rows.contexts[7]!, one)
    quality.predict(rows.contexts[7]!, two)
    expect(one.subarray(0, 5)).toEqual(two.subarray(0, 5))
  })

  it('joins nothing where every LLM has many labels, and knows no universal model of one LLM', async () => {
    const { joined } = await errorOfF(300)
    expect(joined.quality).not.toBeInstanceOf(JoinedQualityPredictor)
    expect(joined.universal).toBeDefined()
    const { rows } = makeRows(300)
    const quality = rows.quality.map((value, cell) => (cell % 6 === 0 || cell < 240 ? value : Number.NaN))
    const single = { ...rows, quality }
    const fitted = RidgeQualityPredictor.fit(single)
    const none = await joinUniversal({ rows: single, bases: llms, quality: fitted, outOfFold: quality }, { seed: 1 })
    expect(none.universal).toBeUndefined()
  })
})
