import { afterEach, describe, expect, test } from 'vitest'
import { ProviderError } from '../../src/providers/provider-error.ts'
import { ScriptedProvider, scriptedCompletion } from '../../src/providers/scripted/scripted-provider.ts'
import { unknownLlmProperties } from '../../src/routing/registry/llm.ts'
import { type Harness, type HarnessOptions, readSse, startHarness, userMessage } from './gateway-harness.ts'

let harness: Harness
afterEach(() => harness.gateway.close())

const failing = () => new ScriptedProvider({ answers: [{ error: new ProviderError('upstream_failed', 'down') }] })
const answering = () => new ScriptedProvider({ answers: [{ completion: scriptedCompletion('four') }] })

async function start(options: Partial<HarnessOptions> = {}) {
  const providers = { a: failing(), b: answering(), c: answering() }
  const llms = ['a', 'b', 'c'].map((id) => ({
    ...{ ...unknownLlmProperties, id, provider: 'scripted', upstreamModel: `up-${id}` },
    price: { inputPerMillionTokensUsd: 1, outputPerMillionTokensUsd: 2 },
    ...(id === 'a' ? { fallbacks: ['c', 'b'] } : {}),
  }))
  harness = await startHarness({ providers, llms, ...options })
  return providers
}

describe('an LLM that was named and has fallbacks', () => {
  test.each([false, true])(
    'is followed by them when it fails, and the answer says who it is from (stream: %s)',
    async (stream) => {
      const { b, c } = await start()
      const response = await harness.post('/v1/chat/completions', { ...userMessage(), model: 'a', stream })
      expect(response.status).toBe(200)
      expect(response.headers.get('x-pointsman-llm')).toBe('c')
      if (stream) expect((await readSse(response)).join()).toContain('four')
      else expect(await response.json()).toMatchObject({ model: 'c' })
      expect(c.calls).toHaveLength(1)
      expect(b.calls).toHaveLength(0)
      const [{ settlement } = {}] = harness.router.outcomes
      expect(settlement).toMatchObject({
        answered: 'c',
        attempts: [{ llm: 'a', error: 'upstream_failed' }, { llm: 'c' }],
      })
    },
  )

  test('serves alone where its fallbacks have no money left', async () => {
    await start({ gatewayCapUsd: 0.0015 })
    const response = await harness.post('/v1/chat/completions', { ...userMessage(), model: 'a' })
    expect(response.status).toBe(502)
  })

  test('an LLM without fallbacks serves or fails', async () => {
    const { b, c } = await start({ providers: { a: answering(), b: failing(), c: answering() } })
    expect(b.calls).toHaveLength(0)
    const response = await harness.post('/v1/chat/completions', { ...userMessage(), model: 'b' })
    expect(response.status).toBe(502)
    expect(c.calls).toHaveLength(0)
  })
})
