import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openService, type Service } from '../../src/cli/open-service.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { sampleDecision } from '../../src/storage/__fixtures__/sample-records.ts'
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts'
import { type NewcomerUpstream, startNewcomerUpstream } from './newcomer-upstream.ts'

let folder: string
let file: string
const posted = vi.spyOn(Worker.prototype, 'postMessage')
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-death-'))
  file = path.join(folder, 'pointsman.db')
  posted.mockClear()
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** Of the storage that was last called: a message of no known lane is an error that nobody in it catches. */
function killStorageWorker(): void {
  const worker = posted.mock.contexts.at(-1) as Worker
  worker.postMessage({ kind: 'batch', lane: 'none', calls: [] })
}

describe('the death of a storage worker', () => {
  test('ends what is pending, keeps what was committed, and another worker takes over, with the claim to serve', async () => {
    const heard: unknown[] = []
    let reopened = 0
    const storage = await openSqliteStorage({
      file,
      exclusive: true,
      onError: (error) => heard.push(error),
      onReopened: () => {
        reopened += 1
      },
    })
    await storage.decisions.append(sampleDecision('d1'), 1)
    killStorageWorker()
    const meanwhile = storage.decisions.get('d1').catch((error: unknown) => error)
    expect(await meanwhile).toMatchObject({ name: 'StorageError', code: 'storage_unavailable' })
    await expect.poll(() => reopened, { timeout: 20_000 }).toBe(1)
    expect(heard).toMatchObject([{ code: 'storage_unavailable', cause: { message: expect.any(String) } }])
    expect((await storage.decisions.get('d1'))?.decision.id).toBe('d1')
    await storage.decisions.append(sampleDecision('d2'), 1)
    expect(await storage.decisions.spentNanoUsd(0)).toBe(2)
    await expect(openSqliteStorage({ file, exclusive: true })).rejects.toMatchObject({ code: 'storage_in_use' })
    await storage.close()
    await (await openSqliteStorage({ file, exclusive: true })).close()
  })

  test("leaves a command's charges its own", async () => {
    let reopened = 0
    const storage = await openSqliteStorage({
      file,
      onReopened: () => {
        reopened += 1
      },
    })
    const charge = { createdAtMs: 1000, keyId: undefined, model: 'm', reservedNanoUsd: 100 }
    await storage.charges.append({ id: 'c1', ...charge })
    killStorageWorker()
    await expect.poll(() => reopened, { timeout: 20_000 }).toBe(1)
    await storage.charges.append({ id: 'c2', ...charge })
    expect(await storage.charges.spentByOthersNanoUsd(0)).toBe(0)
    expect(await storage.decisions.spentNanoUsd(0)).toBe(200)
    await storage.close()
  })

  test('makes no new database where the file is gone', async () => {
    const heard: { readonly message: string }[] = []
    const storage = await openSqliteStorage({ file, onError: (error) => heard.push(error) })
    await storage.decisions.append(sampleDecision('d1'), 1)
    rmSync(file)
    killStorageWorker()
    await expect.poll(() => heard.at(-1)?.message, { timeout: 20_000 }).toContain('removed or replaced')
    await expect(storage.decisions.get('d1')).rejects.toMatchObject({ code: 'storage_unavailable' })
    await storage.close()
  })
})

describe('a gateway whose storage worker dies', () => {
  const environment = { POINTSMAN_STARTER: 'false', MASTER: 'sk-master-0123456789' }
  const headers = { authorization: `Bearer ${environment.MASTER}`, 'content-type': 'application/json' }
  const logged: string[] = []
  const log = { info: keep, warn: keep, error: keep }
  let upstream: NewcomerUpstream
  let service: Service
  let url: string

  function keep(_fields: object, message: string): void {
    logged.push(message)
  }

  beforeEach(async () => {
    upstream = await startNewcomerUpstream()
    const config = {
      server: { master_key: 'env:MASTER' },
      database: 'pointsman.db',
      providers: { up: { base_url: upstream.baseUrl } },
      llms: [{ id: 'good', provider: 'up', price: { input: 1, output: 2 } }],
    }
    writeFileSync(path.join(folder, 'pointsman.yaml'), JSON.stringify(config))
    service = await openService(loadConfig({ environment, folder, flags: {} }), environment, log)
    url = (await service.gateway.listen('127.0.0.1', 0)).url
  })
  afterEach(async () => {
    await service.close()
    await upstream.close()
  })

  async function post(route: string, body: object) {
    const response = await fetch(url + route, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: response.status, body: (await response.json()) as { id: string } }
  }
  const ask = () => post('/v1/chat/completions', { model: 'auto', messages: [{ role: 'user', content: 'Say A-1' }] })
  const rate = (id: string) => post('/v1/feedback', { response_id: id, score: 1 })
  const readiness = async () => (await fetch(`${url}/readyz`)).json()

  test('answers all the same, takes no feedback that would be lost, says so, and is whole again by itself', async () => {
    const first = await ask()
    expect(first.status).toBe(200)
    killStorageWorker()
    const [answer, feedback] = await Promise.all([ask(), rate(first.body.id)])
    expect(answer.status).toBe(200)
    expect(feedback).toMatchObject({ status: 503, body: { error: { code: 'store_unavailable' } } })
    expect(await readiness()).toEqual({ status: 'degraded', reasons: ['store_unavailable'] })

    await expect.poll(() => logged, { timeout: 20_000 }).toContain('the database is open again')
    expect(logged).toContain('the database is lost: serving without learning until it is open again')
    const later = await ask()
    expect((await rate(later.body.id)).status).toBe(200)
    expect((await rate(first.body.id)).status).toBe(200)
    expect(await readiness()).toEqual({ status: 'ready' })
  })
})
