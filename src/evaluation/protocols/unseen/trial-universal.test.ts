import { describe, expect, it } from 'vitest'
import type { RoutingContext } from '../../../routing/embedding/routing-context.ts'
import { nextNormal, SeededRandom } from '../../../routing/numeric/random-source.ts'
import type { TrainingRows } from '../../../routing/prediction/training-rows.ts'
import type { TrialData } from './trial-data.ts'
import { TrialUniversal } from './trial-universal.ts'

const probes = 40

/** Drawn: two kinds of prompts, four training LLMs and two others. */
function makeTrial(): TrialData {
  const random = new SeededRandom(1)
  const drawn = (prompts: number) =>
    Array.from({ length: prompts }, (): RoutingContext => {
      const embedding = Float32Array.from({ length: 4 }, () => nextNormal(random))
      const norm = Math.hypot(...embedding)
      return { embedderId: 'test', embedding: embedding.map((value) => value / norm), explicit: Float32Array.of(0) }
    })
  const rowsOf = (contexts: readonly RoutingContext[], llms: readonly string[], first: number): TrainingRows => {
    const cells = contexts.flatMap(({ embedding }) =>
      llms.map((_, llm): number =>
        random.next() < 0.6 + ((first + llm) % 2 === 0 ? 0.3 : -0.3) * embedding[0]! ? 1 : 0,
      ),
    )
    const unknown = new Float64Array(cells.length).fill(Number.NaN)
    return {
      llms,
      contexts,
      quality: Float64Array.from(cells),
      costUsd: Float64Array.from(cells, (_, cell) => 1 + (cell % llms.length)),
      inputTokens: unknown,
      outputTokens: unknown,
    }
  }
  const [train, asked, test] = [drawn(150), drawn(probes), drawn(30)]
  const seen = ['a', 'b', 'c', 'd']
  const pool = ['e', 'f']
  return {
    seed: 1,
    test: rowsOf(test, pool, 4),
    probes: rowsOf(asked, pool, 4),
    hiddenTrain: rowsOf(train, pool, 4),
    seenTrain: rowsOf(train, seen, 0),
    seenProbes: rowsOf(asked, seen, 0),
    seenBases: seen,
    sources: { train: [], test: [] },
    prices: [undefined, undefined],
  }
}

const blanked = (rows: TrainingRows): TrainingRows => ({
  ...rows,
  quality: rows.quality.map(() => Number.NaN),
  costUsd: rows.costUsd.map(() => Number.NaN),
})

describe('TrialUniversal', () => {
  it('looks neither at test outcomes nor at what the pool did on training prompts', async () => {
    const trial = makeTrial()
    const hidden = { ...trial, test: blanked(trial.test), hiddenTrain: blanked(trial.hiddenTrain) }
    const [one, two] = [await TrialUniversal.fit(trial), await TrialUniversal.fit(hidden)]
    expect(two.predict(probes)).toEqual(one.predict(probes))
    expect(two.predictAlone(probes)).toEqual(one.predictAlone(probes))
  })

  it('looks at the first probes alone, and does look at them', async () => {
    const trial = makeTrial()
    const later = (rows: TrainingRows): TrainingRows => {
      const from = 20 * rows.llms.length
      return { ...rows, quality: rows.quality.map((value, cell) => (cell < from ? value : 1 - value)) }
    }
    const changed = { ...trial, probes: later(trial.probes), seenProbes: later(trial.seenProbes) }
    const [one, two] = [await TrialUniversal.fit(trial), await TrialUniversal.fit(changed)]
    expect(two.predict(20)).toEqual(one.predict(20))
    expect(two.predict(probes)).not.toEqual(one.predict(probes))
  })
})
