import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GatewayUnderTest, serveGateway } from './gateway-under-test.ts'

const run = promisify(execFile)
const folder = path.resolve(import.meta.dirname, '../../docs/clients')
const hasCurl = spawnSync('curl', ['--version']).status === 0

let gateway: GatewayUnderTest

beforeAll(async () => {
  gateway = await serveGateway()
})

afterAll(() => gateway?.close())

/** All of a page's blocks in one language, in order, with the gateway's own address and key. */
function programOf(page: string, language: string): string {
  const text = readFileSync(path.join(folder, page), 'utf8')
  const blocks = [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter(([, name]) => name === language)
  return blocks
    .map(([, , code = '']) => code)
    .join('\n')
    .replaceAll('http://127.0.0.1:8400', gateway.url)
    .replaceAll('pm-your-key', gateway.apiKey)
}

async function runModule(code: string): Promise<string> {
  // Packages are looked for from the working folder, as in a user's project.
  const options = { cwd: import.meta.dirname, env: { PATH: process.env.PATH } }
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', code], options)
  expect(stderr).toBe('')
  return stdout
}

const model = String.raw`(thinking-)?via-\w+`
const answer = String.raw`You said: What is 17 \* 23\?`
const usd = String.raw`0\.\d+|\d\.?\d*e-\d+`

describe('the programs of docs/clients', () => {
  test.each([
    ['openai-sdk.md', [`^${model} ${answer}$`, `^USD: (${usd})$`, `^USD, streamed: (${usd})$`, '^model_not_found ']],
    ['anthropic-sdk.md', [`^${model} ${answer}$`, `^USD: (${usd})$`, `^USD, streamed: (${usd})$`, '^not_found_error ']],
    ['vercel-ai-sdk.md', [`^${model} ${answer}$`, `^USD: (${usd})$`, `^USD, streamed: (${usd})$`, `^${model}$`]],
    ['langchain.md', [`^${model} ${answer}$`, `^USD: (${usd})$`, '^You said: What is 5']],
    ['openai-agents.md', [`^${answer}$`, `^USD: (${usd})$`]],
  ])('%s', async (page, expected) => {
    const output = await runModule(programOf(page, 'js'))
    for (const line of [...expected, '^feedback: accepted$']) expect(output).toMatch(new RegExp(line, 'm'))
  })

  test.skipIf(!hasCurl)('curl.md (needs curl)', async () => {
    const { stdout } = await run('bash', ['-euc', programOf('curl.md', 'sh')])
    for (const part of [
      '"chat.completion"',
      '"response"',
      '"type":"message"',
      '"chat.completion.chunk"',
      '"accepted"',
    ]) {
      expect(stdout).toContain(part)
    }
    expect(stdout.match(/"object":"routing.decision"/g)).toHaveLength(2)
    expect(stdout).not.toContain('"error":{')
  })
})
