import Anthropic from '@anthropic-ai/sdk'
import { faultProbes } from '../probes/fault-probes.ts'
import { messagesProbes } from '../probes/messages-probes.ts'
import { messagesCalls } from '../probes/plain-calls.ts'
import { describeMatrix } from './describe-matrix.ts'

describeMatrix({
  dialect: 'messages',
  create: ({ url, apiKey }, options) => new Anthropic({ baseURL: url, apiKey, ...options }),
  probes: [...messagesProbes, ...faultProbes(messagesCalls)],
})
