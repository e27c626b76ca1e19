import { describe, expect, it } from 'vitest'
import { sampleDecision } from './__fixtures__/sample-records.ts'
import { decodeDecision, encodeDecision, loggedOfflineQuality } from './decision-row.ts'
import { StorageError } from './storage-error.ts'
import { float32FromBytes } from './vector-bytes.ts'

describe('decision row', () => {
  it('gives back every bit', () => {
    const sample = sampleDecision('d1')
    const context = { ...sample.context, embedding: Float32Array.of(Number.NaN, -0, 1e-45, Number.POSITIVE_INFINITY) }
    const candidates = sample.candidates.map((candidate, i) =>
      i === 0 ? { ...candidate, utility: -1 / 3 } : candidate,
    )
    const decision = { ...sample, context, candidates }
    const { row, candidateList } = encodeDecision(decision, 5)
    expect(decodeDecision(row, candidateList)).toStrictEqual(decision)
    expect(row.reserved_nano_usd).toBe(5)
  })

  it('keeps what exactly excluded an LLM, and reads rows from before that was kept', () => {
    const excluded = [
      { llm: 'a', reason: 'unsupported_parameter', detail: 'logprobs' },
      { llm: 'b', reason: 'no_tools' },
    ] as const
    const { row, candidateList } = encodeDecision({ ...sampleDecision('d1'), excluded }, 0)
    expect(decodeDecision(row, candidateList).excluded).toStrictEqual(excluded)
    const [llms, sources] = JSON.parse(candidateList) as [string[], string]
    const old = JSON.stringify([llms, sources, [['b', 'no_tools']]])
    expect(decodeDecision(row, old).excluded).toStrictEqual([excluded[1]])
  })

  it('knows the rules by their places, and refuses one that it does not know', () => {
    for (const [place, rule] of (['utility', 'cheapest', 'hull'] as const).entries()) {
      const { row, candidateList } = encodeDecision({ ...sampleDecision('d1'), rule }, 0)
      expect(row.cheapest).toBe(place)
      expect(decodeDecision(row, candidateList).rule).toBe(rule)
      expect(() => decodeDecision({ ...row, cheapest: 3 }, candidateList)).toThrow(StorageError)
    }
  })

  it('does not follow later changes of the vectors', () => {
    const decision = sampleDecision('d1')
    const { row } = encodeDecision(decision, 0)
    const before = decision.context.embedding.slice()
    decision.context.embedding.fill(0)
    expect(float32FromBytes(row.embedding)).toEqual(before)
  })

  it('copies a view without the buffer around it', () => {
    const decision = sampleDecision('d1')
    const embedding = new Float32Array(10_000).fill(3).subarray(100, 164)
    const { row } = encodeDecision({ ...decision, context: { ...decision.context, embedding } }, 0)
    expect(row.embedding.buffer.byteLength).toBe(4 * (64 + 20) + 8 * 12 * 11)
  })

  it('keeps the probability of every LLM of a large pool, at four bytes each', () => {
    const decision = sampleDecision('d1', { pool: 1000 })
    const uneven = decision.candidates.map((candidate, i) => ({ ...candidate, probability: i / 499_500 }))
    const { row, candidateList } = encodeDecision({ ...decision, candidates: uneven }, 0)
    expect(float32FromBytes(row.probabilities ?? new Uint8Array())).toEqual(
      Float32Array.from(uneven, ({ probability }) => probability),
    )
    expect(row.terms.byteLength).toBeLessThanOrEqual(33 * 11 * 8)
    const stored = decodeDecision(row, candidateList).candidates
    expect(stored).toEqual(uneven.filter((candidate) => stored.some(({ llm }) => llm === candidate.llm)))
  })

  it('takes the first of a large pool whose utilities are all the same, and the LLM drawn', () => {
    const sample = sampleDecision('d1', { pool: 100, drawn: 'provider/llm-number-90' })
    const equal = { ...sample, candidates: sample.candidates.map((candidate) => ({ ...candidate, utility: 0.5 })) }
    const { row, candidateList } = encodeDecision(equal, 0)
    const numbers = decodeDecision(row, candidateList).candidates.map(({ llm }) => Number(llm.split('-').at(-1)))
    expect(numbers).toEqual([...Array.from({ length: 32 }, (_, i) => i), 90])
  })

  it('shares one candidate list between decisions over the same pool', () => {
    const [one, other] = ['d1', 'd2'].map((id) => {
      const decision = sampleDecision(id)
      const candidates = decision.candidates.map((candidate) => ({ ...candidate, qualitySource: 'fitted' as const }))
      return encodeDecision({ ...decision, candidates }, 0).candidateList
    })
    expect(one).toBe(other)
  })

  it.each([12, 1000])('finds the offline quality of an LLM in a pool of %d', (pool) => {
    const decision = sampleDecision('d1', { pool })
    const { row, candidateList } = encodeDecision(decision, 0)
    const stored = new Map(decodeDecision(row, candidateList).candidates.map((terms) => [terms.llm, terms]))
    for (const { llm } of decision.candidates) {
      expect(loggedOfflineQuality(row, candidateList, llm)).toBe(stored.get(llm)?.offlineQuality)
    }
    expect(stored.size).toBeGreaterThanOrEqual(12)
    expect(loggedOfflineQuality(row, candidateList, 'gone')).toBeUndefined()
    expect(loggedOfflineQuality({ ...row, pinned: 1 }, candidateList, 'provider/llm-number-1')).toBeUndefined()
  })

  it('reports terms that do not fit the candidates', () => {
    const { row, candidateList } = encodeDecision(sampleDecision('d1'), 0)
    const cut = { ...row, terms: row.terms.slice(0, -88) }
    expect(() => decodeDecision(cut, candidateList)).toThrow(StorageError)
  })
})
