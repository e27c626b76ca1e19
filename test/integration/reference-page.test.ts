import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { referencePage } from '../../src/cli/reference/reference-page.ts'
import { requestHeaders, responseHeaders } from '../../src/gateway/wire/header-reference.ts'

const root = new URL('../../', import.meta.url)

test('docs/reference.md is what the code says now; `npm run schema` renews it', async () => {
  expect(readFileSync(new URL('docs/reference.md', root), 'utf8')).toBe(await referencePage())
})

test.each([
  ['src/gateway/wire/decision-headers.ts', responseHeaders],
  ['src/gateway/error-response.ts', responseHeaders],
  ['src/gateway/wire/conversation-id.ts', requestHeaders],
])('the reference knows every header of %s', (file, known) => {
  const names = [...readFileSync(new URL(file, root), 'utf8').matchAll(/'(x-[a-z0-9-]+|retry-after[a-z-]*)'/g)]
  const missing = names.map((match) => match[1]).filter((name) => !known.some((entry) => entry.name === name))
  expect(missing).toEqual([])
})
