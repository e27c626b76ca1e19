import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AnthropicProvider } from '../../src/providers/anthropic/anthropic-provider.ts'
import type { ChatCall, ChatProvider, JsonObject } from '../../src/providers/chat-provider.ts'
import { GeminiProvider } from '../../src/providers/gemini/gemini-provider.ts'
import { OpenAiCompatibleProvider } from '../../src/providers/openai-compatible/openai-compatible-provider.ts'
import { OpenAiResponsesProvider } from '../../src/providers/openai-responses/openai-responses-provider.ts'
import { AnthropicUpstream } from '../upstreams/anthropic-upstream.ts'
import { GeminiUpstream } from '../upstreams/gemini-upstream.ts'
import { OpenAiUpstream } from '../upstreams/openai-upstream.ts'
import { type Harness, startHarness } from './gateway-harness.ts'

const families = ['adaptive', 'budget', 'always', 'gemini', 'responses', 'compatible'] as const
type Family = (typeof families)[number]

const anthropic = new AnthropicUpstream()
const gemini = new GeminiUpstream()
const openAi = new OpenAiUpstream()
/** One gateway for each LLM, whose router chooses it: only then requests are fitted to its model. */
let harnesses: ReadonlyMap<Family, Harness>
let providers: Readonly<Record<Family, ChatProvider>>

beforeAll(async () => {
  await Promise.all([anthropic.listen(), gemini.listen(), openAi.listen()])
  const claude = (model: string) =>
    serving(model, new AnthropicProvider({ name: 'anthropic', baseUrl: anthropic.origin, apiKey: 'k' }))
  const { apiKey, baseUrl } = openAi
  providers = {
    adaptive: claude('claude-sonnet-4-6'),
    budget: claude('claude-haiku-4-5'),
    always: claude('claude-opus-5-5'),
    gemini: serving(
      'gemini-3-flash-preview',
      new GeminiProvider({ name: 'gemini', baseUrl: gemini.baseUrl, apiKey: gemini.apiKey }),
    ),
    responses: serving('ref-reasoning', new OpenAiResponsesProvider({ name: 'openai', baseUrl, apiKey })),
    compatible: serving('ref-chat', new OpenAiCompatibleProvider({ name: 'openai', baseUrl, apiKey })),
  }
  harnesses = new Map(
    await Promise.all(
      families.map(
        async (family) => [family, await startHarness({ providers: { [family]: providers[family] } })] as const,
      ),
    ),
  )
})

afterAll(async () => {
  await Promise.all([...harnesses.values()].map(({ gateway }) => gateway.close()))
  await Promise.all(Object.values(providers).map((provider) => provider.close()))
  await Promise.all([anthropic.close(), gemini.close(), openAi.close()])
})

/** The provider, asked for a model that its fixture server has. */
function serving(upstreamModel: string, provider: ChatProvider): ChatProvider {
  const renamed = (call: ChatCall) => ({ ...call, upstreamModel })
  return {
    complete: (call, signal) => provider.complete(renamed(call), signal),
    stream: (call, signal) => provider.stream(renamed(call), signal),
    probe: (signal) => provider.probe(signal),
    close: () => provider.close(),
  }
}

const question = { role: 'user', content: 'How is it in Oslo and Rome?' }
const tools = [
  {
    name: 'weather',
    description: 'Tells it',
    input_schema: { type: 'object', properties: { city: { type: 'string' } } },
  },
]
const noThinking = {}
const adaptive = { thinking: { type: 'adaptive' } }
const budget = { thinking: { type: 'enabled', budget_tokens: 1_024 } }

async function ask(family: Family, messages: readonly object[], extra: object): Promise<JsonObject> {
  const request = { model: 'auto', max_tokens: 2_048, tools, messages, ...extra }
  const response = await harnesses.get(family)!.post('/v1/messages', request)
  const body = (await response.json()) as JsonObject
  expect(response.status, JSON.stringify(body)).toBe(200)
  return body
}

function resultsOf(content: readonly JsonObject[]): readonly object[] {
  return content
    .filter(({ type }) => type === 'tool_use')
    .map(({ id, input }) => ({
      type: 'tool_result',
      tool_use_id: id,
      content: `sun in ${String((input as JsonObject).city)}`,
    }))
}

describe.each([
  ['without thinking', noThinking],
  ['with adaptive thinking', adaptive],
  ['with a thinking budget', budget],
])('a tool loop %s', (_how, extra) => {
  test.each(families.flatMap((first) => families.map((second) => [first, second] as const)))(
    'begun by %s is ended by %s',
    async (first, second) => {
      const { content, stop_reason: reason } = await ask(first, [question], extra)
      expect(reason).toBe('tool_use')
      const said = content as readonly JsonObject[]
      const turns = [question, { role: 'assistant', content: said }, { role: 'user', content: resultsOf(said) }]
      const answer = await ask(second, turns, extra)
      const texts = (answer.content as readonly JsonObject[]).filter(({ type }) => type === 'text')
      expect(texts.map(({ text }) => text)).toEqual(['The tools say: sun in Oslo | sun in Rome'])
      expect(answer.model).toBe(second)
    },
  )
})

test('a Claude that is named gets the request as it came, and its own refusal tells', async () => {
  const asked = { model: 'always', max_tokens: 2_048, messages: [question], ...budget }
  const response = await harnesses.get('always')!.post('/v1/messages', asked)
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({
    error: { type: 'invalid_request_error', message: '"thinking.type.enabled" is not supported for this model.' },
  })
})
