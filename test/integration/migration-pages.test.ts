import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { createApiKeySecret } from '../../src/accounts/api-key-secret.ts'
import { openService, type Service } from '../../src/cli/open-service.ts'
import { importLiteLlm } from '../../src/config/litellm/import-litellm.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { configFileSchema } from '../../src/config/schema.ts'
import { OpenAiUpstream } from '../upstreams/openai-upstream.ts'

const run = promisify(execFile)
const pages = path.resolve(import.meta.dirname, '../../docs/migrating')
const silent = { info: () => {}, warn: () => {}, error: () => {} }
const environment = {
  UPSTREAM_KEY: 'sk-reference',
  GROQ_API_KEY: 'unused',
  MASTER: 'sk-1234',
  POINTSMAN_STARTER: 'false',
}

let folder: string
let upstream: OpenAiUpstream
let service: Service | undefined

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-pages-'))
  upstream = await new OpenAiUpstream({ models: ['gpt-4o', 'llama-3.3-70b-versatile'] }).listen()
})
afterEach(async () => {
  await service?.close()
  service = undefined
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

function blocksOf(page: string, language: string): readonly string[] {
  const text = readFileSync(path.join(pages, page), 'utf8')
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , code = '']) => code)
}

/** The pool of the Portkey page, at the fixture server. */
async function serve(): Promise<string> {
  const at = `{ base_url: "${upstream.baseUrl}", api_key: env:UPSTREAM_KEY }`
  const [yaml = ''] = blocksOf('portkey.md', 'yaml')
  const served = yaml.replace(/^( {2}openai: | {2}groq: ).*$/gm, `$1${at}`)
  writeFileSync(path.join(folder, 'pointsman.yaml'), `server: { master_key: env:MASTER }\n${served}`)
  service = await openService(loadConfig({ environment, folder }), environment, silent)
  return (await service.gateway.listen('127.0.0.1', 0)).url
}

/** What the programs of a page say, one JSON value per call. */
async function outputsOf(page: string, url: string, key: string): Promise<readonly string[]> {
  const calls = blocksOf(page, 'sh')
    .flatMap((block) => block.split('\n\n'))
    .flatMap((piece) => piece.split(/\n(?=curl )/))
    .filter((call) => call.startsWith('curl'))
  const outputs: string[] = []
  for (const call of calls) {
    const command = call.replaceAll('http://127.0.0.1:8400', url).replaceAll('pm-your-key', key)
    outputs.push((await run('sh', ['-c', command])).stdout)
  }
  return outputs
}

describe('docs/migrating/litellm.md', () => {
  test('shows what a file becomes', () => {
    const [theirs = '', ours = ''] = blocksOf('litellm.md', 'yaml')
    const { value, problems } = importLiteLlm(parse(theirs) as { [key: string]: unknown }, {})
    expect(problems).toEqual([])
    expect(value).toEqual(parse(ours))
    expect(() => configFileSchema.parse(parse(ours))).not.toThrow()
  })

  test('shows calls that work', async () => {
    const outputs = await outputsOf('litellm.md', await serve(), '')
    expect(outputs).toHaveLength(7)
    expect(outputs.filter((output) => output.includes('"error"'))).toEqual([])
    const [added, info, removed, key, ended, alive, ready] = outputs.map((output) => JSON.parse(output) as unknown)
    expect(added).toMatchObject({ model_id: 'added' })
    expect(info).toMatchObject({ data: [{ model_name: 'gpt-4o' }, { model_name: 'llama' }, { model_name: 'added' }] })
    expect(removed).toEqual({ message: 'Model: added deleted successfully' })
    expect(key).toMatchObject({ key: expect.stringMatching(/^pm-/), models: ['gpt-4o'], max_budget: 5 })
    expect(ended).toMatchObject({ deleted_keys: [expect.any(String)] })
    expect(alive).toBe("I'm alive!")
    expect(ready).toEqual({ status: 'healthy', db: 'connected' })
  })
})

test('docs/migrating/portkey.md shows calls that work', async () => {
  const url = await serve()
  const { secret, ...kept } = createApiKeySecret()
  const key = { id: 'k', name: 'k', ...kept, scopes: ['inference' as const], preference: {} }
  await service?.keys.issue({ ...key, dailyCapUsd: undefined, createdAtMs: 1, revokedAtMs: undefined })
  const answers = (await outputsOf('portkey.md', url, secret)).map((output) => JSON.parse(output) as unknown)
  expect(answers).toMatchObject([{ model: 'gpt-4o' }, { model: 'llama' }])
})

test.each(['litellm.md', 'portkey.md'])('docs/migrating/%s links only to files that exist', (page) => {
  const text = readFileSync(path.join(pages, page), 'utf8')
  const targets = [...text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map((match) => match[1] ?? '')
  expect(targets.filter((target) => !existsSync(path.resolve(pages, target)))).toEqual([])
})
