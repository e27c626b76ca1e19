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
  wavBase64,
  weatherIn,
} from './probe.ts'

type Message = OpenAI.ChatCompletionMessageParam
type Request = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'model' | 'messages'>

const weather: OpenAI.ChatCompletionFunctionTool = {
  type: 'function',
  function: { name: 'get_weather', description: 'The weather of a city', parameters: citySchema },
}

const user = (content: Extract<Message, { role: 'user' }>['content']): Message => ({ role: 'user', content })

async function ask(client: OpenAI, model: string, messages: Message[], request: Request = {}) {
  const { data, response } = await client.chat.completions.create({ model, messages, ...request }).withResponse()
  return { data, choice: data.choices[0]!, message: data.choices[0]!.message, headers: response.headers }
}

/** What a tool loop sends in its second turn: the whole message of the first, and an output per call. */
function toolOutputs(message: OpenAI.ChatCompletionMessage): Message[] {
  const outputs = (message.tool_calls ?? []).map((call): Message => {
    if (call.type !== 'function') throw new Error(`a ${call.type} tool was called`)
    const { city } = JSON.parse(call.function.arguments) as { city: string }
    return { role: 'tool', tool_call_id: call.id, content: weatherIn(city) }
  })
  return [message, ...outputs]
}

async function toolLoop(
  client: OpenAI,
  model: string,
  request: Request,
): Promise<{ first: OpenAI.ChatCompletionMessage; headers: Headers }> {
  const messages = [user('Weather in Oslo and Rome?')]
  const first = await ask(client, model, messages, { tools: [weather], ...request })
  expect(first.choice.finish_reason).toBe('tool_calls')
  messages.push(...toolOutputs(first.message))
  const second = await ask(client, model, messages, { tools: [weather], ...request })
  expect(second.message.content).toBe('The tools say: Oslo: 3 degrees | Rome: 19 degrees')
  expect(second.choice.finish_reason).toBe('stop')
  return { first: first.message, headers: second.headers }
}

function callsOf(message: OpenAI.ChatCompletionMessage): unknown[] {
  return (message.tool_calls ?? []).map((call) => call.type === 'function' && JSON.parse(call.function.arguments))
}

/** `POST /v1/chat/completions` by the official OpenAI client. */
export const chatProbes: readonly Probe<OpenAI>[] = [
  {
    feature: 'text',
    async run({ client, model }) {
      const { data, message, choice, headers } = await ask(client, model, [
        { role: 'system', content: 'Be brief.' },
        user('say hello to them'),
      ])
      expect(message.content).toBe('hello to them')
      expect(choice.finish_reason).toBe('stop')
      expect(data.model).toBe(model)
      expect(data.id).toBe(`chatcmpl-${headers.get('x-pointsman-decision-id')}`)
      return headers
    },
  },
  {
    feature: 'usage and cost',
    async run({ client, model }) {
      const { data, headers } = await ask(client, model, [user('say one two three')])
      const {
        prompt_tokens: input,
        completion_tokens: output,
        cost,
      } = data.usage as OpenAI.CompletionUsage & { cost: number }
      expect([input, output].every((tokens) => tokens > 0)).toBe(true)
      expect(cost).toBeCloseTo(costOf(input, output, price), 12)
      expect(Number(headers.get('x-pointsman-cost-usd'))).toBeCloseTo(cost, 12)
      return headers
    },
  },
  {
    feature: 'stream',
    async run({ client, model }) {
      const { data, response } = await client.chat.completions
        .create({ model, messages: [user('say hello to them')], stream: true, stream_options: { include_usage: true } })
        .withResponse()
      const chunks: OpenAI.ChatCompletionChunk[] = []
      for await (const chunk of data) chunks.push(chunk)
      expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('hello to them')
      expect(chunks.map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean)).toEqual(['stop'])
      expect(new Set(chunks.map((chunk) => chunk.model))).toEqual(new Set([model]))
      const usage = chunks.at(-1)?.usage as OpenAI.CompletionUsage & { cost: number }
      expect(usage.cost).toBeCloseTo(costOf(usage.prompt_tokens, usage.completion_tokens, price), 12)
      return response.headers
    },
  },
  {
    feature: 'tools over two turns, parallel calls',
    async run({ client, model }) {
      const { first, headers } = await toolLoop(client, model, {})
      expect(callsOf(first)).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
      expect(new Set(first.tool_calls?.map(({ id }) => id)).size).toBe(2)
      return headers
    },
  },
  {
    feature: 'tools in a stream',
    async run({ client, model }) {
      const messages = [user('Weather in Oslo and Rome?')]
      const stream = client.chat.completions.stream({ model, messages, tools: [weather] })
      const { choices } = await stream.finalChatCompletion()
      expect(callsOf(choices[0]!.message)).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
      expect(choices[0]!.finish_reason).toBe('tool_calls')
      const { message } = await ask(client, model, [...messages, ...toolOutputs(choices[0]!.message)], {
        tools: [weather],
      })
      expect(message.content).toBe('The tools say: Oslo: 3 degrees | Rome: 19 degrees')
      return undefined
    },
  },
  {
    feature: 'one tool call at a time',
    parameter: 'parallel_tool_calls',
    async run({ client, model }) {
      const request = { tools: [weather], parallel_tool_calls: false }
      const { message, headers } = await ask(client, model, [user('Weather in Oslo and Rome?')], request)
      if (!droppedParameters(headers).includes('parallel_tool_calls')) {
        expect(callsOf(message)).toEqual([{ city: 'Oslo' }])
      }
      return headers
    },
  },
  {
    feature: 'a tool that must be called',
    parameter: 'tool_choice',
    async run({ client, model }) {
      const choice = { type: 'function', function: { name: 'get_weather' } } as const
      const named = await ask(client, model, [user('Hello')], { tools: [weather], tool_choice: choice })
      expect(callsOf(named.message)).toHaveLength(1)
      const any = await ask(client, model, [user('Hello')], { tools: [weather], tool_choice: 'required' })
      expect(callsOf(any.message)).toHaveLength(1)
      const none = await ask(client, model, [user('Weather in Oslo?')], { tools: [weather], tool_choice: 'none' })
      expect(none.message.content).toBe('You said: Weather in Oslo?')
      return named.headers
    },
  },
  {
    feature: 'a custom tool',
    parameter: 'tools:custom',
    async run({ client, model }) {
      const tools = [{ type: 'custom', custom: { name: 'write_poem', description: 'Any text' } } as const]
      const { message, headers } = await ask(client, model, [user('A poem on Oslo')], { tools })
      expect(message.tool_calls).toMatchObject([{ type: 'custom', custom: { name: 'write_poem' } }])
      return headers
    },
  },
  {
    feature: 'structured output (JSON schema)',
    parameter: 'response_format:json_schema',
    async run({ client, model }) {
      const format = {
        type: 'json_schema',
        json_schema: { name: 'report', strict: true, schema: reportSchema },
      } as const
      const messages = [user('Write a report')]
      const { data, response } = await client.chat.completions
        .create({ model, messages, response_format: format })
        .withResponse()
      expect(JSON.parse(data.choices[0]!.message.content ?? '')).toEqual(report)
      return response.headers
    },
  },
  {
    feature: 'JSON object',
    parameter: 'response_format:json_object',
    async run({ client, model }) {
      const request = { response_format: { type: 'json_object' } } as const
      const { message, headers } = await ask(client, model, [user('Answer in JSON')], request)
      expect(JSON.parse(message.content ?? '')).toEqual({ said: 'Answer in JSON' })
      return headers
    },
  },
  {
    feature: 'image',
    parameter: 'content:image',
    async run({ client, model }) {
      const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${pngBase64}` } } as const
      const { message, headers } = await ask(client, model, [user([{ type: 'text', text: 'What is this?' }, image])])
      expect(message.content).toBe('I see 1 image(s).')
      return headers
    },
  },
  {
    feature: 'image by URL',
    parameter: 'content:image_by_url',
    async run({ client, model }) {
      const image = { type: 'image_url', image_url: { url: 'https://images.example.com/cat.png' } } as const
      const { message, headers } = await ask(client, model, [user([{ type: 'text', text: 'What is this?' }, image])])
      expect(message.content).toBe('I see 1 image(s).')
      return headers
    },
  },
  {
    feature: 'PDF',
    parameter: 'content:file',
    async run({ client, model }) {
      const file_data = `data:application/pdf;base64,${pdfBase64}`
      const file = { type: 'file', file: { filename: 'paper.pdf', file_data } } as const
      const { message, headers } = await ask(client, model, [user([{ type: 'text', text: 'What is this?' }, file])])
      expect(message.content).toBe('I see 1 file(s).')
      return headers
    },
  },
  {
    feature: 'spoken input',
    parameter: 'content:audio',
    async run({ client, model }) {
      const audio = { type: 'input_audio', input_audio: { data: wavBase64, format: 'wav' } } as const
      const { message, headers } = await ask(client, model, [user([{ type: 'text', text: 'say heard' }, audio])])
      expect(message.content).toMatch(/heard|file/)
      return headers
    },
  },
  {
    feature: 'stop sequence',
    parameter: 'stop',
    async run({ client, model }) {
      const { message, choice, headers } = await ask(client, model, [user('say one two STOP three')], {
        stop: ['STOP'],
      })
      expect(message.content).toBe('one two ')
      expect(choice.finish_reason).toBe('stop')
      return headers
    },
  },
  {
    feature: 'cap on output',
    parameter: 'max_tokens',
    async run({ client, model }) {
      const { message, choice, headers } = await ask(client, model, [user(`say ${twentyWords}`)], {
        max_completion_tokens: 16,
      })
      expect(message.content?.trim().split(' ')).toHaveLength(16)
      expect(choice.finish_reason).toBe('length')
      return headers
    },
  },
  {
    feature: 'reasoning effort',
    parameter: 'reasoning_effort',
    async run({ client, thinkingModel }) {
      const { message, data, headers } = await ask(client, thinkingModel, [user('say done')], {
        reasoning_effort: 'low',
      })
      expect(message.content).toBe('done')
      expect(data.usage?.completion_tokens).toBe(8)
      return headers
    },
  },
  {
    feature: 'reasoning shown',
    async run({ client, thinkingModel }) {
      const whole = await ask(client, thinkingModel, [user('say done')], { reasoning_effort: 'high' })
      const messages = [user('say done')]
      const request = { model: thinkingModel, messages, reasoning_effort: 'high', stream: true } as const
      let streamed = ''
      for await (const { choices } of await client.chat.completions.create(request)) {
        streamed += (choices[0]?.delta as { reasoning_content?: string } | undefined)?.reasoning_content ?? ''
      }
      const { reasoning_content: told } = whole.message as { reasoning_content?: string }
      if (told === undefined && streamed === '') throw new NotShown()
      expect(told).toContain('step by step')
      expect(streamed).toBe(told)
      return whole.headers
    },
  },
  {
    feature: 'reasoning over a tool loop',
    async run({ client, thinkingModel }) {
      const { headers } = await toolLoop(client, thinkingModel, { reasoning_effort: 'high' })
      return headers
    },
  },
  {
    feature: 'temperature, top_p',
    parameter: 'temperature',
    async run({ client, model }) {
      const { message, headers } = await ask(client, model, [user('say warm')], { temperature: 0.5, top_p: 0.9 })
      expect(message.content).toBe('warm')
      return headers
    },
  },
  {
    feature: 'seed',
    parameter: 'seed',
    async run({ client, model }) {
      const { message, headers } = await ask(client, model, [user('say again')], { seed: 7 })
      expect(message.content).toBe('again')
      return headers
    },
  },
  {
    feature: 'penalties',
    parameter: 'frequency_penalty',
    async run({ client, model }) {
      const { message, headers } = await ask(client, model, [user('say again')], { frequency_penalty: 0.5 })
      expect(message.content).toBe('again')
      return headers
    },
  },
  {
    feature: 'logit bias',
    parameter: 'logit_bias',
    async run({ client, model }) {
      const { message, headers } = await ask(client, model, [user('say again')], { logit_bias: { '50256': -100 } })
      expect(message.content).toBe('again')
      return headers
    },
  },
  {
    feature: 'logprobs',
    parameter: 'logprobs',
    async run({ client, model }) {
      const { choice, headers } = await ask(client, model, [user('say again')], { logprobs: true, top_logprobs: 2 })
      expect(choice.logprobs?.content?.map(({ token }) => token).join('')).toBe('again')
      expect(choice.logprobs?.content?.[0]?.top_logprobs).toHaveLength(2)
      return headers
    },
  },
  {
    feature: 'several answers (n)',
    parameter: 'n',
    async run({ client, model }) {
      const { data, headers } = await ask(client, model, [user('say twice')], { n: 2 })
      expect(data.choices.map(({ message }) => message.content)).toEqual(['twice', 'twice'])
      return headers
    },
  },
]

/** The parameters that an answer says it came without. */
export function droppedParameters(headers: Headers | undefined): readonly string[] {
  return (headers?.get('x-pointsman-dropped-params') ?? '').split(/, ?/).filter((name) => name !== '')
}
