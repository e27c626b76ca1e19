import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  type ContentBlock,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type Message,
} from '@aws-sdk/client-bedrock-runtime'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BedrockUpstream } from '../../upstreams/bedrock-upstream.ts'
import { citySchema, pdfBase64, pngBase64, report, reportSchema, weatherIn } from '../probes/probe.ts'

// Whether the fixture server understands and says what AWS's own client does, signatures and frames with it; the gateway has no
// part in it.
let upstream: BedrockUpstream
let client: BedrockRuntimeClient

beforeAll(async () => {
  upstream = await new BedrockUpstream().listen()
  client = clientWith(upstream.credentials.secretAccessKey)
})

afterAll(async () => {
  client.destroy()
  await upstream.close()
})

function clientWith(secretAccessKey: string): BedrockRuntimeClient {
  const { region, origin: endpoint, credentials } = upstream
  return new BedrockRuntimeClient({
    region,
    endpoint,
    maxAttempts: 1,
    credentials: { ...credentials, secretAccessKey },
    authSchemePreference: ['aws.auth#sigv4'],
    requestHandler: overHttp1 as unknown as NonNullable<BedrockRuntimeClientConfig['requestHandler']>,
  })
}

interface Asked {
  readonly method: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly query?: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** Its own handler speaks HTTP/2, which the fixture server does not. */
const overHttp1 = {
  async handle({ method, path, hostname, port, headers, body, query }: Asked) {
    const parameters = new URLSearchParams(Object.entries(query ?? {}).map(([name, value]) => [name, String(value)]))
    const search = parameters.size === 0 ? '' : `?${parameters.toString()}`
    const asked = request({ method, hostname, port: port ?? 80, headers, path: path + search })
    asked.end(body as string | Uint8Array | undefined)
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    const { statusCode = 0 } = answer
    const received = Object.entries(answer.headers).map(([name, value]) => [name, String(value)])
    return { response: { statusCode, headers: Object.fromEntries(received) as Record<string, string>, body: answer } }
  },
}

const modelId = 'us.anthropic.claude-opus-4-6-v1'
const toolConfig = {
  tools: [{ toolSpec: { name: 'get_weather', inputSchema: { json: citySchema as never } } }],
} satisfies ConverseCommandInput['toolConfig']

function user(...content: ContentBlock[]): Message {
  return { role: 'user', content }
}

async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  )
}

/** The blocks and the end that a client puts together of a stream. */
async function streamed(input: ConverseCommandInput) {
  const { stream } = await client.send(new ConverseStreamCommand(input))
  const blocks: { text: string; thought: string; signature: string; name?: string; id?: string; input: string }[] = []
  let stopReason: string | undefined
  let outputTokens: number | undefined
  for await (const event of stream ?? []) {
    const at = event.contentBlockStart?.contentBlockIndex ?? event.contentBlockDelta?.contentBlockIndex ?? 0
    if (event.contentBlockStart ?? event.contentBlockDelta) {
      blocks[at] ??= { text: '', thought: '', signature: '', input: '' }
    }
    const block = blocks[at]
    const start = event.contentBlockStart?.start?.toolUse
    if (block !== undefined && start !== undefined) {
      block.name = start.name ?? ''
      block.id = start.toolUseId ?? ''
    }
    const delta = event.contentBlockDelta?.delta
    if (block !== undefined && delta !== undefined) {
      block.text += delta.text ?? ''
      block.thought += delta.reasoningContent?.text ?? ''
      block.signature += delta.reasoningContent?.signature ?? ''
      block.input += delta.toolUse?.input ?? ''
    }
    stopReason = event.messageStop?.stopReason ?? stopReason
    outputTokens = event.metadata?.usage?.outputTokens ?? outputTokens
  }
  return { blocks, stopReason, outputTokens }
}

test('a whole answer and a stream, with thinking', async () => {
  const messages = [user({ text: 'say Grüße to them 🚆' })]
  const additionalModelRequestFields = { thinking: { type: 'adaptive' } }
  const whole = await client.send(new ConverseCommand({ modelId, messages, additionalModelRequestFields }))
  const [thought, said] = whole.output?.message?.content ?? []
  expect(said?.text).toBe('Grüße to them 🚆')
  expect(whole.usage?.outputTokens).toBe(11)
  const { blocks, stopReason, outputTokens } = await streamed({ modelId, messages, additionalModelRequestFields })
  expect(blocks.map(({ text }) => text)).toEqual(['', 'Grüße to them 🚆'])
  expect(blocks[0]?.thought).toBe(thought?.reasoningContent?.reasoningText?.text)
  expect([stopReason, outputTokens]).toEqual(['end_turn', 11])
  const history = [...messages, whole.output!.message!, user({ text: 'say more' })]
  const more = await client.send(new ConverseCommand({ modelId, messages: history, additionalModelRequestFields }))
  expect(more.output?.message?.content?.at(-1)?.text).toBe('more')
})

test('parallel calls of tools, streamed, and what comes of their results', async () => {
  const messages = [user({ text: 'Weather in Oslo and Rome?' })]
  const { blocks, stopReason } = await streamed({ modelId, messages, toolConfig })
  expect(stopReason).toBe('tool_use')
  const calls = blocks.map(({ id, name, input }) => ({
    toolUse: { toolUseId: id, name, input: JSON.parse(input) as { city: string } },
  }))
  const results = calls.map(({ toolUse: { toolUseId, input } }) => ({
    toolResult: { toolUseId, content: [{ text: weatherIn(input.city) }] },
  }))
  const turns: Message[] = [...messages, { role: 'assistant', content: calls }, user(...results)]
  const second = await client.send(new ConverseCommand({ modelId, messages: turns, toolConfig }))
  expect(second.output?.message?.content?.[0]?.text).toBe('The tools say: Oslo: 3 degrees | Rome: 19 degrees')
})

test('a call that must be made, structured output, a picture and a document, a stop sequence', async () => {
  const forced = await client.send(
    new ConverseCommand({
      modelId,
      messages: [user({ text: 'Hello' })],
      toolConfig: { ...toolConfig, toolChoice: { any: {} } },
    }),
  )
  expect(forced.output?.message?.content?.[0]?.toolUse?.name).toBe('get_weather')
  const textFormat = {
    type: 'json_schema' as const,
    structure: { jsonSchema: { name: 'report', schema: JSON.stringify(reportSchema) } },
  }
  const parsed = await client.send(
    new ConverseCommand({ modelId, messages: [user({ text: 'Write a report' })], outputConfig: { textFormat } }),
  )
  expect(JSON.parse(parsed.output?.message?.content?.[0]?.text ?? '')).toEqual(report)
  const seen = await client.send(
    new ConverseCommand({
      modelId,
      messages: [
        user(
          { image: { format: 'png', source: { bytes: Buffer.from(pngBase64, 'base64') } } },
          { document: { format: 'pdf', name: 'a page', source: { bytes: Buffer.from(pdfBase64, 'base64') } } },
          { text: 'What is this?' },
        ),
      ],
    }),
  )
  expect(seen.output?.message?.content?.[0]?.text).toBe('I see 1 image(s) and 1 file(s).')
  const stopped = await client.send(
    new ConverseCommand({
      modelId,
      messages: [user({ text: 'say one two three' })],
      inferenceConfig: { stopSequences: ['two'] },
      additionalModelResponseFieldPaths: ['/stop_sequence'],
    }),
  )
  expect([stopped.stopReason, stopped.additionalModelResponseFields]).toEqual([
    'stop_sequence',
    { stop_sequence: 'two' },
  ])
})

test('errors, before an answer and inside one', async () => {
  const messages = [user({ text: 'hello' })]
  const other = clientWith('another secret')
  const forged = await refusalOf(other.send(new ConverseCommand({ modelId, messages })))
  other.destroy()
  expect(forged).toMatchObject({ name: 'InvalidSignatureException', $metadata: { httpStatusCode: 403 } })
  const unknown = await refusalOf(client.send(new ConverseCommand({ modelId: 'no.such-model', messages })))
  expect(unknown).toMatchObject({ name: 'ValidationException', message: 'The provided model identifier is invalid.' })
  upstream.failNext({ status: 429, headers: { 'x-amzn-errortype': 'ThrottlingException' } })
  expect(await refusalOf(client.send(new ConverseCommand({ modelId, messages })))).toMatchObject({
    name: 'ThrottlingException',
    $metadata: { httpStatusCode: 429 },
  })
  const inside = await refusalOf(streamed({ modelId, messages: [user({ text: 'throttle it now' })] }))
  expect(inside).toMatchObject({ name: 'ThrottlingException' })
})
