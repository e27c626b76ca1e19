import OpenAI from 'openai'
import { AnthropicProvider } from '../../src/providers/anthropic/anthropic-provider.ts'
import type { ChatProvider } from '../../src/providers/chat-provider.ts'
import { GeminiProvider } from '../../src/providers/gemini/gemini-provider.ts'
import { OpenAiCompatibleProvider } from '../../src/providers/openai-compatible/openai-compatible-provider.ts'
import { OpenAiResponsesProvider } from '../../src/providers/openai-responses/openai-responses-provider.ts'
import { AnthropicUpstream } from '../upstreams/anthropic-upstream.ts'
import { GeminiUpstream } from '../upstreams/gemini-upstream.ts'
import { OpenAiUpstream } from '../upstreams/openai-upstream.ts'
import { type Harness, startHarness } from './gateway-harness.ts'

/** One LLM behind chat completions, the same mind behind the Responses API, with and without reasoning. */
export const llms = ['chat', 'native', 'native-reasoning'] as const

/** Vendors whose thinking has to come back to them. */
export const thinkers = ['claude', 'gemini'] as const

export const weather = {
  type: 'function' as const,
  name: 'weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
  strict: false,
}

/** A gateway in front of each vendor's fixture server, and OpenAI's client for two keys. */
export interface ResponsesHarness {
  readonly upstream: OpenAiUpstream
  readonly anthropic: AnthropicUpstream
  readonly gemini: GeminiUpstream
  readonly harness: Harness
  readonly client: OpenAI
  readonly stranger: OpenAI
  /** The last body that reached OpenAI's server. */
  lastSent(): { readonly path: string; readonly body: Readonly<Record<string, unknown>> }
  close(): Promise<void>
}

export async function startResponsesHarness(): Promise<ResponsesHarness> {
  const upstream = await new OpenAiUpstream({ models: llms.map((llm) => `upstream-${llm}`) }).listen()
  const anthropic = await new AnthropicUpstream().listen()
  const gemini = await new GeminiUpstream().listen()
  const options = { name: 'reference', baseUrl: upstream.baseUrl, apiKey: upstream.apiKey }
  const responses = new OpenAiResponsesProvider(options)
  const harness = await startHarness({
    providers: {
      chat: new OpenAiCompatibleProvider(options),
      native: responses,
      'native-reasoning': responses,
      claude: asModel(
        'claude-sonnet-4-6',
        new AnthropicProvider({ name: 'anthropic', baseUrl: anthropic.origin, apiKey: 'sk-ant' }),
      ),
      gemini: asModel(
        'gemini-3-flash-preview',
        new GeminiProvider({ name: 'gemini', baseUrl: `${gemini.origin}/v1beta`, apiKey: gemini.apiKey }),
      ),
    },
    keys: [
      { id: 'alice', scopes: ['inference'] },
      { id: 'bob', scopes: ['inference', 'admin'] },
    ],
  })
  const clientOf = (key: string) =>
    new OpenAI({ apiKey: harness.secrets.get(key) ?? '', baseURL: `${harness.url}/v1`, maxRetries: 0 })
  return {
    ...{ upstream, anthropic, gemini, harness },
    client: clientOf('alice'),
    stranger: clientOf('bob'),
    lastSent() {
      const request = upstream.requests.at(-1)
      if (request === undefined) throw new Error('Nothing was sent')
      return request
    },
    async close() {
      await harness.gateway.close()
      await Promise.all([upstream.close(), anthropic.close(), gemini.close()])
    },
  }
}

/** The error with which a call of the client is refused. */
export async function refusal(call: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  try {
    await call
  } catch (error) {
    if (error instanceof OpenAI.APIError) return error
    throw error
  }
  throw new Error('the call was not refused')
}

/** A provider that calls one model, whatever the LLM is called. */
function asModel(upstreamModel: string, provider: ChatProvider): ChatProvider {
  return {
    complete: (call, signal) => provider.complete({ ...call, upstreamModel }, signal),
    stream: (call, signal) => provider.stream({ ...call, upstreamModel }, signal),
    probe: (signal) => provider.probe(signal),
    close: () => provider.close(),
  }
}
