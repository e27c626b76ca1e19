import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type ToolCallIdRule, toolCallIdFor } from './tool-call-id.ts'

const anthropic: ToolCallIdRule = { character: /[A-Za-z0-9_-]/, maxLength: 64 }
const mistral: ToolCallIdRule = { character: /[A-Za-z0-9]/, maxLength: 9 }

it('leaves a valid id alone', () => {
  expect(toolCallIdFor('toolu_01A-b', anthropic)).toBe('toolu_01A-b')
  expect(toolCallIdFor('abcdef123', mistral)).toBe('abcdef123')
})

it.each([
  ['a dot', 'call.7'],
  ['an underline', 'call_7'],
  ['nothing', ''],
  ['a lone surrogate', '\ud800'],
  ['too long', 'x'.repeat(500)],
])('makes an id with %s valid', (_name, id) => {
  for (const rule of [anthropic, mistral]) {
    const made = toolCallIdFor(id, rule)
    expect(made).toMatch(new RegExp(`^(?:${rule.character.source}){1,${rule.maxLength}}$`))
  }
})

it('keeps different ids different, and the same one the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      const [idA, idB] = [toolCallIdFor(a, anthropic), toolCallIdFor(b, anthropic)]
      expect(idA === idB).toBe(a === b)
      expect(toolCallIdFor(idA, anthropic)).toBe(idA)
      expect(idA).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
    }),
  )
})
