import type OpenAI from 'openai'
import { expect } from 'vitest'
import { price } from '../gateway-under-test.ts'
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

type Response = OpenAI.Responses.Response
type Item = OpenAI.Responses.ResponseInputItem
type Content = OpenAI.Responses.ResponseInputContent
type Request = Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, 'model' | 'input'>

const weather: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: citySchema as unknown as Record<string, unknown>,
  strict: true,
}

const user = (...content: Content[]): Item => ({ role: 'user', content })
const text = (said: string): Content => ({ type: 'input_text', text: said })

async function ask(client: OpenAI, model: string, input: string | Item[], request: Request = {}) {
  const { data, response } = await client.responses.create({ model, input, ...request }).withResponse()
  return { data, headers: response.headers }
}

function callsOf(response: Response): unknown[] {
  return response.output.flatMap((item) => (item.type === 'function_call' ? [JSON.parse(item.arguments)] : []))
}

function reasoningOf({ output }: { readonly output: Response['output'] }): string {
  return output
    .map((item) => (item.type === 'reasoning' ? item.summary.map((part) => part.text).join('') : ''))
    .join('')
}

function toolOutputs(response: Response): Item[] {
  return response.output.flatMap((item): Item[] => {
    if (item.type !== 'function_call') return []
    const { city } = JSON.parse(item.arguments) as { city: string }
    return [{ type: 'function_call_output', call_id: item.call_id, output: weatherIn(city) }]
  })
}

const loopAnswer = 'The tools say: Oslo: 3 degrees | Rome: 19 degrees'

async function toolLoop(client: OpenAI, model: string, request: Request = {}) {
  const input: Item[] = [user(text('Weather in Oslo and Rome?'))]
  const first = await ask(client, model, input, { tools: [weather], ...request })
  expect(callsOf(first.data)).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
  const items = first.data.output as Item[]
  const second = await ask(client, model, [...input, ...items, ...toolOutputs(first.data)], {
    tools: [weather],
    ...request,
  })
  expect(second.data.output_text).toBe(loopAnswer)
  return second.headers
}

/** `POST /v1/responses` by the official OpenAI client. */
export const responsesProbes: readonly Probe<OpenAI>[] = [
  {
    feature: 'text',
    async run({ client, model }) {
      const { data, headers } = await ask(client, model, 'say hello to them', { instructions: 'Be brief.' })
      expect(data.output_text).toBe('hello to them')
      expect(data).toMatchObject({ object: 'response', status: 'completed', model })
      expect(data.id).toContain(headers.get('x-pointsman-decision-id'))
      return headers
    },
  },
  {
    feature: 'usage and cost',
    async run({ client, model }) {
      const { data, headers } = await ask(client, model, 'say one two three')
      const {
        input_tokens: input,
        output_tokens: output,
        cost,
      } = data.usage as OpenAI.Responses.ResponseUsage & { cost: number }
      expect([input, output].every((tokens) => tokens > 0)).toBe(true)
      expect(cost).toBeCloseTo(costOf(input, output, price), 12)
      expect(Number(headers.get('x-pointsman-cost-usd'))).toBeCloseTo(cost, 12)
      return headers
    },
  },
  {
    feature: 'stream',
    async run({ client, model }) {
      const stream = client.responses.stream({ model, input: 'say hello to them' })
      let said = ''
      for await (const event of stream) if (event.type === 'response.output_text.delta') said += event.delta
      expect(said).toBe('hello to them')
      const response = await stream.finalResponse()
      expect(response).toMatchObject({ status: 'completed', model, output_text: 'hello to them' })
      const {
        input_tokens: input,
        output_tokens: output,
        cost,
      } = response.usage as OpenAI.Responses.ResponseUsage & { cost: number }
      expect(cost).toBeCloseTo(costOf(input, output, price), 12)
      return undefined
    },
  },
  {
    feature: 'tools over two turns, parallel calls',
    run: ({ client, model }) => toolLoop(client, model),
  },
  {
    feature: 'tools by previous_response_id (store)',
    async run({ client, model }) {
      const tools = [weather]
      const first = await ask(client, model, 'Weather in Oslo and Rome?', { tools, store: true })
      const next = { tools, store: true, previous_response_id: first.data.id }
      const second = await ask(client, model, toolOutputs(first.data), next)
      expect(second.data.output_text).toBe(loopAnswer)
      const kept = await client.responses.retrieve(second.data.id)
      expect(kept.output_text).toBe(loopAnswer)
      await client.responses.delete(second.data.id)
      await expect(client.responses.retrieve(second.data.id)).rejects.toMatchObject({ status: 404 })
      return undefined
    },
  },
  {
    feature: 'tools in a stream',
    async run({ client, model }) {
      const response = await client.responses
        .stream({ model, input: 'Weather in Oslo and Rome?', tools: [weather] })
        .finalResponse()
      expect(callsOf(response)).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
      return undefined
    },
  },
  {
    feature: 'one tool call at a time',
    parameter: 'parallel_tool_calls',
    async run({ client, model }) {
      const request = { tools: [weather], parallel_tool_calls: false }
      const { data, headers } = await ask(client, model, 'Weather in Oslo and Rome?', request)
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
      const named = await ask(client, model, 'Hello', { tools, tool_choice: { type: 'function', name: 'get_weather' } })
      expect(callsOf(named.data)).toHaveLength(1)
      const any = await ask(client, model, 'Hello', { tools, tool_choice: 'required' })
      expect(callsOf(any.data)).toHaveLength(1)
      const none = await ask(client, model, 'Weather in Oslo?', { tools, tool_choice: 'none' })
      expect(none.data.output_text).toBe('You said: Weather in Oslo?')
      return named.headers
    },
  },
  {
    feature: 'image in the output of a tool',
    async run({ client, model, upstream }) {
      const output: OpenAI.Responses.ResponseFunctionCallOutputItemList = [
        { type: 'input_text', text: 'a picture' },
        { type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${pngBase64}` },
      ]
      const input: Item[] = [
        user(text('Weather in Oslo?')),
        { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{"city":"Oslo"}' },
        { type: 'function_call_output', call_id: 'call_1', output },
      ]
      const { headers } = await ask(client, model, input, { tools: [weather] })
      expect(upstream.requests.at(-1)?.text).toContain(pngBase64)
      return headers
    },
  },
  {
    feature: 'a custom tool',
    parameter: 'tools:custom',
    async run({ client, model }) {
      const tools: OpenAI.Responses.Tool[] = [{ type: 'custom', name: 'write_poem', description: 'Any text' }]
      const { data, headers } = await ask(client, model, 'A poem on Oslo', { tools })
      expect(data.output.find((item) => item.type === 'custom_tool_call')).toMatchObject({ name: 'write_poem' })
      return headers
    },
  },
  {
    feature: 'a tool that OpenAI runs (web search)',
    parameter: 'tools:hosted',
    namedOnly: true,
    async run({ client, model }) {
      const { data, headers } = await ask(client, model, 'say found', { tools: [{ type: 'web_search' }] })
      expect(data.output_text).toBe('found')
      return headers
    },
  },
  {
    feature: 'structured output (JSON schema)',
    parameter: 'response_format:json_schema',
    async run({ client, model }) {
      const schema = reportSchema as unknown as Record<string, unknown>
      const request: Request = { text: { format: { type: 'json_schema', name: 'report', strict: true, schema } } }
      const { data, headers } = await ask(client, model, 'Write a report', request)
      expect(JSON.parse(data.output_text)).toEqual(report)
      return headers
    },
  },
  {
    feature: 'image',
    parameter: 'content:image',
    async run({ client, model }) {
      const image_url = `data:image/png;base64,${pngBase64}`
      const input = [user(text('What is this?'), { type: 'input_image', detail: 'auto', image_url })]
      const { data, headers } = await ask(client, model, input)
      expect(data.output_text).toBe('I see 1 image(s).')
      return headers
    },
  },
  {
    feature: 'PDF',
    parameter: 'content:file',
    async run({ client, model }) {
      const file_data = `data:application/pdf;base64,${pdfBase64}`
      const { data, headers } = await ask(client, model, [
        user(text('What is this?'), { type: 'input_file', filename: 'paper.pdf', file_data }),
      ])
      expect(data.output_text).toBe('I see 1 file(s).')
      return headers
    },
  },
  {
    feature: 'cap on output',
    parameter: 'max_tokens',
    async run({ client, model }) {
      const { data, headers } = await ask(client, model, `say ${twentyWords}`, { max_output_tokens: 16 })
      expect(data.output_text.trim().split(' ')).toHaveLength(16)
      expect(data).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
      return headers
    },
  },
  {
    feature: 'reasoning effort',
    parameter: 'reasoning_effort',
    async run({ client, thinkingModel }) {
      const request: Request = { reasoning: { effort: 'low' } }
      const { data, headers } = await ask(client, thinkingModel, 'say done', request)
      expect(data.output_text).toBe('done')
      expect(data.usage?.output_tokens).toBe(8)
      return headers
    },
  },
  {
    feature: 'reasoning shown',
    async run({ client, thinkingModel }) {
      const request = { reasoning: { effort: 'high', summary: 'auto' } } as const
      const { data } = await ask(client, thinkingModel, 'say done', request)
      const streamed = await client.responses
        .stream({ model: thinkingModel, input: 'say done', ...request })
        .finalResponse()
      const told = reasoningOf(data)
      if (told === '' && reasoningOf(streamed) === '') throw new NotShown()
      expect(told).toContain('step by step')
      expect(reasoningOf(streamed)).toBe(told)
      // Only OpenAI's models need the wish for a summary; the others say that they left it out.
      return undefined
    },
  },
  {
    feature: 'reasoning over a tool loop',
    run: ({ client, thinkingModel }) =>
      toolLoop(client, thinkingModel, { reasoning: { effort: 'high' }, include: ['reasoning.encrypted_content'] }),
  },
  {
    feature: 'logprobs',
    parameter: 'logprobs',
    async run({ client, model }) {
      const request: Request = { include: ['message.output_text.logprobs'], top_logprobs: 2 }
      const { data, headers } = await ask(client, model, 'say again', request)
      const part = data.output.flatMap((item) => (item.type === 'message' ? item.content : []))[0]
      expect(part).toMatchObject({ type: 'output_text', logprobs: [{ token: 'again' }] })
      return headers
    },
  },
]
