import { expect, test } from 'vitest'
import { defaultPreference } from '../decision/routing-preference.ts'
import { noNeeds, plainShape, type RoutingRequest } from '../request.ts'
import { buildContext } from './context-builder.ts'
import type { Embedder } from './embedder.ts'
import { explicitFeatureNames } from './explicit-features.ts'
import { HashedNgramEmbedder } from './hashed-ngram-embedder.ts'

const request: RoutingRequest = {
  userText: 'What is 2 + 2?',
  shape: plainShape,
  needs: noNeeds,
  inputTokens: 10,
  maxOutputTokens: undefined,
  choices: 1,
  preference: defaultPreference,
  pinnedLlm: undefined,
  conversationId: undefined,
}

test('is synchronous when the embedder is', () => {
  const embedder = new HashedNgramEmbedder()
  const context = buildContext(embedder, request)
  if (context instanceof Promise) throw new Error('A synchronous embedder needs no promise')
  expect(context.embedderId).toBe(embedder.id)
  expect(context.embedding).toEqual(embedder.embed(request.userText))
  expect(context.explicit).toHaveLength(explicitFeatureNames.length)
  expect(context.explicit[0]).toBeCloseTo(Math.log1p(request.userText.length), 6)
})

test('waits for an embedder that answers later', async () => {
  const vector = Float32Array.of(1)
  const later: Embedder = { id: 'later', dimension: 1, embed: () => Promise.resolve(vector) }
  const context = buildContext(later, request)
  expect(context).toBeInstanceOf(Promise)
  expect(await context).toMatchObject({ embedderId: 'later', embedding: vector })
})

test('fails as the embedder does', async () => {
  const failing: Embedder = { id: 'failing', dimension: 1, embed: () => Promise.reject(new Error('unreachable')) }
  await expect(buildContext(failing, request)).rejects.toThrow('unreachable')
})
