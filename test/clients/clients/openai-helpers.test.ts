import OpenAI from 'openai'
import { zodFunction, zodResponseFormat, zodTextFormat } from 'openai/helpers/zod'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { report, weatherIn } from '../probes/probe.ts'
import { describeClient } from './client-suite.ts'

const cityShape = z.object({ city: z.string() })
const reportShape = z.object({ title: z.string(), score: z.number(), done: z.boolean() })

// What the client does on top of the API; the API itself is the matrix's.
describeClient('helpers of the OpenAI SDK', ({ gateway, model }) => {
  const connect = () => new OpenAI({ baseURL: `${gateway().url}/v1`, apiKey: gateway().apiKey, maxRetries: 0 })
  const messages = [{ role: 'user' as const, content: 'Write a report' }]

  test('chat.completions.parse', async () => {
    const response_format = zodResponseFormat(reportShape, 'report')
    const { choices } = await connect().chat.completions.parse({ model, messages, response_format })
    expect(choices[0]?.message.parsed).toEqual(report)
  })

  test('chat.completions.runTools, streamed', async () => {
    const runner = connect().chat.completions.runTools({
      model,
      messages: [{ role: 'user', content: 'Weather in Oslo and Rome?' }],
      stream: true,
      tools: [zodFunction({ name: 'get_weather', parameters: cityShape, function: ({ city }) => weatherIn(city) })],
    })
    expect(await runner.finalContent()).toBe('The tools say: Oslo: 3 degrees | Rome: 19 degrees')
  })

  test('responses.parse', async () => {
    const text = { format: zodTextFormat(reportShape, 'report') }
    expect((await connect().responses.parse({ model, input: 'Write a report', text })).output_parsed).toEqual(report)
  })
})
