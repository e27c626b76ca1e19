import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GatewayUnderTest, serveGateway } from './gateway-under-test.ts'
import type { PlainCalls } from './probes/fault-probes.ts'
import { chatCalls, messagesCalls, responsesCalls } from './probes/plain-calls.ts'
import { type FamilyName, llmOf, providerFamilies } from './provider-families.ts'

const families = providerFamilies.map(({ name }) => name)

/** Two LLMs may answer, and the upstream of the first is down: its callers must not notice. */
function describeFallback<Client>(
  dialect: string,
  calls: PlainCalls<Client>,
  connect: (gateway: GatewayUnderTest, headers: Record<string, string>) => Client,
): void {
  describe(`auto over ${dialect}, with an upstream that is down`, () => {
    let gateway: GatewayUnderTest

    beforeAll(async () => {
      gateway = await serveGateway()
    })

    afterAll(() => gateway?.close())

    const pairs = families.map((down, index) => [down, families[(index + 1) % families.length] ?? down] as const)

    test.each(pairs)('%s is down, %s answers', async (down: FamilyName, up: FamilyName) => {
      const allow = `${llmOf(down)},${llmOf(up)}`
      const client = connect(gateway, { 'x-pointsman-allow': allow })
      const broken = gateway.upstream(down)
      const faults = Array.from({ length: 12 }, () => ({ status: 503 }))
      broken.failNext(...faults)
      const before = broken.requests.length
      for (let round = 0; round < 3; round++) {
        expect(await calls.ask(client, 'auto', `say round ${round}`)).toBe(`round ${round}`)
        let streamed = ''
        for await (const piece of calls.stream(client, 'auto', `say stream ${round}`)) streamed += piece
        expect(streamed).toBe(`stream ${round}`)
      }
      expect(broken.requests.length - before).toBeLessThanOrEqual(faults.length)
      broken.clearFaults()
    })
  })
}

const openAi = ({ url, apiKey }: GatewayUnderTest, defaultHeaders: Record<string, string>) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0, defaultHeaders })

describeFallback('chat', chatCalls, openAi)
describeFallback('responses', responsesCalls, openAi)
describeFallback(
  'messages',
  messagesCalls,
  ({ url, apiKey }, defaultHeaders) => new Anthropic({ baseURL: url, apiKey, maxRetries: 0, defaultHeaders }),
)
