import { describe, expect, it } from 'vitest'
import { requestTypeOf, requestTypes } from './request-type.ts'

describe('requestTypeOf', () => {
  const cases: readonly (readonly [text: string, type: (typeof requestTypes)[number]])[] = [
    ['Write a python function that reverses a list.', 'code generation'],
    ['Implement an endpoint for uploads', 'code generation'],
    ['Explain what this code does: x = y', 'code understanding'],
    ['Fix the bug in line 3, I get an exception', 'code understanding'],
    ['Design a database for a library', 'technical design'],
    ['Calculate the area of a circle of radius 3.', 'analytical reasoning'],
    ['If all birds fly then what do penguins do?', 'analytical reasoning'],
    ['Draft an email to my landlord', 'writing'],
    ['What is the capital of Peru?', 'factual lookup'],
    ['Good morning!', 'general'],
    ['', 'general'],
  ]
  for (const [text, type] of cases) {
    it(`takes "${text}" for ${type}`, () => {
      expect(requestTypes[requestTypeOf(text)]).toBe(type)
    })
  }

  it('reads the beginning of a long prompt only', () => {
    expect(requestTypes[requestTypeOf(`${'x '.repeat(1100)} calculate 3 + 4`)]).toBe('general')
  })
})
