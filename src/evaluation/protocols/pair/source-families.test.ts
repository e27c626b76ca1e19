import { expect, it } from 'vitest'
import { sourceFamilies } from './source-families.ts'

it('joins what sources share, and leaves the others as they are', () => {
  const sources = ['mmlu-virology', 'gsm8k', 'arc-easy', 'mmlu-marketing', 'bbh/snarks', 'bbh/ruin_names', 'gsm8k', '']
  expect(sourceFamilies(sources)).toEqual(['mmlu', 'gsm8k', 'arc-easy', 'mmlu', 'bbh', 'bbh', 'gsm8k', ''])
})

it('takes the longest of equally shared beginnings, and the most shared one', () => {
  expect(sourceFamilies(['mt-bench-math', 'mt-bench-writing'])).toEqual(['mt-bench', 'mt-bench'])
  expect(sourceFamilies(['a-b-1', 'a-b-2', 'a-c'])).toEqual(['a', 'a', 'a'])
})
