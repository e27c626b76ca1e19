import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import type { PlainCalls } from './fault-probes.ts'

const openAiErrors = {
  400: OpenAI.BadRequestError,
  401: OpenAI.AuthenticationError,
  404: OpenAI.NotFoundError,
  429: OpenAI.RateLimitError,
}

export const chatCalls: PlainCalls<OpenAI> = {
  async ask(client, model, said) {
    const { choices } = await client.chat.completions.create({ model, messages: [{ role: 'user', content: said }] })
    return choices[0]?.message.content ?? ''
  },
  async *stream(client, model, said, signal) {
    const chunks = await client.chat.completions.create(
      { model, messages: [{ role: 'user', content: said }], stream: true },
      { signal },
    )
    for await (const { choices } of chunks) {
      const piece = choices[0]?.delta.content ?? ''
      if (piece !== '') yield piece
    }
  },
  errors: openAiErrors,
}

export const responsesCalls: PlainCalls<OpenAI> = {
  async ask(client, model, said) {
    return (await client.responses.create({ model, input: said })).output_text
  },
  async *stream(client, model, said, signal) {
    for await (const event of await client.responses.create({ model, input: said, stream: true }, { signal })) {
      if (event.type === 'response.output_text.delta') yield event.delta
      // This API tells of a broken answer in its events; the client leaves it to its user to look at them.
      if (event.type === 'response.failed') throw new Error(event.response.error?.message ?? 'failed')
    }
  },
  errors: openAiErrors,
}

export const messagesCalls: PlainCalls<Anthropic> = {
  async ask(client, model, said) {
    const { content } = await client.messages.create({
      model,
      max_tokens: 500,
      messages: [{ role: 'user', content: said }],
    })
    return content.map((block) => (block.type === 'text' ? block.text : '')).join('')
  },
  async *stream(client, model, said, signal) {
    const request = {
      model,
      max_tokens: 500,
      messages: [{ role: 'user' as const, content: said }],
      stream: true as const,
    }
    for await (const event of await client.messages.create(request, { signal })) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') yield event.delta.text
    }
  },
  errors: {
    400: Anthropic.BadRequestError,
    401: Anthropic.AuthenticationError,
    404: Anthropic.NotFoundError,
    429: Anthropic.RateLimitError,
  },
}
