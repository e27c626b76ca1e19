import { describe, expect, it } from 'vitest'
import { nextNormal, SeededRandom } from '../routing/numeric/random-source.ts'
import { defaultInteractions } from '../routing/prediction/design-vector.ts'
import { chooseRidge, chooseRidgePenalty } from './choose-ridge-penalty.ts'

/**
 * Two tasks, told apart by the embedding, two LLMs and one feature f. With `slope`, `a` beats `b` by slope·f in the first task and by
 * −slope·f in the second: nothing that f says on its own.
 */
function rowsOf(count: number, slope: number, seed: number, width = 2) {
  const random = new SeededRandom(seed)
  const quality = new Float64Array(width * count)
  const contexts = Array.from({ length: count }, (_, row) => {
    const task = row % 2
    const feature = nextNormal(random)
    for (let llm = 0; llm < width; llm++) {
      const sign = llm % 2 === task ? 1 : -1
      quality[width * row + llm] = 0.5 + sign * slope * feature + 0.1 * nextNormal(random)
    }
    const embedding = new Float32Array(8)
    for (let i = 0; i < 8; i++) embedding[i] = 0.05 * nextNormal(random) + (i === task ? 1 : 0)
    return { embedderId: 'test', embedding, explicit: Float32Array.of(feature, nextNormal(random), nextNormal(random)) }
  })
  const unknown = new Float64Array(quality.length).fill(Number.NaN)
  const llms = Array.from({ length: width }, (_, llm) => `llm-${llm}`)
  return { llms, contexts, quality, costUsd: unknown, inputTokens: unknown, outputTokens: unknown }
}

describe('chooseRidge', () => {
  it('takes products of features and tasks where they tell, at the plain penalty where they do not', async () => {
    const rows = rowsOf(400, 0.05, 1)
    expect((await chooseRidge(rows, 4)).interactions).toEqual(defaultInteractions)
    for (let seed = 2; seed < 6; seed++) {
      const noise = rowsOf(200, 0, seed)
      expect(await chooseRidge(noise, 4)).toEqual({ penalty: await chooseRidgePenalty(noise, 4) })
    }
  })

  it('does not try them where many LLMs would each need a factorisation of their own', async () => {
    const rows = rowsOf(400, 0.05, 1, 10)
    expect((await chooseRidge(rows, 4)).interactions).toEqual(defaultInteractions)
    rows.quality[3] = Number.NaN
    expect((await chooseRidge(rows, 4)).interactions).toBeUndefined()
  })
})
