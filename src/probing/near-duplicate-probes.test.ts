import { expect, test } from 'vitest'
import { nearDuplicateProbes } from './near-duplicate-probes.ts'
import type { Probe } from './probe.ts'

function probe(id: string, content: string, task = 'any'): Probe {
  const request = { messages: [{ role: 'user', content }] }
  return { id, task, template: undefined, request, grader: { kind: 'exact', answers: ['x'] }, reference: undefined }
}

const other = [
  probe('o1', 'Which river flows through the old capital of the northern province?'),
  probe('o2', 'Sort these numbers from the largest to the smallest and print them.'),
  probe('o3', 'Translate the word for hedgehog into Italian, please.'),
]

test('the same question, and one that differs by a number', () => {
  const same = [
    probe('a', 'How many apples are left in the basket when Tom takes 3 of the 12 that his aunt has picked?'),
    probe('b', 'How many apples are left in the basket when Tom takes 5 of the 12 that his aunt has picked?'),
    probe('c', 'HOW many apples are left in the  basket when Tom takes 3 of the 12 that his aunt has picked?'),
  ]
  expect(nearDuplicateProbes([...same, ...other])).toEqual([['a', 'b', 'c']])
})

test('questions on one passage are told apart by the questions', () => {
  const passage = `${'The keeper of the tower counted the ships that came in before the storm. '.repeat(10)}\n`
  const asked = [
    probe('a', `${passage}Who counted the ships?`),
    probe('b', `${passage}What was the weather like on the evening after they had come in?`),
  ]
  expect(nearDuplicateProbes([...asked, ...other])).toEqual([])
  expect(nearDuplicateProbes([...asked, probe('c', `${passage}Who counted the ships?`), ...other])).toEqual([
    ['a', 'c'],
  ])
})

test('of a long text the question at its end counts', () => {
  const long = (start: string): string => `${start} ${'A caretaker cleaned the lamps along the quay. '.repeat(300)}`
  const asked = [
    probe('a', `${long('One')}\n\nWhere does Tobias live?`),
    probe('b', `${long('Two')}\n\nUnder which number is the key of the boathouse kept?`),
  ]
  expect(nearDuplicateProbes([...asked, ...other])).toEqual([])
})
