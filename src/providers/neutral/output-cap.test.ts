import { expect, it } from 'vitest'
import { outputCap } from './output-cap.ts'

it.each([
  [{}, undefined],
  [{ max_tokens: null, max_completion_tokens: 'x' }, undefined],
  [{ max_tokens: 5 }, 5],
  [{ max_completion_tokens: 6 }, 6],
  [{ max_tokens: 5, max_completion_tokens: 6 }, 5],
  [{ max_tokens: 7, max_completion_tokens: 6 }, 6],
])('the cap of %j is %s', (request, cap) => {
  expect(outputCap(request)).toBe(cap)
})
