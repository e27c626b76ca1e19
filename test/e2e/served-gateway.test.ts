import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { OpenAI } from 'openai'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkReply, generateTask } from '../../src/providers/simulated/task-suite.ts'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'
import { type GatewayProcess, runCommand, startGateway } from '../replay/gateway-process.ts'

let folder: string
const running = new Set<GatewayProcess>()

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-e2e-'))
})

afterEach(async () => {
  for (const gateway of running) await gateway.kill()
  running.clear()
  rmSync(folder, { recursive: true, force: true })
})

async function serve(args: readonly string[] = []): Promise<GatewayProcess> {
  const gateway = await startGateway(folder, { args })
  running.add(gateway)
  return gateway
}

function client(gateway: GatewayProcess, apiKey = 'none'): OpenAI {
  return new OpenAI({ apiKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 })
}

async function post(gateway: GatewayProcess, route: string, body: object): Promise<{ status: number; body: unknown }> {
  const response = await fetch(gateway.url + route, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}

const ask = (content: string) => [{ role: 'user' as const, content }]

describe('pointsman serve, without any configuration', () => {
  test('says what it serves, answers the official client, streams, explains and learns', async () => {
    const gateway = await serve()
    expect(gateway.output()).toMatch(/SIMULATED/)
    expect(gateway.output()).toContain('Models named claude-* or gpt-* are auto here.')
    const openai = client(gateway)

    const answer = await openai.chat.completions.create({ model: 'sim/reasoner', messages: ask('What is 17 * 23?') })
    expect(answer.choices[0]!.message.content).toBe('391')
    expect(answer.model).toBe('sim/reasoner')

    const { data, response } = await openai.chat.completions
      .create({ model: 'auto', messages: ask('Convert 5.2 miles to kilometres.') })
      .withResponse()
    expect(response.headers.get('x-pointsman-llm')).toBe(data.model)
    expect(response.headers.get('x-pointsman-cold')).toBe('true')
    expect(Number(response.headers.get('x-pointsman-cost-usd'))).toBeGreaterThan(0)
    expect(data.id).toBe(`chatcmpl-${response.headers.get('x-pointsman-decision-id')}`)

    let streamed = ''
    let id = ''
    const stream = await openai.chat.completions.create({
      model: 'sim/reasoner',
      messages: ask('What is 6 * 7?'),
      stream: true,
    })
    for await (const chunk of stream) {
      streamed += chunk.choices[0]?.delta.content ?? ''
      id = chunk.id
    }
    expect(streamed).toBe('42')
    expect(id).toMatch(/^chatcmpl-/)

    const models = await openai.models.list()
    expect(models.data.map((model) => model.id)).toEqual(expect.arrayContaining(['auto', 'sim/small', 'sim/reasoner']))

    expect((await post(gateway, '/v1/feedback', { response_id: data.id, score: 0.8 })).status).toBe(200)
    const decision: unknown = await (await fetch(`${gateway.url}/v1/decisions/${data.id}`)).json()
    expect(decision).toMatchObject({ llm: data.model, settlement: { status: 'completed' } })
    expect(await gateway.stop()).toBe(0)
  })

  test('answers to a vendor’s name, and says which tools its pool never calls', async () => {
    const { data, response } = await client(await serve())
      .chat.completions.create({
        model: 'gpt-5-mini',
        messages: ask('What is 17 * 23?'),
        tools: [{ type: 'function', function: { name: 'multiply' } }],
      })
      .withResponse()
    expect(data.model).toMatch(/^sim\//)
    expect(response.headers.get('x-pointsman-dropped-params')).toBe('tools:function')
  })

  test('errors are the official client’s own', async () => {
    const openai = client(await serve())
    await expect(openai.chat.completions.create({ model: 'none-such', messages: ask('hi') })).rejects.toBeInstanceOf(
      OpenAI.NotFoundError,
    )
    const body = { model: 'auto', messages: ask('hi'), pointsman: { lambda: -1 } }
    await expect(openai.chat.completions.create(body)).rejects.toBeInstanceOf(OpenAI.BadRequestError)
  })

  test('a port that is taken is said, and ends it', async () => {
    const first = await serve()
    const { port } = new URL(first.url)
    await expect(startGateway(folder, { args: ['--port', port] })).rejects.toThrow(/Port \d+ on 127.0.0.1 is in use/)
  })

  test('a second gateway on the same database is refused', async () => {
    await serve()
    await expect(startGateway(folder)).rejects.toThrow(/another gateway/i)
  })
})

describe('kill -9', () => {
  test('every acknowledged label is there, and the policy continues exactly where it was', async () => {
    let gateway = await serve()
    const random = new SeededRandom(3)
    const scores = new Map<string, number>()
    for (let i = 0; i < 40; i++) {
      const task = generateTask(random)
      const answer = await client(gateway).chat.completions.create({ model: 'auto', messages: ask(task.prompt) })
      const score = checkReply(task.prompt, answer.choices[0]!.message.content ?? '') ?? 0
      const accepted = await post(gateway, '/v1/feedback', { response_id: answer.id, score })
      expect(accepted.status).toBe(200)
      scores.set(answer.id, score)
    }
    const probes = Array.from({ length: 5 }, () => generateTask(random).prompt)
    await expect
      .poll(async () => (await estimates(gateway, probes)).map((one) => one.sequence))
      .toEqual([40, 40, 40, 40, 40])
    const before = await estimates(gateway, probes)
    await gateway.kill()

    gateway = await serve()
    expect(await estimates(gateway, probes)).toEqual(before)
    for (const [response_id, score] of scores) {
      expect((await fetch(`${gateway.url}/v1/decisions/${response_id}`)).status).toBe(200)
      const repeated = await post(gateway, '/v1/feedback', { response_id, score })
      expect(repeated).toMatchObject({ status: 200, body: { status: 'duplicate' } })
    }
  })
})

interface Estimate {
  readonly sequence: number
  readonly quality: readonly (readonly [llm: string, quality: number, uncertainty: number])[]
}

/** What the policy believes of these prompts, in full precision. */
async function estimates(gateway: GatewayProcess, prompts: readonly string[]): Promise<Estimate[]> {
  return Promise.all(
    prompts.map(async (prompt) => {
      const { body } = await post(gateway, '/v1/route', { model: 'auto', messages: ask(prompt) })
      const decision = body as {
        label_sequence: number
        candidates: { llm: string; quality: number; uncertainty: number }[]
      }
      const quality = decision.candidates.map((one) => [one.llm, one.quality, one.uncertainty] as const)
      return { sequence: decision.label_sequence, quality }
    }),
  )
}

describe('keys', () => {
  test('issued by the command beside a running gateway, asked for within seconds, and revoked', async () => {
    const gateway = await serve()
    const output = await runCommand(folder, ['keys', 'create', '--name', 'test', '--scope', 'inference'])
    const secret = /pm-\S+/.exec(output)![0]
    const status = async (key: string) => {
      const outcome = await client(gateway, key)
        .chat.completions.create({ model: 'auto', messages: ask('What is 1 + 1?') })
        .then(
          () => 200,
          (error: unknown) => (error as { status: number }).status,
        )
      return outcome
    }
    await expect.poll(() => status('pm-wrong'), { timeout: 20_000, interval: 500 }).toBe(401)
    expect(await status(secret)).toBe(200)
  })
})

describe('pointsman route', () => {
  test('prints a readable table of why, and says the error in one line', async () => {
    const table = await runCommand(folder, ['route', 'What is 17 * 23?', '--lambda', '5'])
    expect(table).toMatch(/LLM +quality/)
    expect(table).toMatch(/drawn: sim\/\S+ with probability/)
    expect(table).toMatch(/cold/)
    const aliases = 'aliases: { gpt-*: "auto:0.5", mini: sim/small }'
    writeFileSync(path.join(folder, 'pointsman.yaml'), `providers: { sim: { kind: simulated } }\n${aliases}\n`)
    expect(await runCommand(folder, ['route', 'hi', '--model', 'gpt-4o'])).toContain('at λ = 0.5')
    await expect(runCommand(folder, ['route', 'hi', '--model', 'mini'])).rejects.toThrow(/say --allow sim\/small/)
    await expect(runCommand(folder, ['route', 'hi', '--model', 'atuo'])).rejects.toThrow(/Did you mean 'auto'/)
    writeFileSync(path.join(folder, 'pointsman.yaml'), 'server:\n  prot: 1\n')
    await expect(runCommand(folder, ['route', 'hi'])).rejects.toThrow(/prot.*did you mean 'port'/s)
  })
})
