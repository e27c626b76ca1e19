import { expect, it } from 'vitest'
import { explicitFeatureNames, writeExplicitFeatures } from '../embedding/explicit-features.ts'
import { plainRequest, plainShape, type RoutingRequest } from '../request.ts'
import { estimatedPromptTokens } from './prompt-tokens.ts'

function contextOf(request: RoutingRequest) {
  const explicit = new Float32Array(explicitFeatureNames.length)
  writeExplicitFeatures(request, explicit)
  return { embedderId: 'test', embedding: new Float32Array(0), explicit }
}

it.each([
  ['ASCII', 'What is the capital of France? '.repeat(40)],
  ['two bytes', 'Какой город столица? '.repeat(40)],
  ['three bytes', '法国的首都是哪座城市'.repeat(40)],
  ['surrogate pairs', 'ab😀'.repeat(100)],
])('a context keeps the estimate of its request: %s', (_, text) => {
  const request = plainRequest(text)
  expect(request.inputTokens).toBe(Math.ceil(Buffer.byteLength(text) / 4) + 4)
  expect(Math.abs(estimatedPromptTokens(contextOf(request)) / request.inputTokens - 1)).toBeLessThan(0.01)
})

it('counts a lone surrogate as what it is replaced by, every turn, and nothing where nothing was embedded', () => {
  expect(plainRequest('\ud83d\ud83d').inputTokens).toBe(Math.ceil(6 / 4) + 4)
  const turns = plainRequest('x'.repeat(400), { shape: { ...plainShape, userTurns: 3 } })
  expect(estimatedPromptTokens(contextOf(turns))).toBeCloseTo(112, 3)
  const empty = new Float32Array(0)
  expect(estimatedPromptTokens({ embedderId: 'test', embedding: empty, explicit: empty })).toBe(0)
})
