import { expect, it } from 'vitest'
import { steeringParameters } from './steering-parameters.ts'

it.each(['models', 'route', 'provider', 'plugins', 'service_tier', 'web_search_options'])('names %s', (parameter) => {
  expect(steeringParameters.get(parameter)).toMatch(/^\S.*[^.]$/)
})

it.each(['messages', 'tools', 'temperature', 'max_tokens', 'n', 'reasoning_effort', 'response_format', 'toString'])(
  'lets %s pass',
  (parameter) => {
    expect(steeringParameters.has(parameter)).toBe(false)
  },
)
