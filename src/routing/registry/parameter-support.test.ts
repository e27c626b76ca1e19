import { expect, it } from 'vitest'
import { parameterField } from './parameter-support.ts'

it.each([
  ['seed', 'seed'],
  ['tools:hosted:openai', 'tools'],
  ['response_format:other', 'response_format'],
  ['content:file_by_id:google', 'messages'],
])('%s is in the field %s', (name, field) => {
  expect(parameterField(name)).toBe(field)
})
