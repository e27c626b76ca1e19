import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { snapshotPolicy, toStoredPolicyVersion } from '../../src/routing/prediction/fitted-policy.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { LivePolicy } from '../../src/training/live-policy.ts'
import { loadPolicyVersion } from '../../src/training/load-policy.ts'
import { readRefitRequest } from '../../src/training/read-refit-request.ts'
import { refitInWorker } from '../../src/training/refit-in-worker.ts'
import { refitPolicy } from '../../src/training/refit-policy.ts'
import { type RefitEnd, RefitScheduler } from '../../src/training/refit-scheduler.ts'
import { discardCandidate, releaseVersion, rollbackTo } from '../../src/training/rollout.ts'
import { fillLog, fitByHand, openRefitStorage, refitPool, refitRouter } from './refit-log.ts'

const whole = new AbortController().signal

let folder: string
let storage: Storage

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pointsman-refit-'))
  storage = await openRefitStorage(path.join(folder, 'pointsman.db'))
})

afterEach(async () => {
  await storage.close()
  await rm(folder, { recursive: true, force: true })
})

async function liveScheduler(promotion: 'proof' | 'immediate', seed = 3, stores = storage) {
  const router = await refitRouter(storage, seed)
  const errors: unknown[] = []
  const live = new LivePolicy(router, storage, { onError: (error) => void errors.push(error) })
  await live.start()
  const ends: RefitEnd[] = []
  const refits = new RefitScheduler(
    {
      router,
      stores,
      clock: { now: () => 50_000 },
      refit: refitInWorker,
      changed: () => live.follow(),
      onEnd: (end) => void ends.push(end),
    },
    { afterLabels: 10, everyHours: 0, promotion, keepVersions: 20 },
  )
  return { router, live, refits, ends, errors }
}

test('a refit reads rows and log, the same bits here and in a worker, and learning goes on after it', async () => {
  const parent = await fitByHand(storage)
  const { router, live, refits, ends } = await liveScheduler('immediate')
  await fillLog(storage, router, 120)
  const here = await refitPolicy(await readRefitRequest(storage, router.policy, refitPool, 50_000))
  const request = await readRefitRequest(storage, router.policy, refitPool, 50_000)
  const there = await refitInWorker(request, { signal: whole })
  expect(there.snapshot).toStrictEqual(snapshotPolicy(here))
  expect(here).toMatchObject({ origin: 'refit', parentId: parent, throughSequence: 120 })
  const labels = here.llms.map((llm) => llm.labels)
  expect(labels[0]! + labels[1]!).toBe(2 * 150 + 120)

  await refits.run()
  expect(ends).toMatchObject([{ status: 'done', version: here.id, released: true }])
  expect(router.policy.version).toBe(here.id)
  // All labels so far are in the fit.
  expect(router.policy.settledCount('cheap') + router.policy.settledCount('dear')).toBe(0)
  expect(router.policy.labelSequence).toBe(120)
  await fillLog(storage, await refitRouter(storage, 4), 30, 12)
  await live.refresh()
  expect(router.policy.settledCount('cheap') + router.policy.settledCount('dear')).toBe(30)
  await live.close()

  const restarted = await loadPolicyVersion(storage.policies, here.id, refitPool)
  for (const label of await storage.feedback.labelsAfter(0, 1_000)) restarted.learn(label)
  expect(restarted.learnedState()).toStrictEqual(router.policy.learnedState())
})

test('a refit that has to prove itself is put on trial, and learns beside the version that serves', async () => {
  const parent = await fitByHand(storage)
  const { router, live, refits } = await liveScheduler('proof')
  await fillLog(storage, router, 60)
  await live.refresh()
  await refits.check()
  await refits.run()
  expect(router.policy.version).toBe(parent)
  expect(await storage.policies.rollout()).toMatchObject({ servingId: parent, candidate: { phase: 'shadow' } })
  expect(live.candidatePolicy()?.policy?.labelSequence).toBe(60)
  await live.close()
})

test('a refit that is stopped leaves nothing, and the next look begins anew', async () => {
  await fitByHand(storage)
  const first = await liveScheduler('immediate')
  await fillLog(storage, first.router, 60)
  const running = first.refits.run()
  await first.refits.close()
  expect(await running).toEqual({ status: 'stopped' })
  expect(await storage.policies.listVersions()).toHaveLength(1)
  const second = await liveScheduler('immediate')
  await second.refits.check()
  expect((await second.refits.run()).status).toBe('done')
  expect(await storage.policies.listVersions()).toHaveLength(2)
  await first.live.close()
  await second.live.close()
})

test('a refit that another version overtook is thrown away, and the next one begins from that version', async () => {
  const parent = await fitByHand(storage)
  const { router, live, refits, ends } = await liveScheduler('immediate')
  await fillLog(storage, router, 60)
  const running = refits.run()
  await rollbackTo(storage.policies, 'unfitted', { atMs: 1, detail: 'by hand' })
  expect(await running).toEqual({ status: 'refused', reason: 'version unfitted came to serve meanwhile' })
  expect((await storage.policies.rollout()).servingId).toBe('unfitted')
  expect(await storage.policies.listVersions()).toHaveLength(1)

  await releaseVersion(storage.policies, parent, { atMs: 2, detail: 'by hand' })
  await live.follow()
  await refits.check()
  await refits.run()
  expect(ends.at(-1)).toMatchObject({ status: 'done', released: true })
  await live.close()
})

test('without a fit by hand the log alone suffices, once it is long enough', async () => {
  const { router, live, refits, ends } = await liveScheduler('immediate')
  // The embedder of an unfitted policy: its labels are what there is.
  await fillLog(storage, router, 30)
  await refits.check()
  expect(ends).toEqual([])
  expect(await refits.run()).toMatchObject({ status: 'refused' })
  await fillLog(storage, await refitRouter(storage, 4), 170, 12)
  expect(await refits.run()).toMatchObject({ status: 'done', released: true })
  expect(router.policy.fitted?.origin).toBe('refit')
  await live.close()
})

test('kill -9 in the middle of a refit: versions as before, and the next refit is as if nothing had been', async () => {
  await fitByHand(storage)
  const file = path.join(folder, 'pointsman.db')
  const router = await refitRouter(storage)
  await fillLog(storage, router, 60)
  const expected = await refitPolicy(await readRefitRequest(storage, router.policy, refitPool, 50_000))
  await storage.close()
  const script = new URL('./refit-process.ts', import.meta.url).pathname
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('cross-validation 5')) child.kill('SIGKILL')
  }
  expect((await ended)[1]).toBe('SIGKILL')
  storage = await openRefitStorage(file)
  expect(await storage.policies.listVersions()).toHaveLength(1)
  const { refits, live } = await liveScheduler('immediate')
  await refits.check()
  expect(await refits.run()).toMatchObject({ status: 'done', version: expected.id })
  expect((await storage.policies.version(expected.id))?.snapshot).toEqual(snapshotPolicy(expected))
  await live.close()
})

test('a refit that was saved when its process was killed, and not yet handed over, is handed over by the next one', async () => {
  const parent = await fitByHand(storage)
  const { router, live } = await liveScheduler('proof')
  await fillLog(storage, router, 60)
  await live.close()
  const fitted = await refitPolicy(await readRefitRequest(storage, router.policy, refitPool, 50_000))
  await storage.policies.saveVersion(toStoredPolicyVersion(fitted))
  expect((await storage.policies.rollout()).candidate).toBeUndefined()

  const next = await liveScheduler('proof')
  await next.refits.check()
  expect(await storage.policies.rollout()).toMatchObject({
    servingId: parent,
    candidate: { id: fitted.id, phase: 'shadow' },
  })
  expect(next.live.candidatePolicy()?.id).toBe(fitted.id)
  expect(next.ends).toMatchObject([{ status: 'done', version: fitted.id, released: false }])
  // What people took away stays away.
  await discardCandidate(storage.policies, fitted.id, { atMs: 60_000, detail: 'by hand' })
  await next.live.close()
  const last = await liveScheduler('proof')
  await last.refits.check()
  expect((await storage.policies.rollout()).candidate).toBeUndefined()
  expect(await storage.policies.listVersions()).toHaveLength(2)
  await last.live.close()
})

test('a close ends the reading of a long log at once', async () => {
  await fitByHand(storage)
  let read = 0
  let close: Promise<void> | undefined
  const { router, live, refits } = await liveScheduler('immediate', 3, {
    ...storage,
    decisions: {
      ...storage.decisions,
      get(id) {
        read++
        close ??= refits.close()
        return storage.decisions.get(id)
      },
    },
  })
  await fillLog(storage, router, 60)
  expect(await refits.run()).toEqual({ status: 'stopped' })
  await close
  expect(read).toBe(1)
  await live.close()
})
