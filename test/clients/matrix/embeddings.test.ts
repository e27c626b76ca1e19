import OpenAI from 'openai'
import { embeddingsProbes } from '../probes/embeddings-probes.ts'
import { describeMatrix } from './describe-matrix.ts'

describeMatrix({
  dialect: 'embeddings',
  create: ({ url, apiKey }, options) => new OpenAI({ baseURL: `${url}/v1`, apiKey, ...options }),
  probes: embeddingsProbes,
})
