import { connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ScriptedProvider, scriptedCompletion } from '../../src/providers/scripted/scripted-provider.ts'
import { type Harness, startHarness, userMessage } from './gateway-harness.ts'
import { sendRaw } from './raw-http.ts'

const path = '/v1/chat/completions'
const maxBodyBytes = 100_000

let harness: Harness

beforeAll(async () => {
  harness = await startHarness({
    providers: { small: new ScriptedProvider({ answers: [{ completion: scriptedCompletion('4') }] }) },
    gateway: { maxBodyBytes, headersTimeoutMs: 300, requestTimeoutMs: 400 },
  })
})

afterAll(() => harness.gateway.close())

interface Envelope {
  readonly error: { readonly message: string; readonly type: string; readonly param: unknown; readonly code: unknown }
}

function expectEnvelope(json: unknown, code: string, param?: string): void {
  const { error } = json as Envelope
  expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type'])
  expect(error.code).toBe(code)
  expect(error.message.length).toBeGreaterThan(0)
  expect(error.message).not.toMatch(/node:|\.ts:|\bat .*\(/)
  if (param !== undefined) expect(error.param).toBe(param)
}

async function expectStillServing(): Promise<void> {
  const response = await harness.post(path, userMessage())
  expect(response.status).toBe(200)
}

function chat(extra: object): object {
  return { ...userMessage(), ...extra }
}

function nested(depth: number): string {
  return `${'['.repeat(depth)}1${']'.repeat(depth)}`
}

/** Else the measured heap is mostly what the collector has not come to yet. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
}

const tool = { type: 'function', function: { name: 'f' } }

describe('a body that is JSON but no chat request', () => {
  test.each<[string, unknown, number, string, string?]>([
    ['null', null, 400, 'invalid_request'],
    ['a number', 42, 400, 'invalid_request'],
    ['a text', 'hello', 400, 'invalid_request'],
    ['a list', [], 400, 'invalid_request'],
    ['an empty object', {}, 400, 'invalid_request', 'model'],
    ['no messages', { model: 'auto' }, 400, 'invalid_request', 'messages'],
    ['an empty list of messages', chat({ messages: [] }), 400, 'invalid_request', 'messages'],
    ['messages that are no list', chat({ messages: { 0: {} } }), 400, 'invalid_request', 'messages'],
    ['a message that is null', chat({ messages: [null] }), 400, 'invalid_request', 'messages[0]'],
    ['a made-up role', chat({ messages: [{ role: 'root', content: '' }] }), 400, 'invalid_request', 'messages[0].role'],
    ['content that is a number', userMessage(7), 400, 'invalid_request', 'messages[0].content'],
    ['a part without a type', userMessage([{}]), 400, 'invalid_request', 'messages[0].content[0].type'],
    ['a part whose text is a list', userMessage([{ type: 'text', text: [] }]), 400, 'invalid_request'],
    ['10,001 messages', chat({ messages: Array(10_001).fill({ role: 'user' }) }), 413, 'body_too_large'],
    ['a model that is a number', chat({ model: 3 }), 400, 'invalid_request', 'model'],
    ['an empty model', chat({ model: '' }), 400, 'invalid_request', 'model'],
    ['a model of 300 characters', chat({ model: 'x'.repeat(300) }), 400, 'invalid_request', 'model'],
    ['an unknown model', chat({ model: 'gpt-99' }), 404, 'model_not_found', 'model'],
    ['a model named like a prototype field', chat({ model: '__proto__' }), 404, 'model_not_found', 'model'],
    ['a model named constructor', chat({ model: 'constructor' }), 404, 'model_not_found', 'model'],
    ['a model that is a path', chat({ model: '../../etc/passwd' }), 404, 'model_not_found', 'model'],
    ['a model with a line break', chat({ model: 'a\r\nset-cookie: x' }), 404, 'model_not_found', 'model'],
    ['auto with a word nobody knows', chat({ model: 'auto:cheapest' }), 400, 'invalid_preference', 'model'],
    ['auto with infinity', chat({ model: 'auto:Infinity' }), 400, 'invalid_preference', 'model'],
    ['stream as text', chat({ stream: 'true' }), 400, 'invalid_request', 'stream'],
    ['stream_options without stream', chat({ stream_options: {} }), 400, 'invalid_request', 'stream_options'],
    ['max_tokens 0', chat({ max_tokens: 0 }), 400, 'invalid_request', 'max_tokens'],
    ['max_tokens 1.5', chat({ max_tokens: 1.5 }), 400, 'invalid_request', 'max_tokens'],
    ['max_tokens 1e308', chat({ max_tokens: 1e308 }), 400, 'invalid_request', 'max_tokens'],
    ['a negative max_completion_tokens', chat({ max_completion_tokens: -1 }), 400, 'invalid_request'],
    ['n = 1,000,000', chat({ n: 1_000_000 }), 400, 'invalid_request', 'n'],
    ['temperature 99', chat({ temperature: 99 }), 400, 'invalid_request', 'temperature'],
    ['stop as an object', chat({ stop: {} }), 400, 'invalid_request', 'stop'],
    ['tools as text', chat({ tools: 'all' }), 400, 'invalid_request', 'tools'],
    ['2,000 tools', chat({ tools: Array(2_000).fill(tool) }), 400, 'invalid_request', 'tools'],
    ['10,000 tools', chat({ tools: Array(10_000).fill(tool) }), 413, 'body_too_large'],
    ['a response format without a type', chat({ response_format: {} }), 400, 'invalid_request', 'response_format.type'],
    ['a preference of the wrong type', chat({ pointsman: 1 }), 400, 'invalid_preference', 'pointsman'],
    ['a preference nobody knows', chat({ pointsman: { speed: 1 } }), 400, 'invalid_preference', 'pointsman.speed'],
    ['a negative λ', chat({ pointsman: { lambda: -1 } }), 400, 'invalid_preference', 'pointsman.lambda'],
    ['an empty allow list', chat({ pointsman: { allow: [] } }), 400, 'invalid_preference', 'pointsman.allow'],
  ])('%s', async (_what, body, status, code, param) => {
    const response = await harness.post(path, body)
    expect(response.status).toBe(status)
    expectEnvelope(await response.json(), code, param)
    await expectStillServing()
  })
})

describe('a body that is not JSON we take', () => {
  const polluting = '{"model":"auto","__proto__":{"admin":true},"messages":[{"role":"user","content":"hi"}]}'

  test.each<[string, string | Uint8Array, Record<string, string>, number, string]>([
    ['empty', '', {}, 400, 'invalid_json'],
    ['broken', '{"model":', {}, 400, 'invalid_json'],
    ['two documents', '{}{}', {}, 400, 'invalid_json'],
    ['NaN', '{"model":"auto","temperature":NaN}', {}, 400, 'invalid_json'],
    ['not UTF-8', new Uint8Array([0x22, 0xff, 0xfe, 0x22]), {}, 400, 'invalid_json'],
    ['UTF-16', Buffer.from('{}', 'utf16le'), {}, 400, 'invalid_json'],
    ['65 levels deep', nested(65), {}, 400, 'invalid_json'],
    ['40,000 levels deep', nested(40_000), {}, 400, 'invalid_json'],
    ['a __proto__ field', polluting, {}, 400, 'invalid_json'],
    ['a __proto__ field deep inside', `{"a":[{"b":${polluting}}]}`, {}, 400, 'invalid_json'],
    ['a form', 'model=auto', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
    ['plain text, as a web page may send', '{}', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['a look-alike type', '{}', { 'content-type': 'application/jsonp' }, 415, 'unsupported_media_type'],
    ['said to be compressed', '{}', { 'content-encoding': 'gzip' }, 415, 'unsupported_media_type'],
    ['over the limit', ' '.repeat(maxBodyBytes + 1), {}, 413, 'body_too_large'],
    ['far over the limit', ' '.repeat(5_000_000), {}, 413, 'body_too_large'],
  ])('%s', async (_what, body, headers, status, code) => {
    const response = await fetch(harness.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: body as BodyInit,
    })
    expect(response.status).toBe(status)
    expectEnvelope(await response.json(), code)
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
    await expectStillServing()
  })

  test('without end: the gateway stops reading at the limit', async () => {
    let sent = 0
    const endless = new ReadableStream({
      pull(controller) {
        sent += 65_536
        controller.enqueue(new Uint8Array(65_536).fill(32))
      },
    })
    const response = await fetch(harness.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: endless,
      duplex: 'half',
    } as RequestInit).catch(() => undefined)
    // The client may see the answer or the closed connection; what matters is that it ended.
    if (response !== undefined) expect(response.status).toBe(413)
    expect(sent).toBeGreaterThan(maxBodyBytes)
    await expectStillServing()
  })
})

describe('HTTP that is wrong or not meant for us', () => {
  const post = (headers: string, body = '') => `POST ${path} HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n\r\n${body}`
  const json = 'content-type: application/json'

  test.each<[string, string, number, string]>([
    ['noise', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'malformed_http'],
    ['a made-up method', 'BREW /coffee HTTP/1.1\r\nhost: localhost\r\n\r\n', 400, 'malformed_http'],
    ['no version', 'GET /\r\n\r\n', 421, 'unknown_host'],
    ['a version of the future', 'GET / HTTP/9.9\r\nhost: localhost\r\n\r\n', 400, 'malformed_http'],
    ['two lengths', post(`${json}\r\ncontent-length: 2\r\ncontent-length: 3`, '{}'), 400, 'malformed_http'],
    [
      'length and chunks',
      post(`${json}\r\ncontent-length: 2\r\ntransfer-encoding: chunked`, '{}'),
      400,
      'malformed_http',
    ],
    ['a negative length', post(`${json}\r\ncontent-length: -1`), 400, 'malformed_http'],
    ['a broken chunk', post(`${json}\r\ntransfer-encoding: chunked`, 'zz\r\n{}\r\n'), 400, 'malformed_http'],
    ['a header without a name', 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n: x\r\n\r\n', 400, 'malformed_http'],
    ['a bare line feed in a header', 'GET / HTTP/1.1\r\nhost: localhost\r\na: b\n c\r\n\r\n', 400, 'malformed_http'],
    [
      'a huge header',
      `GET / HTTP/1.1\r\nhost: localhost\r\na: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
    ['many headers', `GET / HTTP/1.1\r\nhost: localhost\r\n${'a: b\r\n'.repeat(150)}\r\n`, 431, 'headers_too_large'],
    ['no host', 'GET /v1/models HTTP/1.1\r\n\r\n', 421, 'unknown_host'],
    ['two hosts', 'GET / HTTP/1.1\r\nhost: localhost\r\nHost: evil.example\r\n\r\n', 400, 'malformed_http'],
    ['a rebound name', 'GET /v1/models HTTP/1.1\r\nhost: evil.example\r\n\r\n', 421, 'unknown_host'],
    ['a rebound name with our port', 'GET /v1/models HTTP/1.1\r\nhost: evil.example:8400\r\n\r\n', 421, 'unknown_host'],
    ['a name that begins like ours', 'GET / HTTP/1.1\r\nhost: localhost.evil.example\r\n\r\n', 421, 'unknown_host'],
    ['a name behind a password', 'GET / HTTP/1.1\r\nhost: localhost@evil.example\r\n\r\n', 421, 'unknown_host'],
    ['another address', 'GET / HTTP/1.1\r\nhost: 10.0.0.1\r\n\r\n', 421, 'unknown_host'],
    [
      'an origin',
      'GET / HTTP/1.1\r\nhost: localhost\r\norigin: https://evil.example\r\n\r\n',
      403,
      'cross_site_request',
    ],
    ['an opaque origin', 'GET / HTTP/1.1\r\nhost: localhost\r\norigin: null\r\n\r\n', 403, 'cross_site_request'],
    [
      'another port',
      'GET / HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost:3000\r\n\r\n',
      403,
      'cross_site_request',
    ],
    [
      'another site',
      'GET / HTTP/1.1\r\nhost: localhost\r\nsec-fetch-site: cross-site\r\n\r\n',
      403,
      'cross_site_request',
    ],
    [
      'the same site',
      'GET / HTTP/1.1\r\nhost: localhost\r\nsec-fetch-site: same-site\r\n\r\n',
      403,
      'cross_site_request',
    ],
    [
      'a preflight',
      `OPTIONS ${path} HTTP/1.1\r\nhost: localhost\r\norigin: https://evil.example\r\n\r\n`,
      405,
      'method_not_allowed',
    ],
    ['an unknown path', 'GET /v1/nothing HTTP/1.1\r\nhost: localhost\r\n\r\n', 404, 'unknown_path'],
    ['a path that climbs', 'GET /../../etc/passwd HTTP/1.1\r\nhost: localhost\r\n\r\n', 404, 'unknown_path'],
    ['a path that is a prototype field', 'GET /__proto__ HTTP/1.1\r\nhost: localhost\r\n\r\n', 404, 'unknown_path'],
    ['broken percent-encoding', 'GET /v1/models/%zz HTTP/1.1\r\nhost: localhost\r\n\r\n', 400, 'invalid_request'],
    ['the wrong method', `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`, 405, 'method_not_allowed'],
    ['a proxy request', 'GET http://evil.example/ HTTP/1.1\r\nhost: localhost\r\n\r\n', 404, 'unknown_path'],
    ['headers that never end', 'GET / HTTP/1.1\r\nhost: localhost\r\na: b\r\n', 408, 'request_timeout'],
    ['a body that never comes', post(`${json}\r\ncontent-length: 1000`, '{'), 408, 'request_timeout'],
  ])('%s', async (_what, bytes, status, code) => {
    const answer = await sendRaw(harness.url, Buffer.from(bytes, 'latin1'), 3_000)
    expect(answer.status).toBe(status)
    expectEnvelope(answer.json, code)
    expect(answer.text.toLowerCase()).not.toContain('access-control-allow')
    await expectStillServing()
  })

  test('a tunnel request is closed', async () => {
    const answer = await sendRaw(harness.url, 'CONNECT evil.example:443 HTTP/1.1\r\nhost: localhost\r\n\r\n')
    expect(answer.status).toBe(0)
    await expectStillServing()
  })

  test('a client that leaves in the middle of its body disturbs nobody', async () => {
    for (let i = 0; i < 20; i++) await sendRaw(harness.url, post(`${json}\r\ncontent-length: 1000`, '{"model":'), 5)
    await expectStillServing()
  })

  test('a slow second request on a connection is told so; noise behind an unanswered one just ends it', async () => {
    const first = 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n'
    const slow = await sendRaw(harness.url, `${first}GET / HTTP/1.1\r\nhost: loc`, 3_000, 2)
    expect(slow.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 408'])
    const body = JSON.stringify(userMessage())
    const request = post(`${json}\r\ncontent-length: ${body.length}`, body)
    const noise = await sendRaw(harness.url, `${request}noise noise noise\r\n\r\n`)
    expect(noise.text).not.toContain('malformed_http')
    await expectStillServing()
  })

  test('our own origin and the names of this machine pass', async () => {
    const { port } = new URL(harness.url)
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, 'LOCALHOST', 'localhost.']) {
      const bytes = `GET / HTTP/1.1\r\nhost: ${host}\r\norigin: http://${host}\r\nsec-fetch-site: same-origin\r\n\r\n`
      expect((await sendRaw(harness.url, bytes)).status).toBe(200)
    }
  })
})

test('the bodies of all requests together have a limit, given back when they end', async () => {
  const providers = { small: new ScriptedProvider({ answers: [{ completion: scriptedCompletion('4') }] }) }
  const crowded = await startHarness({ providers, gateway: { maxBufferedBytes: 150_000 } })
  const open = Array.from({ length: 2 }, () => connect(Number(new URL(crowded.url).port), '127.0.0.1'))
  const head = `POST /v1/route HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`
  for (const socket of open) {
    socket.on('error', () => {})
    socket.write(`${head}content-length: 100000\r\n\r\n${' '.repeat(70_000)}`)
  }
  const body = { ...userMessage(), junk: 'x'.repeat(20_000) }
  await expect.poll(async () => (await crowded.post(path, body)).status).toBe(503)
  const response = await crowded.post(path, body)
  expectEnvelope(await response.json(), 'overloaded')
  expect(response.headers.get('retry-after')).toBe('1')
  // What is small still finds room.
  expect((await crowded.post(path, userMessage())).status).toBe(200)
  for (const socket of open) socket.destroy()
  await expect.poll(async () => (await crowded.post(path, body)).status).toBe(200)
  await crowded.gateway.close()
})

test('memory stays level under refused requests', async () => {
  const body = JSON.stringify(chat({ temperature: 99, junk: 'x'.repeat(20_000) }))
  const burst = async (requests: number) => {
    for (let i = 0; i < requests; i += 20) {
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          const headers = { 'content-type': 'application/json' }
          await (await fetch(harness.url + path, { method: 'POST', headers, body })).arrayBuffer()
        }),
      )
    }
    collectGarbage()
    return process.memoryUsage().heapUsed
  }
  const before = await burst(1_000)
  const after = await burst(2_000)
  // Each request carries 20 kB: a leak of bodies alone would add 40 MB.
  expect(after - before).toBeLessThan(10e6)
})
