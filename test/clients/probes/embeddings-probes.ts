import type OpenAI from 'openai'
import { expect } from 'vitest'
import { price } from '../gateway-under-test.ts'
import { costOf, NotShown, type Probe } from './probe.ts'

/** `POST /v1/embeddings` by the official OpenAI client. */
export const embeddingsProbes: readonly Probe<OpenAI>[] = [
  {
    feature: 'one text, several texts',
    async run({ client, embeddingModel: model }) {
      const one = await client.embeddings.create({ model, input: 'one' })
      const two = await client.embeddings.create({ model, input: ['one', 'three'] })
      expect(one.model).toBe(model)
      expect(two.data.map(({ index }) => index)).toEqual([0, 1])
      expect(two.data[0]?.embedding).toEqual(one.data[0]?.embedding)
      expect(two.data[1]?.embedding).not.toEqual(one.data[0]?.embedding)
      return undefined
    },
  },
  {
    feature: 'base64 (the default of the client) and numbers',
    async run({ client, embeddingModel: model }) {
      const coded = await client.embeddings.create({ model, input: 'one' })
      const plain = await client.embeddings.create({ model, input: 'one', encoding_format: 'float' })
      const numbers = plain.data[0]!.embedding
      expect(coded.data[0]?.embedding).toHaveLength(numbers.length)
      for (const [index, value] of coded.data[0]!.embedding.entries()) expect(value).toBeCloseTo(numbers[index]!, 6)
      return undefined
    },
  },
  {
    feature: 'dimensions',
    async run({ client, embeddingModel: model }) {
      const { data } = await client.embeddings.create({ model, input: 'one', dimensions: 8 })
      expect(data[0]?.embedding).toHaveLength(8)
      return undefined
    },
  },
  {
    feature: 'usage and cost',
    async run({ client, embeddingModel: model }) {
      const { data, response } = await client.embeddings.create({ model, input: 'one two three' }).withResponse()
      const cost = response.headers.get('x-pointsman-cost-usd')
      // Their type says that there always is one; an API that tells no usage has no known cost either.
      const usage = data.usage as typeof data.usage | undefined
      if (usage === undefined && cost === null) throw new NotShown()
      expect(usage?.prompt_tokens).toBeGreaterThan(0)
      expect(Number(cost)).toBeCloseTo(costOf(usage?.prompt_tokens ?? 0, 0, price), 9)
      return response.headers
    },
  },
]
