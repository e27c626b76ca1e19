import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RolloutController } from '../../src/gateway/rollout/rollout-controller.ts'
import { toRolloutBody } from '../../src/gateway/wire/rollout-body.ts'
import { defaultPromotion } from '../../src/proof/promotion/promotion-test.ts'
import type { Router } from '../../src/routing/router.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { LivePolicy } from '../../src/training/live-policy.ts'
import { proposeCandidate } from '../../src/training/rollout.ts'
import { fillLog, fitByHand, fitConfused, openRefitStorage, refitRouter } from './refit-log.ts'

let folder: string
let storage: Storage

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pointsman-rollout-'))
  storage = await openRefitStorage(path.join(folder, 'pointsman.db'))
})

afterEach(async () => {
  await storage.close()
  await rm(folder, { recursive: true, force: true })
})

async function proposeConfused(): Promise<string> {
  const id = await fitConfused(storage)
  await proposeCandidate(storage.policies, id, { atMs: 5_000, detail: 'by a test' })
  return id
}

function controllerOf(router: Router, live: LivePolicy): RolloutController {
  const log = { info: () => {}, warn: () => {}, error: (fields: object) => expect.fail(JSON.stringify(fields)) }
  return new RolloutController(
    {
      router,
      policies: storage.policies,
      decisions: storage.decisions,
      candidate: () => live.candidatePolicy(),
      changed: () => live.follow(),
      lambda: 20,
      // Everything in the log was made long ago.
      clock: { now: () => 10_000_000 },
      newSalt: () => 'secret',
      idAt: () => '',
      log,
    },
    {
      ...defaultPromotion,
      shadowDecisions: 30,
      mode: 'auto',
      labelWindowMs: 1_000,
      conversationMs: 60_000,
      maxSilenceMs: 86_400_000,
    },
  )
}

test('a worse version, in a database: shadow, canary over restarts, held; another embedder reads the requests its own way', async () => {
  const first = await fitByHand(storage)
  const second = await proposeConfused()
  const router = await refitRouter(storage)
  const live = new LivePolicy(router, storage, { onError: (error) => expect.fail(String(error)) })
  await live.start()
  let controller = controllerOf(router, live)
  await controller.step()
  expect(router.trial?.terms.phase).toBe('shadow')
  await fillLog(storage, router, 40)
  await controller.step()
  expect(toRolloutBody(await controller.view())).toMatchObject({
    serving: first,
    candidate: { id: second, phase: 'canary', trial: 1, shadow: { decisions: 40 }, canary: { share: 0.1, units: 0 } },
    events: [{ kind: 'canary' }, { kind: 'shadow' }, { kind: 'released' }],
  })
  let units = 0
  for (let batch = 0; batch < 40; batch++) {
    await fillLog(storage, router, 100, 100 + batch)
    // As after a kill: nothing is left but what the database has.
    controller = controllerOf(router, live)
    await controller.step()
    const body = toRolloutBody(await controller.view())
    expect(body.candidate!.canary!.units).toBeGreaterThanOrEqual(units)
    expect(body.candidate!.canary!.units).toBeLessThanOrEqual(100 * (batch + 1))
    units = body.candidate!.canary!.units
    if (units > 0) expect(body.candidate!.canary!.no_feedback_since).toMatch(/^\d{4}-\d\d-\d\dT/)
    if (body.candidate!.phase === 'held') break
  }
  expect(toRolloutBody(await controller.view()).candidate).toMatchObject({
    phase: 'held',
    reason: expect.stringContaining('shown to be worse'),
  })
  expect(router.trial).toBeUndefined()
  expect(router.policy.version).toBe(first)
  const { decision } = (await storage.decisions.logged('', 50)).at(-1)!
  expect(decision.experiment).toMatchObject({ candidateVersion: second, phase: 'canary' })
  await live.close()
})
