import { describe, expect, it } from 'vitest'
import { promptGroups } from './prompt-groups.ts'

function groups(texts: readonly string[]): number[] {
  return [...promptGroups(texts.map((text, row) => ({ id: `p${row}`, source: '', text, extra: {} }))).groupOf]
}

const questions = [
  'What is the average of all positive integers that have four digits when written in base 3, but two in base 6?',
  'Write a function to find the product of the first even and odd number of a given list of integers.',
  'Which property of a mineral can be determined just by looking at it, without any tool at hand?',
  'Alice and Bob trade books at the start of the semester. Who has Ulysses once the semester is over?',
]

describe('promptGroups', () => {
  it('joins equal texts however they are spelled, and numbers groups by first appearance', () => {
    expect(groups(['Same  text', 'other', 'same text', 'OTHER', 'third'])).toEqual([0, 1, 0, 1, 2])
  })

  it('joins a question with small changes, and nothing else', () => {
    const changed = [
      questions[0]!.replace('four', 'three'),
      questions[1]!.replace('product', 'sum'),
      `${questions[2]!} Explain.`,
    ]
    expect(groups([...questions, ...changed])).toEqual([0, 1, 2, 3, 0, 1, 2])
  })

  it('is not misled by a template that all prompts share', () => {
    const template = 'You are given a question. Think step by step, then answer with a single number and nothing else. '
    const subjects = [
      'apples',
      'quarks',
      'violins',
      'senators',
      'glaciers',
      'enzymes',
      'rhombi',
      'sonnets',
      'tariffs',
      'comets',
      'yeasts',
      'ledgers',
    ]
    const texts = subjects.map((subject) => `${template}Tell how many ${subject} there are.`)
    expect(new Set(groups([...texts, ...texts])).size).toBe(subjects.length)
  })

  it('takes an empty list', () => {
    expect(promptGroups([])).toEqual({ groupOf: new Int32Array(0), count: 0 })
  })
})
