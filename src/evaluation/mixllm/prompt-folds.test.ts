import { expect, test } from 'vitest'
import { promptFolds } from './prompt-folds.ts'

test('folds are of equal size, drawn by the seed, and keep equal prompts together', () => {
  const words = ['river', 'copper', 'window', 'train', 'signal', 'winter', 'garden', 'letter', 'engine', 'harbour']
  // Neighbours are equal; no two pairs share a word.
  const texts = Array.from({ length: 60 }, (_, row) => words.map((word) => `${word}${row >> 1}`).join(' '))
  const { foldOf, groupOf } = promptFolds(texts, 3, 1)
  expect(Array.from({ length: 3 }, (_, fold) => foldOf.filter((other) => other === fold).length)).toEqual([20, 20, 20])
  for (let row = 0; row < 60; row += 2) {
    expect(foldOf[row]).toBe(foldOf[row + 1])
    expect(groupOf[row]).toBe(groupOf[row + 1])
  }
  expect(promptFolds(texts, 3, 1).foldOf).toEqual(foldOf)
  expect(promptFolds(texts, 3, 2).foldOf).not.toEqual(foldOf)
})
