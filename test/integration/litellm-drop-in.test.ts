import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openPoolToCheck } from '../../src/cli/open-pool-to-check.ts'
import { openService, type Service } from '../../src/cli/open-service.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { OpenAiUpstream } from '../upstreams/openai-upstream.ts'

const silent = { info: () => {}, warn: () => {}, error: () => {} }
const master = { authorization: 'Bearer sk-1234' }
const environment: Record<string, string> = {
  ...{ UPSTREAM_KEY: 'sk-reference', SECRET: 'top-secret', AZURE_API_KEY: 'top-secret', OPENAI_API_KEY: 'top-secret' },
  ...{ POINTSMAN_STARTER: 'false', POINTSMAN_LOG: 'silent', POINTSMAN_MODEL_KEY_VARIABLES: 'UPSTREAM_KEY, NONE' },
}

let folder: string
let upstream: OpenAiUpstream
let service: Service | undefined
let url: string

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-litellm-'))
  upstream = new OpenAiUpstream({ models: ['ref-chat', 'ref-other', 'ref-embedding'] })
  await upstream.listen()
  writeFileSync(
    path.join(folder, 'litellm.yaml'),
    `model_list:
  - model_name: team
    litellm_params: { model: openai/ref-chat, api_base: ${upstream.baseUrl}, api_key: os.environ/UPSTREAM_KEY }
    model_info: { input_cost_per_token: 0.000001, output_cost_per_token: 0.000002, supports_vision: true }
  - model_name: team
    litellm_params: { model: openai/ref-other, api_base: ${upstream.baseUrl}, api_key: os.environ/UPSTREAM_KEY }
  - model_name: gone
    litellm_params: { model: openai/ref-missing, api_base: ${upstream.baseUrl}, api_key: os.environ/UPSTREAM_KEY }
litellm_settings:
  fallbacks: [{ gone: [team] }]
general_settings:
  master_key: sk-1234
`,
  )
  await start()
})
afterEach(async () => {
  await service?.close()
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

async function start(surroundings = environment): Promise<void> {
  const config = loadConfig({ environment: surroundings, folder, flags: { config: 'litellm.yaml' } })
  service = await openService(config, surroundings, silent)
  url = (await service.gateway.listen('127.0.0.1', 0)).url
}

async function restart(): Promise<void> {
  await service?.close()
  await start()
}

async function call(route: string, body?: unknown, headers: Record<string, string> = master) {
  const response = await fetch(url + route, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: { 'content-type': 'application/json', ...headers },
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as never }
}

const ask = (model: string) => ({ model, messages: [{ role: 'user', content: 'hello' }] })
const newModel = () => ({
  model_name: 'added',
  litellm_params: { model: 'openai/ref-chat', api_base: upstream.baseUrl, api_key: 'os.environ/UPSTREAM_KEY', rpm: 6 },
  model_info: { input_cost_per_token: 0.000003, output_cost_per_token: 0.000004 },
})

describe('a LiteLLM file, served as it is', () => {
  test('answers under its names, with its master key only', async () => {
    expect((await call('/chat/completions', ask('team'), {})).status).toBe(401)
    expect((await call('/chat/completions', ask('team'), { authorization: 'Bearer sk-12345' })).status).toBe(401)
    const answer = await call('/chat/completions', ask('team'))
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-litellm-model-id')).toMatch(/^team#[12]$/)
    expect(readFileSync(path.join(folder, '.pointsman/pointsman.db')).includes('sk-1234')).toBe(false)
  })

  test('falls back as it says', async () => {
    const answer = await call('/v1/chat/completions', ask('gone'))
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-pointsman-llm')).toMatch(/^team#[12]$/)
  })

  test('tells of its models as LiteLLM does, and of no address or key', async () => {
    for (const route of ['/model/info', '/v1/model/info']) {
      const { body } = await call(route)
      expect(body).toMatchObject({
        data: [
          {
            model_name: 'team',
            model_info: {
              ...{ id: 'team#1', db_model: false, mode: 'chat', supports_vision: true },
              ...{ input_cost_per_token: 0.000001, output_cost_per_token: 0.000002 },
            },
          },
          { model_name: 'team', model_info: { id: 'team#2', input_cost_per_token: null } },
          { model_name: 'gone', model_info: { id: 'gone' } },
        ],
      })
      expect(JSON.stringify(body)).not.toMatch(/sk-reference|127\.0\.0\.1/)
    }
    expect((await call('/model/info?litellm_model_id=team%232')).body).toMatchObject({ data: [{ model_name: 'team' }] })
    expect((await call('/model/info?litellm_model_id=none')).status).toBe(404)
  })

  test('is healthy, for anybody who asks', async () => {
    expect(await call('/health/liveliness', undefined, {})).toMatchObject({ status: 200, body: "I'm alive!" })
    expect((await call('/health/readiness', undefined, {})).body).toEqual({ status: 'healthy', db: 'connected' })
  })
})

describe('POST /model/new', () => {
  test('lets an LLM join, which serves at once, is chosen too, and is there after a restart', async () => {
    const added = await call('/model/new', newModel())
    expect(added).toMatchObject({
      status: 200,
      body: {
        model_id: 'added',
        model_name: 'added',
        model_info: { id: 'added', db_model: true, input_cost_per_token: 0.000003 },
        pointsman: { not_carried_over: ['litellm_params.rpm: added: not carried over'] },
      },
    })
    for (const round of ['live', 'restarted']) {
      if (round === 'restarted') await restart()
      const answer = await call('/v1/chat/completions', ask('added'))
      expect(answer).toMatchObject({ status: 200, body: { model: 'added' } })
      expect(Number(answer.headers.get('x-litellm-response-cost'))).toBeGreaterThan(0)
      const chosen = await call('/v1/chat/completions', { ...ask('auto'), pointsman: { allow: ['added'] } })
      expect(chosen.headers.get('x-pointsman-llm')).toBe('added')
      expect((await call('/v1/models')).body).toMatchObject({
        data: expect.arrayContaining([expect.objectContaining({ id: 'added' })]),
      })
    }
    expect(readFileSync(path.join(folder, '.pointsman/pointsman.db')).includes('sk-reference')).toBe(false)
    expect(await call('/model/delete', { id: 'added' })).toMatchObject({
      body: { message: 'Model: added deleted successfully' },
    })
    expect((await call('/v1/chat/completions', ask('added'))).status).toBe(404)
    expect((await call('/model/delete', { id: 'added' })).status).toBe(404)
    expect((await call('/model/new', newModel())).status).toBe(200)
    await call('/model/delete', { id: 'added' })
    await restart()
    expect((await call('/v1/chat/completions', ask('added'))).status).toBe(404)
  })

  test.each([
    ['no name', { model_name: undefined }, 'model_name: missing'],
    ['a name that is taken', { model_name: 'gone' }, "There is a model named 'gone' already"],
    ["a group's name", { model_name: 'team' }, "There is a model named 'team' already"],
    ['no provider', { litellm_params: { model: 'mystery' } }, 'does not say its provider'],
    ['a secret', { litellm_params: { model: 'openai/x', api_key: 'sk-literal' } }, 'secrets are not taken by this way'],
    [
      'a variable that is not set',
      { litellm_params: { model: 'openai/x', api_key: 'os.environ/NONE' } },
      'NONE is not set',
    ],
    [
      'a header that may be a secret',
      { litellm_params: { model: 'openai/x', extra_headers: { authorization: 'Bearer sk-literal' } } },
      'headers may hold secrets',
    ],
    [
      'an address with a secret',
      { litellm_params: { model: 'openai/x', api_base: 'https://u:sk-literal@a.b/v1' } },
      'litellm_params.api_base: it may hold no name',
    ],
    [
      'a bad address',
      { litellm_params: { model: 'openai/x', api_base: 'nowhere' } },
      'litellm_params.api_base: it must',
    ],
    ['a bad name', { model_name: 'a, b' }, 'no spaces'],
    ['a name that could not be deleted', { model_name: 'x'.repeat(257) }, 'at most 256'],
    ['an embedding model', { model_info: { mode: 'embedding' } }, 'under embeddings'],
    ['pictures', { model_info: { mode: 'image_generation' } }, 'not served here'],
    ['a bad price', { model_info: { input_cost_per_token: 'much' } }, 'must be a number'],
  ])('refuses %s', async (_what, changes, message) => {
    const { status, body } = await call('/model/new', { ...newModel(), ...changes })
    expect(body).toMatchObject({ error: { code: 'invalid_request', message: expect.stringContaining(message) } })
    expect(status).toBe(400)
    expect(JSON.stringify(body)).not.toContain('sk-literal')
    expect(service?.router.pool.list()).toHaveLength(3)
  })

  test.each([
    ['a key', { api_key: 'os.environ/SECRET' }],
    ["a vendor's key, for another address", { api_key: 'os.environ/OPENAI_API_KEY' }],
    ["another vendor's key", { model: 'groq/x', api_base: undefined, api_key: 'os.environ/OPENAI_API_KEY' }],
    ['a header', { extra_headers: { 'x-key': 'os.environ/SECRET' } }],
    ['an organization', { organization: 'os.environ/SECRET' }],
    ['an address', { api_base: 'os.environ/SECRET' }],
    ['a version', { model: 'azure/x', api_version: 'os.environ/SECRET' }],
    ['a key that nobody names', { model: 'azure/x', api_key: undefined }],
    [
      'credentials',
      {
        model: 'bedrock/x',
        api_key: undefined,
        aws_access_key_id: 'os.environ/SECRET',
        aws_secret_access_key: 'os.environ/A',
      },
    ],
  ])('reads no variable that the configuration does not list: %s', async (_what, params) => {
    const given = newModel()
    const body = { ...given, litellm_params: { ...given.litellm_params, ...params } }
    expect(await call('/model/new', body)).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('server.model_key_variables') } },
    })
    expect(service?.router.pool.list()).toHaveLength(3)
  })

  test('reads none after a restart that is no longer listed', async () => {
    await call('/model/new', newModel())
    await service?.close()
    await start({ ...environment, POINTSMAN_MODEL_KEY_VARIABLES: '' })
    expect((await call('/v1/chat/completions', ask('added'))).status).toBe(404)
    await service?.close()
    await start()
    expect((await call('/v1/chat/completions', ask('added'))).status).toBe(200)
  })

  test('is seen by the commands that look at the pool', async () => {
    await call('/model/new', newModel())
    await service?.close()
    const look = async (surroundings: Record<string, string>) => {
      const config = loadConfig({ environment: surroundings, folder, flags: { config: 'litellm.yaml' } })
      const pool = await openPoolToCheck(config, surroundings)
      await pool.close()
      return { ids: pool.llms.map(({ id }) => id), problems: pool.problems }
    }
    expect(await look(environment)).toEqual({ ids: ['team#1', 'team#2', 'gone', 'added'], problems: [] })
    expect(await look({ ...environment, POINTSMAN_MODEL_KEY_VARIABLES: '' })).toEqual({
      ids: ['team#1', 'team#2', 'gone'],
      problems: [expect.stringContaining('added was added to the pool and cannot serve')],
    })
  })

  test('is found by its provider, as clients of Portkey name it', async () => {
    await call('/model/new', newModel())
    const answer = await call('/v1/chat/completions', ask('@openai/added'))
    expect(answer.headers.get('x-pointsman-llm')).toBe('added')
    expect(await call('/v1/chat/completions', ask('@nobody/added'))).toMatchObject({
      status: 404,
      body: { error: { message: "The provider 'nobody' is not in the pool; known: openai" } },
    })
  })

  test('takes null for nothing, as scripts write it', async () => {
    const given = newModel()
    const body = {
      ...given,
      litellm_params: { ...given.litellm_params, rpm: null, organization: null, timeout: null },
      model_info: { id: null, mode: null, max_tokens: null, input_cost_per_token: null },
    }
    expect(await call('/model/new', body)).toMatchObject({
      status: 200,
      body: { litellm_params: { model: 'openai/ref-chat' }, model_info: { litellm_provider: 'openai' } },
    })
  })

  test('leaves alone what the configuration has come to call by the same name', async () => {
    await call('/model/new', newModel())
    await service?.close()
    const file = path.join(folder, 'litellm.yaml')
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace('model_name: gone', 'model_name: added').replace('gone:', 'added:'),
    )
    await start()
    const { body } = await call('/model/info?litellm_model_id=added')
    expect(body).toMatchObject({ data: [{ model_info: { db_model: false, key: 'ref-missing' } }] })
    expect((await call('/model/delete', { id: 'added' })).status).toBe(200)
    expect(service?.router.pool.get('added')?.upstreamModel).toBe('ref-missing')
    expect((await call('/model/delete', { id: 'added' })).status).toBe(400)
  })

  test('takes one of two that come at once under one name', async () => {
    const both = await Promise.all([call('/model/new', newModel()), call('/model/new', newModel())])
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400])
  })

  test('is for admins, and what the configuration has stays', async () => {
    const { body } = await call('/key/generate', {})
    const key = { authorization: `Bearer ${(body as { key: string }).key}` }
    for (const route of ['/model/new', '/model/delete', '/key/generate', '/key/delete']) {
      expect(await call(route, newModel(), key)).toMatchObject({
        status: 403,
        body: { error: { code: 'insufficient_scope' } },
      })
    }
    expect((await call('/model/info', undefined, key)).status).toBe(403)
    expect(await call('/model/delete', { id: 'gone' })).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('is in the configuration') } },
    })
  })
})

describe('keys', () => {
  test('are issued for some models, with a daily budget, tell what they spent, and end', async () => {
    const made = await call('/key/generate', {
      ...{ key_alias: 'app', models: ['team'], max_budget: 5, budget_duration: '1d', metadata: { user: 'a@b.c' } },
    })
    expect(made.body).toMatchObject({
      ...{ key_alias: 'app', models: ['team'], max_budget: 5, expires: null, pointsman: { not_kept: ['metadata'] } },
    })
    const { key, token } = made.body as { key: string; token: string }
    const own = { authorization: `Bearer ${key}` }
    expect((await call('/v1/chat/completions', ask('team'), own)).status).toBe(200)
    expect((await call('/v1/chat/completions', ask('gone'), own)).status).toBe(400)
    for (const [route, headers] of [
      ['/key/info', own],
      [`/key/info?key=${key}`, master],
      [`/key/info?key=${token}`, master],
    ] as const) {
      const { status, body } = await call(route, undefined, headers)
      expect(status).toBe(200)
      expect(body).toMatchObject({
        key: token,
        info: { key_alias: 'app', models: ['team#1', 'team#2'], max_budget: 5 },
      })
      expect((body as { info: { spend: number } }).info.spend).toBeGreaterThan(0)
      expect(JSON.stringify(body)).not.toContain(key)
    }
    expect((await call('/key/info?key=master_key', undefined, own)).status).toBe(403)
    expect((await call('/key/delete', { keys: [key] })).body).toEqual({ deleted_keys: [key] })
    expect((await call('/v1/chat/completions', ask('team'), own)).status).toBe(401)
    expect((await call('/key/delete', { keys: [key] })).status).toBe(400)
  })

  test.each([
    [{ duration: '20m' }, 'duration'],
    [{ max_budget: 10 }, 'budget_duration'],
    [{ max_budget: 10, budget_duration: '30d' }, 'budget_duration'],
    [{ rpm_limit: 5 }, 'rpm_limit'],
    [{ aliases: { a: 'b' } }, 'aliases'],
    [{ models: ['nobody'] }, 'models[0]'],
    [{ models: 'team' }, 'models'],
  ])('are not issued for %j, which would limit them and cannot', async (body, param) => {
    expect(await call('/key/generate', body)).toMatchObject({ body: { error: { param } } })
    expect(service?.keys.activeKeys()).toHaveLength(1)
  })

  test('end by name, all or none, and never the master key', async () => {
    await call('/key/generate', { key_alias: 'app' })
    expect((await call('/key/delete', { key_aliases: ['app', 'other'] })).status).toBe(400)
    expect((await call('/key/delete', { keys: ['sk-1234'] })).status).toBe(400)
    expect((await call('/key/delete', {})).status).toBe(400)
    expect(service?.keys.activeKeys()).toHaveLength(2)
    expect((await call('/key/delete', { key_aliases: ['app'] })).status).toBe(200)
    expect(service?.keys.activeKeys()).toHaveLength(1)
  })
})
