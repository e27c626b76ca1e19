import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { GatewayError } from '../gateway-error.ts'
import { requireValid } from './invalid-request.ts'

const schema = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.enum(['user', 'system']), content: z.union([z.string(), z.null()]) })),
})
const messages = [{ role: 'user', content: 'hi' }]

function refusal(value: unknown, path: readonly PropertyKey[] = []) {
  try {
    requireValid(schema, value, path)
  } catch (error) {
    if (error instanceof GatewayError) return [error.message, error.param]
    throw error
  }
  return undefined
}

describe('requireValid', () => {
  it.each([
    [{ messages }, "'model' is required", 'model'],
    [{ model: 'a' }, "'messages' is required", 'messages'],
    [{ model: 'a', messages: [{ content: 'hi' }] }, "'messages[0].role' is required", 'messages[0].role'],
    [{ model: 'a', messages: [{ role: 'user' }] }, "'messages[0].content' is required", 'messages[0].content'],
    [{ model: 1, messages }, "Invalid value for 'model': expected string, received number", 'model'],
    [{ model: null, messages }, "Invalid value for 'model': expected string, received null", 'model'],
  ])('says what is missing or wrong: %j', (value, message, param) => {
    expect(refusal(value)).toEqual([message, param])
  })

  it('names the place in the whole body', () => {
    expect(refusal({ messages }, ['requests', 2])).toEqual(["'requests[2].model' is required", 'requests[2].model'])
    expect(refusal(undefined, ['text'])).toEqual(["'text' is required", 'text'])
    expect(refusal(undefined)?.[0]).toBe('Invalid request body: expected object, received undefined')
  })
})
