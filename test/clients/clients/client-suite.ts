import { afterAll, beforeAll, describe } from 'vitest'
import type { FixtureUpstream } from '../../upstreams/fixture-upstream.ts'
import { type GatewayUnderTest, serveGateway } from '../gateway-under-test.ts'
import { embeddingModelOf, llmOf, providerFamilies, thinkingLlmOf } from '../provider-families.ts'

/** What a client's tests are given: where the gateway is, and a model to name. */
export interface ClientTarget {
  readonly gateway: () => GatewayUnderTest
  readonly model: string
  readonly thinkingModel: string
  /** Undefined where the family has none, and for `auto`: embeddings are asked for by name. */
  readonly embeddingModel: string | undefined
  /** Undefined where the gateway chooses. */
  readonly upstream: (() => FixtureUpstream) | undefined
}

/** Runs a client's tests with an LLM of every family by name, and with `auto` over all of them. */
export function describeClient(name: string, suite: (target: ClientTarget) => void): void {
  describe(name, () => {
    let served: GatewayUnderTest | undefined
    const gateway = (): GatewayUnderTest => {
      if (served === undefined) throw new Error('the gateway is not served yet')
      return served
    }

    beforeAll(async () => {
      served = await serveGateway()
    })

    afterAll(() => served?.close())

    describe.each(providerFamilies)('through $name', ({ name: family, embeddingModel: embeds }) => {
      const upstream = () => gateway().upstream(family)
      const embeddingModel = embeds === undefined ? undefined : embeddingModelOf(family)
      suite({ gateway, model: llmOf(family), thinkingModel: thinkingLlmOf(family), embeddingModel, upstream })
    })

    describe('through auto', () => {
      suite({ gateway, model: 'auto', thinkingModel: 'auto', embeddingModel: undefined, upstream: undefined })
    })
  })
}
