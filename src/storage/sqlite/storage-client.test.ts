import { EventEmitter, once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { MessageFromWorker, MessageToWorker } from './protocol.ts'
import { StorageClient, type StorageClientOptions, type WorkerEnd } from './storage-client.ts'

/** Records what it is sent, and answers when told to. */
class ScriptedWorker extends EventEmitter {
  readonly sent: MessageToWorker[] = []
  held = true
  terminated = false

  postMessage(message: MessageToWorker): void {
    this.sent.push(message)
    this.emit('sent')
  }

  ref(): void {
    this.held = true
  }

  unref(): void {
    this.held = false
  }

  terminate(): Promise<number> {
    this.terminated = true
    return new Promise(() => {})
  }

  say(message: MessageFromWorker): void {
    this.emit('message', message)
  }

  /** Answers the batch sent last, each call with its place in it. */
  answer(): void {
    const message = this.sent.at(-1)
    if (message?.kind !== 'batch') throw new Error('No batch was sent last')
    this.say({ kind: 'replies', lane: message.lane, replies: message.calls.map((_, value) => ({ ok: true, value })) })
  }

  lastCalls(): readonly unknown[] {
    const message = this.sent.at(-1)
    return message?.kind === 'batch' ? message.calls : []
  }
}

function start(options?: StorageClientOptions): { worker: ScriptedWorker; client: StorageClient; heard: unknown[] } {
  const worker = new ScriptedWorker()
  const heard: unknown[] = []
  const client = new StorageClient(worker as unknown as WorkerEnd, (error) => heard.push(error), options)
  return { worker, client, heard }
}

afterEach(() => {
  vi.useRealTimers()
})

describe('StorageClient', () => {
  it('sends the calls of one turn together, and those made meanwhile as the next batch', async () => {
    const { worker, client } = start()
    const first = [client.write('revokeKey', 'k1', 5), client.write('revokeKey', 'k2', 5)]
    await once(worker, 'sent')
    const second = [
      client.write('revokeKey', 'k3', 5),
      client.write('revokeKey', 'k4', 5),
      client.write('revokeKey', 'k1', 5),
    ]
    await nextTurn()
    expect(worker.sent).toHaveLength(1)
    worker.answer()
    expect(await Promise.all(first)).toEqual([0, 1])
    expect(worker.sent).toHaveLength(2)
    worker.answer()
    expect(await Promise.all(second)).toEqual([0, 1, 2])
    expect(worker.sent[1]).toEqual({
      kind: 'batch',
      lane: 'write',
      calls: ['k3', 'k4', 'k1'].map((id) => ({ operation: 'revokeKey', args: [id, 5] })),
    })
  })

  it('sends what is not urgent along with the next urgent call, in order', async () => {
    const { worker, client } = start()
    const ends = [client.writeSoon('revokeKey', 'k1', 5)]
    await nextTurn()
    expect(worker.sent).toHaveLength(0)
    ends.push(client.writeSoon('revokeKey', 'k1', 5), client.write('revokeKey', 'k1', 5))
    await once(worker, 'sent')
    ends.push(client.writeSoon('revokeKey', 'k1', 5))
    worker.answer()
    expect(await Promise.all(ends.slice(0, 3))).toEqual([0, 1, 2])
    expect(worker.sent).toHaveLength(1)
    ends.push(client.write('revokeKey', 'k1', 5))
    await once(worker, 'sent')
    worker.answer()
    expect(await Promise.all(ends)).toEqual([0, 1, 2, 0, 1])
  })

  it('sends what is not urgent alone when nothing follows, and when it closes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { worker, client } = start()
    const alone = client.writeSoon('revokeKey', 'k1', 5)
    vi.advanceTimersByTime(5)
    await once(worker, 'sent')
    const behind = client.writeSoon('revokeKey', 'k1', 5)
    vi.advanceTimersByTime(5)
    worker.answer()
    await alone
    expect(worker.sent).toHaveLength(2)
    worker.answer()
    await behind
    const last = client.writeSoon('revokeKey', 'k1', 5)
    void client.close()
    worker.answer()
    expect(await last).toBe(0)
    worker.say({ kind: 'closed' })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('sends reads past a write under way, and what lingers ahead of a read', async () => {
    const { worker, client } = start()
    const lanes = () => worker.sent.map((message) => (message.kind === 'batch' ? message.lane : message.kind))
    const first = client.writeSoon('revokeKey', 'k1', 5)
    const reads = [client.read('latestSequence'), client.read('listKeys')]
    await nextTurn()
    expect(lanes()).toEqual(['write', 'read'])
    const second = client.write('revokeKey', 'k2', 5)
    await nextTurn()
    expect(lanes()).toEqual(['write', 'read'])
    worker.answer()
    expect(await Promise.all(reads)).toEqual([0, 1])
    const third = client.read('latestSequence')
    await nextTurn()
    expect(lanes()).toEqual(['write', 'read', 'read'])
    worker.answer()
    await third
    expect(worker.held).toBe(true)
    worker.say({ kind: 'replies', lane: 'write', replies: [{ ok: true, value: 'first' }] })
    expect(await first).toBe('first')
    worker.answer()
    expect(await second).toBe(0)
    expect(worker.held).toBe(false)
  })

  it('refuses calls past its limit, says how many wait, and takes calls again when some are answered', async () => {
    const { worker, client } = start({ limits: { maxCalls: 3, maxBytes: 1000 } })
    const write = () => client.write('revokeKey', 'k1', 5)
    const taken = [write(), write()]
    await nextTurn()
    taken.push(write())
    const refused = { name: 'StorageError', code: 'storage_unavailable' }
    await expect(write()).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(/^3 calls .* refused so far: 1$/),
    })
    await expect(write()).rejects.toMatchObject({ message: expect.stringMatching(/^3 calls .* refused so far: 2$/) })
    const read = client.read('latestSequence')
    worker.answer()
    taken.push(write())
    worker.answer()
    expect(await Promise.all(taken.slice(0, 3))).toEqual([0, 1, 0])
    await nextTurn()
    worker.say({ kind: 'replies', lane: 'read', replies: [{ ok: true, value: 9 }] })
    expect(await read).toBe(9)
  })

  it('refuses bytes past its limit, but no single call', async () => {
    const { worker, client } = start({ limits: { maxCalls: 100, maxBytes: 1000 } })
    const save = (bytes: number) => client.write('saveEmbedder', 'e', new Uint8Array(bytes))
    const large = save(5000)
    await expect(save(1)).rejects.toMatchObject({
      code: 'storage_unavailable',
      message: expect.stringMatching(/^1 calls \(0\.0 MB\) wait/),
    })
    await nextTurn()
    await expect(save(1)).rejects.toMatchObject({ code: 'storage_unavailable' })
    worker.answer()
    await large
    const small = [save(400), save(400)]
    await expect(save(400)).rejects.toMatchObject({ code: 'storage_unavailable' })
    await nextTurn()
    worker.answer()
    await Promise.all(small)
  })

  it('bounds a batch, and keeps the order', async () => {
    const { worker, client } = start()
    const calls = Array.from({ length: 1100 }, () => client.write('revokeKey', 'k1', 5))
    await once(worker, 'sent')
    const sizes: number[] = []
    while (worker.lastCalls().length > 0 && sizes.length < 3) {
      sizes.push(worker.lastCalls().length)
      worker.answer()
    }
    expect(sizes).toEqual([512, 512, 76])
    expect((await Promise.all(calls)).slice(1022, 1026)).toEqual([510, 511, 0, 1])
  })

  it('keeps the process alive only while calls are pending', async () => {
    const { worker, client } = start()
    expect(worker.held).toBe(false)
    const call = client.write('revokeKey', 'k1', 5)
    await once(worker, 'sent')
    expect(worker.held).toBe(true)
    worker.answer()
    await call
    expect(worker.held).toBe(false)
  })

  it('rejects a call with the fault it met, and only that', async () => {
    const { worker, client } = start()
    const ends = Promise.allSettled([client.write('revokeKey', 'k1', 5), client.write('revokeKey', 'k1', 5)])
    await once(worker, 'sent')
    const fault = { code: 'storage_full', message: 'No space', detail: 'disk full' } as const
    worker.say({
      kind: 'replies',
      lane: 'write',
      replies: [
        { ok: false, fault },
        { ok: true, value: 5 },
      ],
    })
    expect(await ends).toMatchObject([
      { status: 'rejected', reason: { code: 'storage_full', message: 'No space (SQLite: disk full)' } },
      { status: 'fulfilled', value: 5 },
    ])
  })

  it('closes when everything is answered, once', async () => {
    const { worker, client, heard } = start()
    const call = client.write('revokeKey', 'k1', 5)
    const closed = client.close()
    expect(client.close()).toBe(closed)
    await expect(client.write('revokeKey', 'k1', 5)).rejects.toMatchObject({ code: 'storage_closed' })
    expect(worker.sent.map(({ kind }) => kind)).toEqual(['batch'])
    worker.answer()
    await call
    expect(worker.sent.map(({ kind }) => kind)).toEqual(['batch', 'close'])
    worker.say({ kind: 'closed' })
    await closed
    worker.emit('exit', 0)
    expect(heard).toEqual([])
  })

  it('rejects what is under way and what waits when the worker ends', async () => {
    const { worker, client, heard } = start()
    const underWay = client.write('revokeKey', 'k1', 5)
    await once(worker, 'sent')
    const waiting = client.write('revokeKey', 'k1', 5)
    worker.emit('error', new Error('Bang'))
    worker.emit('exit', 1)
    const lost = { status: 'rejected', reason: { code: 'storage_unavailable', cause: { message: 'Bang' } } }
    expect(await Promise.allSettled([underWay, waiting, client.write('revokeKey', 'k2', 5)])).toMatchObject([
      lost,
      lost,
      lost,
    ])
    expect(heard).toHaveLength(1)
    await client.close()
  })

  it('closes at once when the worker is dead', async () => {
    const { worker, client, heard } = start()
    worker.emit('exit', 1)
    await client.close()
    expect(worker.sent).toEqual([])
    expect(heard).toHaveLength(1)
  })

  it('stops waiting for a worker that does not answer, and says what may be lost', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { worker, client, heard } = start({ closingMs: 1000 })
    const lost = {
      status: 'rejected',
      reason: { code: 'storage_unavailable', message: expect.stringMatching(/within 1000 ms; 2 calls/) },
    }
    const ends = Promise.allSettled([client.write('revokeKey', 'k1', 5), client.read('listKeys'), client.close()])
    vi.advanceTimersByTime(999)
    expect(worker.terminated).toBe(false)
    vi.advanceTimersByTime(1)
    expect(await ends).toMatchObject([lost, lost, lost])
    expect(worker.terminated).toBe(true)
    worker.emit('exit', 1)
    expect(heard).toEqual([])
  })

  it('does not call it closed when the worker dies over the last writes', async () => {
    const { worker, client } = start()
    const ends = Promise.allSettled([client.write('revokeKey', 'k1', 5), client.close()])
    worker.emit('exit', 1)
    const lost = { status: 'rejected', reason: { code: 'storage_unavailable' } }
    expect(await ends).toMatchObject([lost, lost])
  })

  it('tells why the database could not be closed', async () => {
    const { worker, client } = start()
    const closed = client.close()
    worker.say({ kind: 'not_closed', fault: { code: 'storage_full', message: 'No space', detail: undefined } })
    await expect(closed).rejects.toMatchObject({ code: 'storage_full' })
  })

  it('takes a lost answer for a dead worker', async () => {
    const { worker, client, heard } = start()
    const call = client.write('revokeKey', 'k1', 5)
    await once(worker, 'sent')
    worker.emit('messageerror', new Error('Cut'))
    await expect(call).rejects.toMatchObject({ code: 'storage_unavailable', cause: { message: 'Cut' } })
    expect(heard).toHaveLength(1)
  })
})
