import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GatewayUnderTest, serveGateway } from '../gateway-under-test.ts'
import { llmOf, providerFamilies, thinkingLlmOf } from '../provider-families.ts'

const run = promisify(execFile)
const hasClaude = spawnSync('claude', ['--version']).status === 0
const aliases = [...providerFamilies.flatMap(({ name }) => [llmOf(name), thinkingLlmOf(name)]), 'auto']

// Not among this package's dependencies: hundreds of megabytes, and not under a free licence.
describe.skipIf(!hasClaude)('Claude Code (needs claude on the path)', () => {
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'pointsman-claude-code-'))
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** What it says in the end, run without a terminal and knowing nothing of the person who runs the tests. */
  async function ask({ url, apiKey }: GatewayUnderTest, prompt: string): Promise<string> {
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_AUTH_TOKEN: apiKey,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
    }
    const command = run('claude', ['-p', prompt, '--output-format', 'json'], { cwd: folder, env, timeout: 60_000 })
    command.child.stdin?.end()
    const { is_error, result } = JSON.parse((await command).stdout) as { is_error: boolean; result: string }
    expect(is_error, result).toBe(false)
    return result
  }

  test.each(aliases)('answers, and calls its tools, through %s', async (llm) => {
    const gateway = await serveGateway({ aliases: { 'claude-*': llm } })
    try {
      expect(await ask(gateway, 'say hello to them')).toContain('hello to them')
      // The fixture servers' mind calls its first tool with what that tool does not take, and repeats what the tool says.
      expect(await ask(gateway, 'Weather in Oslo and Rome?')).toMatch(/^The tools say: .*InputValidationError/s)
    } finally {
      await gateway.close()
    }
  })
})
