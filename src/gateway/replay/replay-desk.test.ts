import { expect, test } from 'vitest'
import { type Llm, unknownLlmProperties } from '../../routing/registry/llm.ts'
import { defaultRouterOptions } from '../../routing/router.ts'
import { ReplayDesk, type ReplayDeskParts } from './replay-desk.ts'

const llm: Llm = { ...unknownLlmProperties, id: 'a', provider: 'up', upstreamModel: 'a', price: undefined }

test('reads the log from where it is asked of, a second ahead of it', async () => {
  const readAfter: string[] = []
  const desk = new ReplayDesk({
    decisions: {
      logged: async (afterId: string) => {
        readAfter.push(afterId)
        return []
      },
    },
    policies: {} as ReplayDeskParts['policies'],
    pool: () => [llm],
    serving: () => ({ version: 'v1', costReferenceUsd: 0.01 }),
    options: defaultRouterOptions,
    lambda: 1,
    idAt: (ms) => `at ${ms}`,
  })
  for (const sinceMs of [undefined, 5_000, 10]) await desk.replay({ llm: 'a', sinceMs })
  expect(readAfter).toEqual(['', 'at 4000', 'at 0'])
})
