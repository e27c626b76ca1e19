import type Anthropic from '@anthropic-ai/sdk'
import { expect } from 'vitest'
import { longestAnswer, price } from '../gateway-under-test.ts'
import {
  citySchema,
  costOf,
  NotShown,
  type Probe,
  pdfBase64,
  pngBase64,
  report,
  reportSchema,
  twentyWords,
  weatherIn,
} from './probe.ts'

type Message = Anthropic.MessageParam
type Request = Omit<Anthropic.MessageCreateParamsNonStreaming, 'model' | 'messages' | 'max_tokens'>

/** Where this dialect tells the cost; the SDK's types do not know it. */
function costIn(carrier: object): number {
  return (carrier as { readonly pointsman?: { readonly cost_usd?: number } }).pointsman?.cost_usd ?? Number.NaN
}

const weather: Anthropic.Tool = {
  name: 'get_weather',
  description: 'The weather of a city',
  input_schema: { ...citySchema, required: [...citySchema.required] },
}

const user = (content: Message['content']): Message => ({ role: 'user', content })

async function ask(client: Anthropic, model: string, messages: Message[], request: Request = {}, max_tokens = 2000) {
  const { data, response } = await client.messages.create({ model, messages, max_tokens, ...request }).withResponse()
  return { data, headers: response.headers }
}

function textOf(message: Anthropic.Message): string {
  return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
}

function thinkingOf(message: Anthropic.Message): string {
  return message.content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join('')
}

function callsOf(message: Anthropic.Message): unknown[] {
  return message.content.flatMap((block) => (block.type === 'tool_use' ? [block.input] : []))
}

/** What a tool loop sends in its second turn: the whole content of the first, and a result per call. */
function toolResults(message: Anthropic.Message): Message[] {
  const results = message.content.flatMap((block): Anthropic.ToolResultBlockParam[] => {
    if (block.type !== 'tool_use') return []
    const { city } = block.input as { city: string }
    return [{ type: 'tool_result', tool_use_id: block.id, content: weatherIn(city) }]
  })
  return [{ role: 'assistant', content: message.content }, user(results)]
}

async function toolLoop(client: Anthropic, model: string, request: Request = {}) {
  const messages = [user('Weather in Oslo and Rome?')]
  const first = await ask(client, model, messages, { tools: [weather], ...request })
  expect(first.data.stop_reason).toBe('tool_use')
  messages.push(...toolResults(first.data))
  const second = await ask(client, model, messages, { tools: [weather], ...request })
  expect(textOf(second.data)).toBe('The tools say: Oslo: 3 degrees | Rome: 19 degrees')
  expect(second.data.stop_reason).toBe('end_turn')
  return { first: first.data, headers: second.headers }
}

/** `POST /v1/messages` by the official Anthropic client. */
export const messagesProbes: readonly Probe<Anthropic>[] = [
  {
    feature: 'text',
    async run({ client, model }) {
      const { data, headers } = await ask(client, model, [user('say hello to them')], { system: 'Be brief.' })
      expect(textOf(data)).toBe('hello to them')
      expect(data).toMatchObject({ type: 'message', role: 'assistant', model, stop_reason: 'end_turn' })
      expect(data.id).toContain(headers.get('x-pointsman-decision-id'))
      return headers
    },
  },
  {
    feature: 'usage and cost',
    async run({ client, model }) {
      const { data, headers } = await ask(client, model, [user('say one two three')])
      const { input_tokens: input, output_tokens: output } = data.usage
      expect([input, output].every((tokens) => tokens > 0)).toBe(true)
      expect(costIn(data)).toBeCloseTo(costOf(input, output, price), 12)
      expect(Number(headers.get('x-pointsman-cost-usd'))).toBeCloseTo(costIn(data), 12)
      return headers
    },
  },
  {
    feature: 'stream',
    async run({ client, model }) {
      const stream = client.messages.stream({ model, max_tokens: 2000, messages: [user('say hello to them')] })
      let text = ''
      let cost: number | undefined
      for await (const event of stream) {
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text
        if (event.type === 'message_delta') cost = costIn(event)
      }
      expect(text).toBe('hello to them')
      const message = await stream.finalMessage()
      expect(message).toMatchObject({ model, stop_reason: 'end_turn' })
      expect(textOf(message)).toBe('hello to them')
      expect(cost).toBeCloseTo(costOf(message.usage.input_tokens, message.usage.output_tokens, price), 12)
      return stream.response?.headers
    },
  },
  {
    feature: 'tools over two turns, parallel calls',
    async run({ client, model }) {
      const { first, headers } = await toolLoop(client, model)
      expect(callsOf(first)).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
      return headers
    },
  },
  {
    feature: 'tools in a stream',
    async run({ client, model }) {
      const messages = [user('Weather in Oslo and Rome?')]
      const request = { model, max_tokens: 2000, tools: [weather] }
      const message = await client.messages.stream({ ...request, messages }).finalMessage()
      expect(callsOf(message)).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
      expect(message.stop_reason).toBe('tool_use')
      const second = await client.messages
        .stream({ ...request, messages: [...messages, ...toolResults(message)] })
        .finalMessage()
      expect(textOf(second)).toBe('The tools say: Oslo: 3 degrees | Rome: 19 degrees')
      return undefined
    },
  },
  {
    feature: 'one tool call at a time',
    parameter: 'parallel_tool_calls',
    async run({ client, model }) {
      const request = { tools: [weather], tool_choice: { type: 'auto', disable_parallel_tool_use: true } } as const
      const { data, headers } = await ask(client, model, [user('Weather in Oslo and Rome?')], {
        ...request,
        tools: [weather],
      })
      if (!/parallel_tool_calls/.test(headers.get('x-pointsman-dropped-params') ?? '')) {
        expect(callsOf(data)).toEqual([{ city: 'Oslo' }])
      }
      return headers
    },
  },
  {
    feature: 'a tool that must be called',
    parameter: 'tool_choice',
    async run({ client, model }) {
      const tools = [weather]
      const named = await ask(client, model, [user('Hello')], {
        tools,
        tool_choice: { type: 'tool', name: 'get_weather' },
      })
      expect(callsOf(named.data)).toHaveLength(1)
      const any = await ask(client, model, [user('Hello')], { tools, tool_choice: { type: 'any' } })
      expect(callsOf(any.data)).toHaveLength(1)
      const none = await ask(client, model, [user('Weather in Oslo?')], { tools, tool_choice: { type: 'none' } })
      expect(textOf(none.data)).toBe('You said: Weather in Oslo?')
      return named.headers
    },
  },
  {
    feature: 'a tool that failed (is_error)',
    async run({ client, model }) {
      const failed: Message[] = [
        user('Weather in Oslo?'),
        {
          role: 'assistant',
          content: [{ type: 'tool_use', id: 'toolu_01', name: 'get_weather', input: { city: 'Oslo' } }],
        },
        user([{ type: 'tool_result', tool_use_id: 'toolu_01', content: 'out of order', is_error: true }]),
      ]
      const { data, headers } = await ask(client, model, failed, { tools: [weather] })
      expect(textOf(data)).toContain('out of order')
      return headers
    },
  },
  {
    feature: 'image in the result of a tool',
    async run({ client, model, upstream }) {
      const source = { type: 'base64', media_type: 'image/png', data: pngBase64 } as const
      const content: Anthropic.ToolResultBlockParam['content'] = [
        { type: 'text', text: 'a picture' },
        { type: 'image', source },
      ]
      const shown: Message[] = [
        user('Weather in Oslo?'),
        {
          role: 'assistant',
          content: [{ type: 'tool_use', id: 'toolu_01', name: 'get_weather', input: { city: 'Oslo' } }],
        },
        user([{ type: 'tool_result', tool_use_id: 'toolu_01', content }]),
      ]
      const { headers } = await ask(client, model, shown, { tools: [weather] })
      expect(upstream.requests.at(-1)?.text).toContain(pngBase64)
      return headers
    },
  },
  {
    feature: 'a tool that Anthropic runs (web search)',
    parameter: 'tools:hosted',
    namedOnly: true,
    async run({ client, model }) {
      const tools = [{ type: 'web_search_20250305', name: 'web_search' } as const]
      const { data, headers } = await ask(client, model, [user('say found')], { tools })
      expect(textOf(data)).toBe('found')
      return headers
    },
  },
  {
    feature: 'structured output (JSON schema)',
    parameter: 'response_format:json_schema',
    async run({ client, model }) {
      const request: Request = { output_config: { format: { type: 'json_schema', schema: reportSchema } } }
      const { data, headers } = await ask(client, model, [user('Write a report')], request)
      expect(JSON.parse(textOf(data))).toEqual(report)
      return headers
    },
  },
  {
    feature: 'image',
    parameter: 'content:image',
    async run({ client, model }) {
      const source = { type: 'base64', media_type: 'image/png', data: pngBase64 } as const
      const { data, headers } = await ask(client, model, [
        user([
          { type: 'image', source },
          { type: 'text', text: 'What is this?' },
        ]),
      ])
      expect(textOf(data)).toBe('I see 1 image(s).')
      return headers
    },
  },
  {
    feature: 'image by URL',
    parameter: 'content:image_by_url',
    async run({ client, model }) {
      const source = { type: 'url', url: 'https://images.example.com/cat.png' } as const
      const { data, headers } = await ask(client, model, [
        user([
          { type: 'image', source },
          { type: 'text', text: 'What is this?' },
        ]),
      ])
      expect(textOf(data)).toBe('I see 1 image(s).')
      return headers
    },
  },
  {
    feature: 'PDF',
    parameter: 'content:file',
    async run({ client, model }) {
      const source = { type: 'base64', media_type: 'application/pdf', data: pdfBase64 } as const
      const { data, headers } = await ask(client, model, [
        user([
          { type: 'document', source },
          { type: 'text', text: 'What is this?' },
        ]),
      ])
      expect(textOf(data)).toBe('I see 1 file(s).')
      return headers
    },
  },
  {
    feature: 'stop sequence',
    parameter: 'stop',
    async run({ client, model }) {
      const { data, headers } = await ask(client, model, [user('say one two STOP three')], { stop_sequences: ['STOP'] })
      expect(textOf(data).trimEnd()).toBe('one two')
      return headers
    },
  },
  {
    feature: 'cap on output',
    parameter: 'max_tokens',
    async run({ client, model }) {
      const { data, headers } = await ask(client, model, [user(`say ${twentyWords}`)], {}, 16)
      expect(textOf(data).trim().split(' ')).toHaveLength(16)
      expect(data.stop_reason).toBe('max_tokens')
      return headers
    },
  },
  {
    feature: 'cap above what the LLM can write',
    async run({ client, model, upstream }) {
      const { data, headers } = await ask(client, model, [user('say enough')], {}, 20_000)
      expect(textOf(data)).toBe('enough')
      expect(upstream.requests.at(-1)?.text).toContain(String(longestAnswer))
      return headers
    },
  },
  {
    feature: 'thinking',
    parameter: 'thinking',
    async run({ client, thinkingModel }) {
      const request: Request = { thinking: { type: 'enabled', budget_tokens: 1024 } }
      const { data, headers } = await ask(client, thinkingModel, [user('say done')], request)
      expect(textOf(data)).toBe('done')
      expect(data.usage.output_tokens).toBe(8)
      return headers
    },
  },
  {
    feature: 'thinking shown',
    async run({ client, thinkingModel }) {
      const request: Request = { thinking: { type: 'enabled', budget_tokens: 1024 } }
      const { data, headers } = await ask(client, thinkingModel, [user('say done')], request)
      const stream = client.messages.stream({
        model: thinkingModel,
        max_tokens: 2000,
        messages: [user('say done')],
        ...request,
      })
      const told = thinkingOf(data)
      const streamed = thinkingOf(await stream.finalMessage())
      if (told === '' && streamed === '') throw new NotShown()
      expect(told).toContain('step by step')
      expect(streamed).toBe(told)
      return headers
    },
  },
  {
    feature: 'thinking over a tool loop',
    parameter: 'thinking',
    async run({ client, thinkingModel }) {
      const { headers } = await toolLoop(client, thinkingModel, { thinking: { type: 'enabled', budget_tokens: 1024 } })
      return headers
    },
  },
  {
    feature: 'effort',
    parameter: 'reasoning_effort',
    async run({ client, thinkingModel }) {
      const { data, headers } = await ask(client, thinkingModel, [user('say done')], {
        output_config: { effort: 'low' },
      })
      expect(textOf(data)).toBe('done')
      return headers
    },
  },
  {
    feature: 'temperature',
    parameter: 'temperature',
    async run({ client, model }) {
      const { data, headers } = await ask(client, model, [user('say warm')], { temperature: 0.5 } as Request)
      expect(textOf(data)).toBe('warm')
      return headers
    },
  },
  {
    feature: 'top_k',
    parameter: 'top_k',
    async run({ client, model }) {
      const { data, headers } = await ask(client, model, [user('say again')], { top_k: 5 } as Request)
      expect(textOf(data)).toBe('again')
      return headers
    },
  },
  {
    feature: 'prompt caching (cache_control)',
    parameter: 'cache_control',
    async run({ client, model }) {
      const system = [{ type: 'text', text: 'Be brief. '.repeat(600), cache_control: { type: 'ephemeral' } }] as const
      const { data, headers } = await ask(client, model, [user('say again')], { system: [...system] })
      expect(textOf(data)).toBe('again')
      return headers
    },
  },
  {
    feature: 'count_tokens',
    async run({ client, model }) {
      const { input_tokens } = await client.messages.countTokens({ model, messages: [user('say one two three')] })
      expect(input_tokens).toBeGreaterThan(0)
      return undefined
    },
  },
]
