import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { migrate } from '../../src/cli/commands/migrate.ts'
import { createTerminal } from '../../src/cli/terminal/terminal.ts'
import { loadConfig } from '../../src/config/load-config.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-migrate-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const litellm = `model_list:
  - model_name: gpt-4o
    litellm_params: { model: azure/gpt-4o-eu, api_base: https://eu.openai.azure.com, api_key: os.environ/AZURE_KEY, rpm: 6 }
  - model_name: gpt-4o
    litellm_params: { model: openai/gpt-4o, api_key: sk-literal }
    model_info: { input_cost_per_token: 0.0000025, output_cost_per_token: 0.00001 }
  - model_name: claude
    litellm_params: { model: anthropic/claude-sonnet-4-5, api_key: os.environ/CLAUDE_KEY, timeout: 90 }
router_settings:
  fallbacks: [{ claude: [gpt-4o] }]
general_settings: { master_key: sk-0123456789abcdefgh }
`
const environment = {
  AZURE_KEY: 'a',
  CLAUDE_KEY: 'c',
  OPENAI_API_KEY: 'sk-literal',
  LITELLM_MASTER_KEY: 'sk-0123456789abcdefgh',
}

function run(output?: string) {
  writeFileSync(path.join(folder, 'litellm.yaml'), litellm)
  const said = { out: '', note: '' }
  const terminal = createTerminal(
    {
      write: (text) => {
        said.out += text
      },
    },
    {
      write: (text) => {
        said.note += text
      },
    },
    {},
  )
  return migrate({ environment: {}, terminal, folder }, 'litellm.yaml', output).then(() => said)
}

function load(name: string) {
  return loadConfig({ environment, folder, flags: { config: name } })
}

describe('pointsman migrate', () => {
  test('writes a file that serves the same as the one it was made from', async () => {
    const { note } = await run('pointsman.yaml')
    expect(note).toMatch(/Wrote pointsman\.yaml\. \d settings serve differently here/)
    const { notices, file, ...ours } = load('pointsman.yaml')
    const { notices: theirNotices, file: theirFile, ...theirs } = load('litellm.yaml')
    expect(notices).toEqual([])
    expect(theirNotices.length).toBeGreaterThan(0)
    expect(file).not.toBe(theirFile)
    expect(ours).toEqual(theirs)
    expect(ours.llms).toMatchObject([
      { id: 'gpt-4o#1', upstreamModel: 'gpt-4o-eu' },
      { id: 'gpt-4o#2', price: { inputPerMillionTokensUsd: 2.5, outputPerMillionTokensUsd: 10 } },
      { id: 'claude', fallbacks: ['gpt-4o#1', 'gpt-4o#2'] },
    ])
  })

  test('prints no secret, names the variables to set and what was not carried over', async () => {
    const { out } = await run()
    expect(out).not.toMatch(/sk-literal|sk-0123456789abcdefgh/)
    const comments = out.split('\n').filter((line) => line.startsWith('#'))
    expect(comments.join('\n')).toContain('Set these environment variables:')
    for (const name of ['AZURE_KEY', 'OPENAI_API_KEY', 'CLAUDE_KEY', 'LITELLM_MASTER_KEY']) {
      expect(comments).toContain(`#   ${name}`)
    }
    expect(comments.join('\n')).toContain('model_list[0].litellm_params.rpm (line 3): gpt-4o: not carried over')
  })

  test('overwrites nothing, and refuses what is no LiteLLM file', async () => {
    writeFileSync(path.join(folder, 'there.yaml'), 'precious')
    await expect(run('there.yaml')).rejects.toThrow('is there already')
    expect(readFileSync(path.join(folder, 'there.yaml'), 'utf8')).toBe('precious')
    const around = { environment: {}, terminal: createTerminal(process.stdout, process.stderr, {}), folder }
    writeFileSync(path.join(folder, 'other.yaml'), 'llms: []')
    await expect(migrate(around, 'other.yaml')).rejects.toThrow('no LiteLLM configuration')
    await expect(migrate(around, 'missing.yaml')).rejects.toThrow('cannot be read (ENOENT)')
  })
})
