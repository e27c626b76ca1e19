import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GatewayProcess, startGateway } from '../replay/gateway-process.ts'

const examples = path.join(fileURLToPath(import.meta.url), '..', '..', '..', 'examples')
const run = promisify(execFile)
const hasCurl = spawnSync('curl', ['--version']).status === 0

test('library.mjs decides, and takes in what happened', async () => {
  const { stdout, stderr } = await run(process.execPath, [path.join(examples, 'library.mjs')])
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^(small|large) was drawn with probability 0\.\d{3}$/m)
})

describe('against a served gateway', () => {
  let folder: string
  let gateway: GatewayProcess
  let env: { [name: string]: string | undefined }

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'pointsman-examples-'))
    gateway = await startGateway(folder)
    env = { ...process.env, POINTSMAN_URL: `${gateway.url}/v1` }
  })

  afterAll(async () => {
    await gateway.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  test('openai-client.mjs streams an answer, gives feedback and reads the decision', async () => {
    const { stdout, stderr } = await run(process.execPath, [path.join(examples, 'openai-client.mjs')], { env })
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^sim\/\S+: \S/)
    expect(stdout).toContain("status: 'accepted'")
    expect(stdout).toMatch(/│ 'sim\/reasoner' +│ 0\.\d+ +│/)
  })

  test.skipIf(!hasCurl)('curl.sh routes, asks and gives feedback (needs curl)', async () => {
    const { stdout, stderr } = await run('bash', [path.join(examples, 'curl.sh')], { env })
    expect(stderr).toBe('')
    expect(stdout).toContain('"object":"routing.decision"')
    expect(stdout).toContain('"object":"chat.completion"')
    expect(stdout).toMatch(/"object":"feedback","id":"fb-\d+","status":"accepted"/)
  })
})
