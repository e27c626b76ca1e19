import { describe, expect, it } from 'vitest'
import { type Llm, unknownLlmProperties } from '../routing/registry/llm.ts'
import { admissionNotes } from './admission-notes.ts'

const llm = (id: string): Llm => ({ ...unknownLlmProperties, id, provider: 'p', upstreamModel: id, price: undefined })
const serving = { version: 'starter-1' } as never
const madeOf = (starters: number) =>
  ({
    id: 'v1',
    llms: [
      { id: 'a', source: 'fitted' },
      ...Array.from({ length: starters }, (_, i) => ({ id: `s${i}`, source: i % 2 === 0 ? 'starter' : 'sibling' })),
    ],
  }) as never

describe('admissionNotes', () => {
  it.each([
    [0, /fitted on the probes of a, b$/],
    [2, /; what the starter knows of s0, s1 stays until they are probed$/],
    [9, /; what the starter knows of 9 other LLMs stays until they are probed$/],
  ])('names up to five of the LLMs that the starter goes on to know: %i', (starters, said) => {
    expect(admissionNotes('unfitted', madeOf(starters), llm('b'), serving, [llm('a'), llm('b')])[0]).toMatch(said)
  })

  it('says what is missing for a first version', () => {
    expect(admissionNotes('unfitted', undefined, llm('b'), serving, [llm('b')])[0]).toContain('1 so far')
    const uneven = admissionNotes('unfitted', undefined, llm('b'), serving, [llm('a'), llm('b')])[0]
    expect(uneven).toContain('of a, b one has fewer than half as many graded probes')
  })

  it('says of whom probes change nothing', () => {
    expect(admissionNotes('described', madeOf(0), llm('b'), serving, [])).toEqual([])
    expect(admissionNotes('fitted', undefined, llm('b'), serving, [])[0]).toContain('was fitted on outcomes of b')
    expect(admissionNotes('not-describable', undefined, llm('b'), serving, [])[0]).toContain('cannot describe LLMs')
  })
})
