import OpenAI from 'openai'
import { faultProbes } from '../probes/fault-probes.ts'
import { responsesCalls } from '../probes/plain-calls.ts'
import { responsesProbes } from '../probes/responses-probes.ts'
import { describeMatrix } from './describe-matrix.ts'

describeMatrix({
  dialect: 'responses',
  create: ({ url, apiKey }, options) => new OpenAI({ baseURL: `${url}/v1`, apiKey, ...options }),
  probes: [...responsesProbes, ...faultProbes(responsesCalls)],
})
