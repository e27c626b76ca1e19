import { describe, expect, it } from 'vitest'
import type { OutcomeData } from '../../../outcomes/outcome-data.ts'
import { sampleOutcomes } from './__fixtures__/sample-stream.ts'
import { prepareDriftData } from './drift-data.ts'

/** Four LLMs, of which prompt i lacks those that `lacks` names. */
function partlyKnown(prompts: number, lacks: (row: number, llm: number) => boolean): OutcomeData {
  const data = sampleOutcomes(prompts)
  const quality = data.quality.map((value, cell) => (lacks(Math.floor(cell / 4), cell % 4) ? Number.NaN : value))
  // Numbers alone would make the prompts nearly equal.
  const letters = (row: number) =>
    String(row).replaceAll(/\d/g, (digit) => `${'abcdefghij'[Number(digit)]!.repeat(9)} `)
  return { ...data, quality, prompts: data.prompts.map((prompt, row) => ({ ...prompt, text: letters(row) })) }
}

describe('prepareDriftData', () => {
  it('leaves data alone in which three LLMs share their prompts', () => {
    const { data } = prepareDriftData(partlyKnown(100, () => false))
    expect([data.llms.length, data.prompts.length]).toEqual([4, 100])
  })

  it('keeps three LLMs and the prompts they share rather than two and more prompts', () => {
    // LLMs 0 and 1 know all; 2 half of it, 3 a third: two LLMs keep 200 cells, three 150.
    const source = partlyKnown(100, (row, llm) => (llm === 2 && row % 2 === 1) || (llm === 3 && row % 3 !== 0))
    const { data, notes } = prepareDriftData(source)
    expect(data.llms.map(({ id }) => id)).toEqual(['llm-0', 'llm-1', 'llm-2'])
    expect(data.prompts.length).toBe(50)
    expect(data.quality.every((value) => !Number.isNaN(value))).toBe(true)
    expect(notes[0]).toContain('50 prompts')
  })

  it('refuses what three LLMs do not share', () => {
    const source = partlyKnown(120, (row, llm) => llm >= 2 && row % 2 === llm - 2)
    expect(prepareDriftData(source).data.llms.length).toBe(3)
    expect(() => prepareDriftData(partlyKnown(90, (row, llm) => llm >= 2 && row % 2 === llm - 2))).toThrow(
      expect.objectContaining({ code: 'unfit_data' }),
    )
  })
})
