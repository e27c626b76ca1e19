import OpenAI from 'openai'
import { chatProbes } from '../probes/chat-probes.ts'
import { faultProbes } from '../probes/fault-probes.ts'
import { chatCalls } from '../probes/plain-calls.ts'
import { describeMatrix } from './describe-matrix.ts'

describeMatrix({
  dialect: 'chat',
  create: ({ url, apiKey }, options) => new OpenAI({ baseURL: `${url}/v1`, apiKey, ...options }),
  probes: [...chatProbes, ...faultProbes(chatCalls)],
})
