import { EventEmitter } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { StorageError } from '../storage-error.ts'
import { LastingClient } from './lasting-client.ts'
import type { MessageFromWorker, MessageToWorker } from './protocol.ts'
import { StorageClient, type WorkerEnd } from './storage-client.ts'

/** Answers every batch with its own number, until it dies. */
class NumberedWorker extends EventEmitter {
  readonly #number: number
  ended = false

  constructor(number: number) {
    super()
    this.#number = number
  }

  postMessage(message: MessageToWorker): void {
    const say = (answer: MessageFromWorker) => this.emit('message', answer)
    if (message.kind === 'close') say({ kind: 'closed' })
    else {
      const replies = message.calls.map(() => ({ ok: true, value: this.#number }) as const)
      setImmediate(() => say({ kind: 'replies', lane: message.lane, replies }))
    }
  }

  ref(): void {}
  unref(): void {}

  async terminate(): Promise<number> {
    this.ended = true
    return 1
  }
}

const workers: NumberedWorker[] = []
const heard: unknown[] = []
let reopened = 0
let fault: StorageError | undefined

beforeEach(() => {
  workers.length = 0
  heard.length = 0
  reopened = 0
  fault = undefined
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function open(): Promise<LastingClient> {
  return LastingClient.open({
    async open(onDeath) {
      expect(workers.every(({ ended }) => ended)).toBe(true)
      if (fault !== undefined) throw fault
      const worker = new NumberedWorker(workers.length + 1)
      workers.push(worker)
      return {
        client: new StorageClient(worker as unknown as WorkerEnd, onDeath),
        ended: () => worker.terminate(),
      }
    },
    onError: (error) => heard.push(error.message),
    onReopened: () => {
      reopened += 1
    },
  })
}

const die = () => workers.at(-1)!.emit('error', new Error('Bang'))
const unavailable = { status: 'rejected', reason: { name: 'StorageError', code: 'storage_unavailable' } }

test('is served by a new worker after the first death at once, when the old one has ended', async () => {
  const client = await open()
  expect(await client.read('latestSequence')).toBe(1)
  const pending = client.read('latestSequence')
  die()
  const meanwhile = client.read('latestSequence')
  expect(await Promise.allSettled([pending, meanwhile])).toMatchObject([
    unavailable,
    {
      ...unavailable,
      reason: { message: expect.stringContaining('started anew'), cause: { cause: { message: 'Bang' } } },
    },
  ])
  await nextTurn()
  expect(await client.read('latestSequence')).toBe(2)
  expect([heard, reopened]).toEqual([['The database worker failed'], 1])
  await client.close()
  await expect(client.read('latestSequence')).rejects.toMatchObject({ code: 'storage_closed' })
})

test('waits twice as long each time, up to 30 s, and anew from nothing after a long life', async () => {
  const client = await open()
  die()
  await nextTurn()
  fault = new StorageError('storage_unavailable', 'The disk is gone')
  die()
  const waits: number[] = []
  for (let attempt = 0; attempt < 9; attempt++) {
    await nextTurn()
    const before = heard.length
    let waitedMs = 0
    while (heard.length === before) {
      await vi.advanceTimersByTimeAsync(500)
      waitedMs += 500
    }
    waits.push(waitedMs)
  }
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
  expect(heard.at(-1)).toBe('The disk is gone')
  fault = undefined
  await vi.advanceTimersByTimeAsync(30_000)
  expect(await client.read('latestSequence')).toBe(3)
  await vi.advanceTimersByTimeAsync(60_001)
  die()
  await nextTurn()
  expect(await client.read('latestSequence')).toBe(4)
  await client.close()
})

test('takes no call in the turn in which it is closed, and answers those before', async () => {
  const client = await open()
  const before = client.read('latestSequence')
  const closed = client.close()
  await expect(client.read('latestSequence')).rejects.toMatchObject({ code: 'storage_closed' })
  expect(await before).toBe(1)
  await closed
})

test('closes while it waits, and starts nothing more', async () => {
  const client = await open()
  fault = new StorageError('storage_unavailable', 'The disk is gone')
  die()
  await nextTurn()
  expect(heard).toEqual(['The database worker failed', 'The disk is gone'])
  await client.close()
  await expect(client.read('latestSequence')).rejects.toMatchObject({ code: 'storage_closed' })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(heard).toHaveLength(2)
})

test('rejects where it cannot be opened at first', async () => {
  fault = new StorageError('storage_corrupt', 'The file is damaged')
  await expect(open()).rejects.toBe(fault)
  expect(heard).toEqual([])
})
