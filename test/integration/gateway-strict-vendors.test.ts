import OpenAI from 'openai'
import { afterEach, describe, expect, test } from 'vitest'
import { OpenAiCompatibleProvider } from '../../src/providers/openai-compatible/openai-compatible-provider.ts'
import { providerPreset } from '../../src/providers/openai-compatible/presets.ts'
import { StrictVendorUpstream } from '../upstreams/strict-vendor-upstream.ts'
import { type Harness, startHarness } from './gateway-harness.ts'

type Message = OpenAI.ChatCompletionMessageParam

const tools: OpenAI.ChatCompletionTool[] = [
  {
    type: 'function',
    function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
  },
]

/** OpenAI's own client, and vendors who refuse what they do not know. */
describe.each(['mistral', 'groq'] as const)('OpenAI’s client at %s', (preset) => {
  let upstream: StrictVendorUpstream
  let provider: OpenAiCompatibleProvider
  let harness: Harness
  let client: OpenAI

  async function start(): Promise<void> {
    upstream = await new StrictVendorUpstream(preset, ['upstream-ref-chat']).listen()
    const { baseUrl, apiKey } = upstream
    const { dialect } = providerPreset(preset)!
    provider = new OpenAiCompatibleProvider({ name: preset, baseUrl, apiKey, dialect })
    harness = await startHarness({ providers: { 'ref-chat': provider } })
    client = new OpenAI({ apiKey: 'none', baseURL: `${harness.url}/v1`, maxRetries: 0 })
  }

  afterEach(async () => {
    await harness.gateway.close()
    await provider.close()
    await upstream.close()
  })

  test('sends its answers back as they came, calls of tools too', async () => {
    await start()
    const messages: Message[] = [{ role: 'user', content: 'say hello', name: 'alice' }]
    const ask = async (more: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> = {}) => {
      const answer = await client.chat.completions.create({ model: 'ref-chat', messages, ...more })
      messages.push(answer.choices[0]!.message)
      return answer.choices[0]!.message
    }
    const first = await ask()
    expect(first).toHaveProperty('refusal', null)
    messages.push({ role: 'user', content: 'weather in Oslo and Rome' })
    const { tool_calls: calls = [] } = await ask({ tools })
    expect(calls).toHaveLength(2)
    for (const { id } of calls) messages.push({ role: 'tool', tool_call_id: id, content: 'rain' })
    expect((await ask({ tools })).content).toBe('The tools say: rain | rain')
  })

  test('may spell out what is so anyway', async () => {
    await start()
    const answer = await client.chat.completions.create({
      model: 'ref-chat',
      messages: [
        { role: 'developer', content: 'be brief' },
        { role: 'user', content: 'say ok' },
      ],
      logprobs: false,
      logit_bias: {},
      n: 1,
      user: 'u-1',
      prompt_cache_key: 'k',
      seed: 7,
      stop: null,
    })
    expect(answer.choices[0]!.message.content).toBe('ok')
  })
})
