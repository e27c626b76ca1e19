import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AnthropicProvider } from '../../src/providers/anthropic/anthropic-provider.ts'
import { AzureOpenAiProvider } from '../../src/providers/azure-openai/azure-openai-provider.ts'
import { BedrockProvider } from '../../src/providers/bedrock/bedrock-provider.ts'
import type { ChatProvider } from '../../src/providers/chat-provider.ts'
import { GeminiProvider } from '../../src/providers/gemini/gemini-provider.ts'
import { OpenAiCompatibleProvider } from '../../src/providers/openai-compatible/openai-compatible-provider.ts'
import { OpenAiResponsesProvider } from '../../src/providers/openai-responses/openai-responses-provider.ts'
import type { ProviderError } from '../../src/providers/provider-error.ts'

const secret = 'secret-1234567890'
const never = new AbortController().signal
let server: Server
let baseUrl: string

/** Says back what it was sent, as proxies under debugging do. */
beforeAll(async () => {
  server = createServer((request, response) => {
    const message = `You sent ${JSON.stringify(request.headers)} to ${request.url}`
    response.writeHead(400, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: { message, type: message }, message, __type: message }))
    request.resume()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

const inHeaders = () => ({ name: 'echo', baseUrl, headers: { 'x-own': secret } })
const onAws = () => ({ name: 'echo', baseUrl, region: 'us-east-1' })
const awsKeys = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: secret, sessionToken: secret }

test.each<[string, () => ChatProvider]>([
  ['chat completions', () => new OpenAiCompatibleProvider({ ...inHeaders(), apiKey: secret })],
  ['responses', () => new OpenAiResponsesProvider({ ...inHeaders(), apiKey: secret })],
  ['Anthropic', () => new AnthropicProvider({ ...inHeaders(), apiKey: secret })],
  ['Anthropic with a token', () => new AnthropicProvider({ ...inHeaders(), authToken: secret })],
  ['Gemini', () => new GeminiProvider({ ...inHeaders(), apiKey: secret })],
  ['Azure', () => new AzureOpenAiProvider({ ...inHeaders(), apiKey: secret })],
  ['Bedrock', () => new BedrockProvider({ ...onAws(), bearerToken: secret })],
  ['Bedrock with the keys of a session', () => new BedrockProvider({ ...onAws(), ...awsKeys })],
])('errors of %s hold no secrets, though the upstream says them back', async (_, open) => {
  const provider = open()
  const call = { request: { messages: [{ role: 'user', content: 'hi' }] }, upstreamModel: 'm' }
  const errors = [
    await provider.complete(call, never).catch((error: unknown) => error),
    await provider.probe(never).catch((error: unknown) => error),
  ] as ProviderError[]
  for (const { message, upstreamError } of errors) {
    expect(JSON.stringify([message, upstreamError])).toContain('You sent')
    expect(JSON.stringify([message, upstreamError])).not.toContain(secret)
  }
  await provider.close()
})
