import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parametersPage } from '../../src/cli/reference/parameters-page.ts'

test('docs/parameters.md is what the table says now; `npm run schema` renews it', () => {
  expect(readFileSync(new URL('../../docs/parameters.md', import.meta.url), 'utf8')).toBe(parametersPage())
})
