import { describe, expect, it } from 'vitest'
import type { RoutingContext } from '../embedding/routing-context.ts'
import { nextNormal, SeededRandom } from '../numeric/random-source.ts'
import type { QualityPredictor, QualityPredictorSnapshot } from './quality-predictor.ts'
import { restoreQualityPredictor } from './restore-quality-predictor.ts'
import type { TrainingRows } from './training-rows.ts'

const dimension = 8

/** Two kinds of prompt, far apart in the embedding; `a` is good at the first, `b` at the second, `c` at neither. */
export function twoTopicRows(count: number, seed: number): TrainingRows {
  const random = new SeededRandom(seed)
  const contexts: RoutingContext[] = []
  const quality = new Float64Array(3 * count)
  for (let row = 0; row < count; row++) {
    const topic = row % 2
    contexts.push(topicContext(topic, random))
    const means = topic === 0 ? [0.9, 0.3, 0.2] : [0.3, 0.9, 0.2]
    means.forEach((mean, llm) => {
      quality[3 * row + llm] = Math.min(1, Math.max(0, mean + 0.1 * nextNormal(random)))
    })
  }
  const unknown = new Float64Array(quality.length).fill(Number.NaN)
  return {
    llms: ['a', 'b', 'c'],
    contexts,
    quality,
    costUsd: unknown,
    inputTokens: unknown,
    outputTokens: unknown,
  }
}

export function topicContext(topic: number, random: SeededRandom): RoutingContext {
  const embedding = new Float32Array(dimension)
  for (let j = 0; j < dimension; j++) embedding[j] = 0.1 * nextNormal(random) + (j === topic ? 1 : 0)
  const norm = Math.hypot(...embedding)
  return {
    embedderId: 'test',
    embedding: embedding.map((value) => value / norm),
    explicit: Float32Array.from([random.next(), 0, topic]),
  }
}

/**
 * kNN always averages k labels, however many rows there are, and a forest's leaves hold about as many: their errors shrink in
 * bias, not in the standard error.
 */
const kindsWithFixedLabels = ['knn', 'forest']

/** What every {@link QualityPredictor} keeps, whatever its kind. */
export function describeQualityPredictor(kind: string, make: (rows: TrainingRows) => QualityPredictor): void {
  const predict = (predictor: QualityPredictor, context: RoutingContext) => {
    const quality = new Float64Array(predictor.llms.length)
    const uncertainty = new Float64Array(predictor.llms.length)
    predictor.predict(context, quality, uncertainty)
    return { quality, uncertainty }
  }

  describe(`${kind} as a quality predictor`, () => {
    it('learns which LLM is good at what, to .15', () => {
      const predictor = make(twoTopicRows(300, 1))
      expect(predictor.llms).toEqual(['a', 'b', 'c'])
      const random = new SeededRandom(2)
      for (const [topic, means] of [
        [0.9, 0.3, 0.2],
        [0.3, 0.9, 0.2],
      ].entries()) {
        const { quality } = predict(predictor, topicContext(topic, random))
        means.forEach((mean, llm) => {
          expect(Math.abs(quality[llm]! - mean)).toBeLessThan(0.15)
        })
      }
    })

    it('stays in [0, 1] with a finite, positive uncertainty, on strange contexts too', () => {
      const predictor = make(twoTopicRows(120, 3))
      const strange: RoutingContext[] = [
        { embedderId: 'test', embedding: new Float32Array(dimension), explicit: new Float32Array(3) },
        {
          embedderId: 'test',
          embedding: new Float32Array(dimension).fill(-Math.sqrt(1 / dimension)),
          explicit: Float32Array.from([1e6, -1e6, 1e6]),
        },
      ]
      for (const context of [...strange, topicContext(1, new SeededRandom(4))]) {
        const { quality, uncertainty } = predict(predictor, context)
        for (let llm = 0; llm < 3; llm++) {
          expect(quality[llm]).toBeGreaterThanOrEqual(0)
          expect(quality[llm]).toBeLessThanOrEqual(1)
          expect(uncertainty[llm]).toBeGreaterThan(0)
          expect(uncertainty[llm]).toBeLessThan(1)
        }
      }
    })

    it('gives the same quality, bit for bit, when nobody asks for the uncertainty', () => {
      const predictor = make(twoTopicRows(150, 16))
      const random = new SeededRandom(17)
      const alone = new Float64Array(3)
      for (let i = 0; i < 20; i++) {
        const context = topicContext(i % 2, random)
        const { quality } = predict(predictor, context)
        predictor.predict(context, alone)
        expect(alone).toEqual(quality)
        // An uncertainty asked for afterwards is that of its own call.
        expect(predict(predictor, context).uncertainty).toEqual(
          predict(make(twoTopicRows(150, 16)), context).uncertainty,
        )
      }
    })

    if (!kindsWithFixedLabels.includes(kind)) {
      it('is surer with ten times the labels', () => {
        const random = new SeededRandom(5)
        const context = topicContext(0, random)
        const few = predict(make(twoTopicRows(100, 6)), context).uncertainty
        const many = predict(make(twoTopicRows(1000, 6)), context).uncertainty
        for (let llm = 0; llm < 3; llm++) expect(many[llm]).toBeLessThan(few[llm]!)
      })
    }

    it('honours unknown cells: they are not zeros, and one LLM’s gaps do not touch another', () => {
      const rows = twoTopicRows(300, 7)
      const holed = { ...rows, quality: rows.quality.slice() }
      for (let row = 0; row < 300; row++) if (row % 4 !== 0 && row % 4 !== 3) holed.quality[3 * row] = Number.NaN
      const context = topicContext(0, new SeededRandom(8))
      const whole = predict(make(rows), context)
      const partial = predict(make(holed), context)
      expect(Math.abs(partial.quality[0]! - whole.quality[0]!)).toBeLessThan(0.15)
      expect(partial.uncertainty[0]).toBeGreaterThan(whole.uncertainty[0]!)
      // A stack's weights and level are pooled, so that neighbours may move a little.
      expect(Math.abs(partial.quality[2]! - whole.quality[2]!)).toBeLessThan(0.02)
    })

    it('gives an LLM without any label the mean of the others, and doubts it', () => {
      const rows = twoTopicRows(200, 9)
      const quality = rows.quality.map((value, cell) => (cell % 3 === 2 ? Number.NaN : value))
      const known = quality.filter((value) => !Number.isNaN(value))
      const mean = known.reduce((sum, value) => sum + value, 0) / known.length
      const { quality: predicted, uncertainty } = predict(
        make({ ...rows, quality }),
        topicContext(0, new SeededRandom(10)),
      )
      expect(Math.abs(predicted[2]! - mean)).toBeLessThan(0.05)
      expect(uncertainty[2]).toBeGreaterThan(uncertainty[0]!)
    })

    it('restores to bit-identical predictions, sharing nothing with its snapshot', () => {
      const predictor = make(twoTopicRows(150, 11))
      const snapshot = structuredClone(predictor.snapshot()) as QualityPredictorSnapshot
      const restored = restoreQualityPredictor(snapshot)
      const random = new SeededRandom(12)
      for (let i = 0; i < 20; i++) {
        const context = topicContext(i % 2, random)
        expect(predict(restored, context)).toEqual(predict(predictor, context))
      }
      expect(restored.snapshot()).toEqual(predictor.snapshot())
    })

    it('refuses a snapshot of another format', () => {
      const snapshot = make(twoTopicRows(60, 13)).snapshot()
      expect(() => restoreQualityPredictor({ ...snapshot, formatVersion: 2 })).toThrowError(
        expect.objectContaining({ code: 'unknown_snapshot_format' }),
      )
      expect(() => restoreQualityPredictor({ ...snapshot, kind: 'oracle' })).toThrowError(
        expect.objectContaining({ code: 'unknown_snapshot_format' }),
      )
    })

    it('refuses a context or an output of another size', () => {
      const predictor = make(twoTopicRows(60, 14))
      const context = topicContext(0, new SeededRandom(15))
      const mismatch = expect.objectContaining({ code: 'dimension_mismatch' })
      const short = { ...context, embedding: new Float32Array(4) }
      expect(() => predict(predictor, short)).toThrowError(mismatch)
      expect(() => predictor.predict(context, new Float64Array(2), new Float64Array(3))).toThrowError(mismatch)
      expect(() => predictor.predict(context, new Float64Array(3), new Float64Array(2))).toThrowError(mismatch)
    })
  })
}
