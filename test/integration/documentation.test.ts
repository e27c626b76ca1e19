import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { configFileSchema } from '../../src/config/schema.ts'
import { compatibilityPage } from '../clients/matrix/compatibility-page.ts'

const repository = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))))

const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/architecture.md', 'docs/compatibility.md'],
  ...['decisions', 'clients'].flatMap((folder) =>
    readdirSync(path.join(repository, 'docs', folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${folder}/${name}`),
  ),
]

function read(page: string): string {
  return readFileSync(path.join(repository, page), 'utf8')
}

describe.each(pages)('%s', (page) => {
  test('links only to files that exist', () => {
    const targets = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map((match) => match[1] ?? '')
    const missing = targets.filter((target) => !existsSync(path.resolve(repository, path.dirname(page), target)))
    expect(missing).toEqual([])
  })

  test('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: { [name: string]: string } }
    const named = [...read(page).matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1] ?? '')
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([])
  })
})

test('docs/compatibility.md says what the tests of the clients expect (npm run compatibility)', () => {
  expect(read('docs/compatibility.md')).toBe(compatibilityPage())
})

test('the configuration for Claude Code is one that would be read', () => {
  const [, yaml = ''] = /```yaml\n([\s\S]+?)```/.exec(read('docs/clients/claude-code.md')) ?? []
  expect(configFileSchema.parse(parse(yaml)).aliases).toEqual({ 'claude-haiku-*': 'gpt-4o-mini', 'claude-*': 'auto' })
})

test('docs/clients names the versions that are tested', () => {
  const { dependencies } = JSON.parse(read('test/clients/package.json')) as { dependencies: { [name: string]: string } }
  const told = [...read('docs/clients/README.md').matchAll(/`((?:@[\w-]+\/)?[\w-]+)` (\d+\.\d+\.\d+)/g)]
  expect(told.length).toBeGreaterThan(4)
  for (const [, name = '', version] of told) expect([name, version]).toEqual([name, dependencies[name]])
})

test('the configuration in the README is one that would be read', () => {
  const [, yaml = ''] = /```yaml\n([\s\S]+?)```/.exec(read('README.md')) ?? []
  expect(configFileSchema.parse(parse(yaml)).llms).toHaveLength(4)
})

test('the README names every environment variable that sets something', () => {
  const variables = [...read('src/config/environment.ts').matchAll(/name: '(POINTSMAN_\w+)'/g)].map((match) => match[1])
  expect(variables.length).toBeGreaterThan(5)
  expect(variables.filter((name) => !read('README.md').includes(`\`${name}\``))).toEqual([])
})

test('decisions are numbered without gaps', () => {
  const numbers = pages.flatMap((page) => /decisions\/(\d{4})-/.exec(page)?.[1] ?? [])
  expect(numbers.sort()).toEqual(numbers.map((_, index) => String(index + 1).padStart(4, '0')))
})
