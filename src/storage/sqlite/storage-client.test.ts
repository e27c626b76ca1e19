import { EventEmitter, once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { MessageFromWorker, MessageToWorker } from './protocol.ts'
import { StorageClient, type WorkerEnd } from './storage-client.ts'

/** Records what it is sent, and answers when told to. */
class ScriptedWorker extends EventEmitter {
  readonly sent: MessageToWorker[] = []
  held = true

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

  say(message: MessageFromWorker): void {
    this.emit('message', message)
  }

  /** Answers the batch sent last, each call with its place in it. */
  answer(): void {
    this.say({ kind: 'replies', replies: this.lastCalls().map((_, value) => ({ ok: true, value })) })
  }

  lastCalls(): readonly unknown[] {
    const message = this.sent.at(-1)
    return message?.kind === 'batch' ? message.calls : []
  }
}

function start(): { worker: ScriptedWorker; client: StorageClient; heard: unknown[] } {
  const worker = new ScriptedWorker()
  const heard: unknown[] = []
  const client = new StorageClient(worker as unknown as WorkerEnd, (error) => heard.push(error))
  return { worker, client, heard }
}

afterEach(() => {
  vi.useRealTimers()
})

describe('StorageClient', () => {
  it('sends the calls of one turn together, and those made meanwhile as the next batch', async () => {
    const { worker, client } = start()
    const first = [client.call('latestSequence'), client.call('listKeys')]
    await once(worker, 'sent')
    const second = [client.call('listVersions'), client.call('latestVersion'), client.call('latestSequence')]
    await nextTurn()
    expect(worker.sent).toHaveLength(1)
    worker.answer()
    expect(await Promise.all(first)).toEqual([0, 1])
    expect(worker.sent).toHaveLength(2)
    worker.answer()
    expect(await Promise.all(second)).toEqual([0, 1, 2])
    expect(worker.sent[1]).toEqual({
      kind: 'batch',
      calls: ['listVersions', 'latestVersion', 'latestSequence'].map((operation) => ({ operation, args: [] })),
    })
  })

  it('sends what is not urgent along with the next urgent call, in order', async () => {
    const { worker, client } = start()
    const ends = [client.callSoon('latestSequence')]
    await nextTurn()
    expect(worker.sent).toHaveLength(0)
    ends.push(client.callSoon('latestSequence'), client.call('latestSequence'))
    await once(worker, 'sent')
    ends.push(client.callSoon('latestSequence'))
    worker.answer()
    expect(await Promise.all(ends.slice(0, 3))).toEqual([0, 1, 2])
    expect(worker.sent).toHaveLength(1)
    ends.push(client.call('latestSequence'))
    await once(worker, 'sent')
    worker.answer()
    expect(await Promise.all(ends)).toEqual([0, 1, 2, 0, 1])
  })

  it('sends what is not urgent alone when nothing follows, and when it closes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { worker, client } = start()
    const alone = client.callSoon('latestSequence')
    vi.advanceTimersByTime(5)
    await once(worker, 'sent')
    const behind = client.callSoon('latestSequence')
    vi.advanceTimersByTime(5)
    worker.answer()
    await alone
    expect(worker.sent).toHaveLength(2)
    worker.answer()
    await behind
    const last = client.callSoon('latestSequence')
    void client.close()
    worker.answer()
    expect(await last).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('bounds a batch, and keeps the order', async () => {
    const { worker, client } = start()
    const calls = Array.from({ length: 1100 }, () => client.call('latestSequence'))
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
    const call = client.call('latestSequence')
    await once(worker, 'sent')
    expect(worker.held).toBe(true)
    worker.answer()
    await call
    expect(worker.held).toBe(false)
  })

  it('rejects a call with the fault it met, and only that', async () => {
    const { worker, client } = start()
    const ends = Promise.allSettled([client.call('latestSequence'), client.call('latestSequence')])
    await once(worker, 'sent')
    const fault = { code: 'storage_full', message: 'No space', detail: 'disk full' } as const
    worker.say({
      kind: 'replies',
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
    const call = client.call('latestSequence')
    const closed = client.close()
    expect(client.close()).toBe(closed)
    await expect(client.call('latestSequence')).rejects.toMatchObject({ code: 'storage_closed' })
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
    const underWay = client.call('latestSequence')
    await once(worker, 'sent')
    const waiting = client.call('latestSequence')
    worker.emit('error', new Error('Bang'))
    worker.emit('exit', 1)
    const lost = { status: 'rejected', reason: { code: 'storage_unavailable', cause: { message: 'Bang' } } }
    expect(await Promise.allSettled([underWay, waiting, client.call('listKeys')])).toMatchObject([lost, lost, lost])
    expect(heard).toHaveLength(1)
    await client.close()
  })
})
