import { expect, it } from 'vitest'
import { asksForSearch, citesPages, withSearchFee } from './search-fees.ts'

it.each([
  [{ model: 'gpt-4o', web_search_options: {} }, true],
  [{ model: 'gpt-4o-search-preview' }, true],
  [{ model: 'gpt-4o-mini-search-preview-2025-03-11' }, true],
  [{ model: 'openai/gpt-5-search-api' }, true],
  [{ model: 'gpt-4o', web_search_options: null }, false],
  [{ model: 'gpt-4o' }, false],
  [{ model: 'research-preview' }, false],
])('tells whether %j may be billed for searches', (body, expected) => {
  expect(asksForSearch(body)).toBe(expected)
})

it('takes citations of pages for a search, and those of files not', () => {
  expect(citesPages({ annotations: [{ type: 'file_citation' }, { type: 'url_citation' }] })).toBe(true)
  expect(citesPages({ annotations: [{ type: 'file_citation' }, null] })).toBe(false)
  expect(citesPages({ annotations: [] })).toBe(false)
  expect(citesPages({ annotations: 'url_citation' })).toBe(false)
})

it('leaves the bill to whoever knows the fee', () => {
  expect(withSearchFee(undefined)).toBeUndefined()
  expect(withSearchFee({ inputTokens: 1, outputTokens: 2, unpriced: ['service_tier:flex'] })).toEqual({
    inputTokens: 1,
    outputTokens: 2,
    unpriced: ['service_tier:flex', 'web_search'],
  })
})
