import { HashedNgramEmbedder } from '../../../routing/embedding/hashed-ngram-embedder.ts'
import type { RoutingContext } from '../../../routing/embedding/routing-context.ts'
import { SeededRandom } from '../../../routing/numeric/random-source.ts'
import type { StaticChoices, StaticPrompts, StaticTraining } from '../../protocols/static/static-policy.ts'

/** Cost of `cheap` and of `dear`, USD; predictions are exact. */
export const costs = [0.001, 0.01] as const

/** A context in the plane of the two topics, divided by its length. */
export function contextAt(first: number, second: number): RoutingContext {
  const length = Math.hypot(first, second)
  return {
    embedderId: 'test',
    embedding: Float32Array.of(first / length, second / length, 0, 0),
    explicit: new Float32Array(1),
  }
}

/**
 * Even rows are of the first topic, where both LLMs are right; odd rows of the second, where only `dear` is.
 *
 * @param noise half-width of what is added to a context in each direction.
 */
export function twoTopics(count: number, noise = 0): StaticTraining {
  const random = new SeededRandom(1)
  const shift = (): number => noise * (2 * random.next() - 1)
  const all = Array.from({ length: count }, (_, row) => row)
  const costUsd = Float64Array.from({ length: 2 * count }, (_, cell) => costs[cell % 2]!)
  const tokens = new Float64Array(2 * count).fill(100)
  return {
    rows: {
      llms: ['cheap', 'dear'],
      contexts: all.map((row) => (row % 2 === 0 ? contextAt(1 + shift(), shift()) : contextAt(shift(), 1 + shift()))),
      quality: Float64Array.from({ length: 2 * count }, (_, cell) => (cell % 4 === 2 ? 0 : 1)),
      costUsd,
      inputTokens: tokens,
      outputTokens: tokens,
    },
    texts: all.map((row) => `prompt ${row}`),
    sources: all.map(() => ''),
    prices: [undefined, undefined],
    embedder: new HashedNgramEmbedder(),
    seed: 1,
    outOfFoldCostUsd: costUsd,
    folds: 5,
  }
}

export function promptsAt(...contexts: readonly RoutingContext[]): StaticPrompts {
  return {
    contexts,
    texts: contexts.map((_, i) => `asked ${i}`),
    predictedCostUsd: Float64Array.from({ length: 2 * contexts.length }, (_, cell) => costs[cell % 2]!),
    inputTokens: new Float64Array(contexts.length).fill(100),
  }
}

/** Who answers one prompt, setting by setting. */
export function answersOf({ settings, answeredBy }: StaticChoices, prompt: number): number[] {
  const count = answeredBy.length / settings
  return Array.from({ length: settings }, (_, setting) => answeredBy[setting * count + prompt]!)
}
