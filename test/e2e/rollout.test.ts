import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { frozenPriors } from '../../src/gateway/rollout/frozen-priors.ts'
import type { RolloutBody } from '../../src/gateway/wire/rollout-body.ts'
import { defaultPromotion } from '../../src/proof/promotion/promotion-test.ts'
import { RolloutTrial } from '../../src/proof/promotion/rollout-trial.ts'
import type { LoggedDecision } from '../../src/routing/decision-store.ts'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { loadPolicyVersion } from '../../src/training/load-policy.ts'
import { proposeCandidate, releaseVersion } from '../../src/training/rollout.ts'
import { fitByHand, fitConfused, openRefitStorage, question, refitPool } from '../integration/refit-log.ts'
import { type GatewayProcess, startGateway } from '../replay/gateway-process.ts'
import { startYesUpstream, type YesUpstream } from './yes-upstream.ts'

const masterKey = 'pm-of-the-rollout'
const callers = 8
const shadowDecisions = 60

let folder: string
let upstream: YesUpstream
let gateway: GatewayProcess | undefined
const random = new SeededRandom(17)

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-rollout-'))
  upstream = await startYesUpstream([20, 100])
})

afterEach(async () => {
  await gateway?.kill()
  gateway = undefined
  upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

/** One version fitted on what is true serves, one fitted on the contrary is on trial, or the other way round. */
async function prepare(which: {
  readonly serving: 'true' | 'confused'
  readonly alpha?: number
}): Promise<{ serving: string; tried: string }> {
  const configuration = {
    server: { master_key: 'env:ROLLOUT_KEY' },
    providers: { local: { kind: 'openai-compatible', base_url: upstream.baseUrl } },
    // Of one price: what they are worth is what is said of them.
    llms: refitPool.map(({ id }) => ({ id, provider: 'local', price: { input: 1, output: 1 } })),
    training: { refit_after_labels: 0, refit_every_hours: 0 },
    promotion: {
      shadow_decisions: shadowDecisions,
      canary_share: 0.5,
      alpha: which.alpha,
      label_window_minutes: 0.05,
      conversation_minutes: 0.02,
    },
    database: 'pointsman.db',
    log_level: 'error',
  }
  writeFileSync(path.join(folder, 'pointsman.yaml'), JSON.stringify(configuration))
  return withStorage(async (storage) => {
    const [rightly, confused] = [await fitByHand(storage), await fitConfused(storage)]
    const [serving, tried] = which.serving === 'true' ? [rightly, confused] : [confused, rightly]
    const step = { atMs: Date.now(), detail: 'by a test' }
    await releaseVersion(storage.policies, serving, step)
    await proposeCandidate(storage.policies, tried, step)
    return { serving, tried }
  })
}

async function withStorage<T>(act: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = await openRefitStorage(path.join(folder, 'pointsman.db'))
  try {
    return await act(storage)
  } finally {
    await storage.close()
  }
}

async function serve(): Promise<GatewayProcess> {
  gateway = await startGateway(folder, { environment: { ROLLOUT_KEY: masterKey } })
  return gateway
}

async function call<T>({ url }: GatewayProcess, route: string, body?: object): Promise<T> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${masterKey}` }
  const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(url + route, { ...sent, headers })
  const said = (await response.json()) as T
  if (response.status !== 200) throw new Error(`${route}: ${response.status} ${JSON.stringify(said)}`)
  return said
}

const look = (running: GatewayProcess) => call<RolloutBody>(running, '/admin/rollout')

/** `cheap` cannot count. */
const truth = (topic: number, llm: string): number => (llm === 'cheap' && topic === 0 ? 0.2 : 0.9)

/** Asks and judges until `life` is over; a request that fails before is a fault. */
async function judge(
  running: GatewayProcess,
  life: { isOver: boolean },
  worth: typeof truth,
  isJudged = true,
): Promise<void> {
  try {
    while (!life.isOver) {
      const { text, topic } = question(random)
      const messages = [{ role: 'user', content: `${text} ${random.next()}` }]
      const answer = await call<{ id: string; model: string }>(running, '/v1/chat/completions', {
        model: 'auto',
        messages,
      })
      const score = worth(topic, answer.model)
      if (isJudged) await call(running, '/v1/feedback', { response_id: answer.id, source: 'judge', score })
    }
  } catch (error) {
    if (!life.isOver) throw error
  }
}

/** Judged traffic until the rollout is as is waited for. */
async function until(
  running: GatewayProcess,
  isSo: (rollout: RolloutBody) => boolean,
  isJudged = true,
): Promise<RolloutBody> {
  const life = { isOver: false }
  const loops = Array.from({ length: callers }, () => judge(running, life, truth, isJudged))
  try {
    for (;;) {
      const rollout = await look(running)
      if (isSo(rollout)) return rollout
      await Promise.race([wait(200), Promise.all(loops)])
    }
  } finally {
    life.isOver = true
    await Promise.all(loops)
  }
}

test('over HTTP: a better version goes from shadow by a canary to serving', async () => {
  const { serving, tried } = await prepare({ serving: 'confused', alpha: 0.1 })
  const running = await serve()
  expect(await look(running)).toMatchObject({ serving, candidate: { id: tried, phase: 'shadow', canary: null } })
  // Unjudged: what serves would learn from labels meanwhile, and be as good when the canary begins.
  const onTrial = await until(running, ({ candidate }) => candidate?.phase === 'canary', false)
  expect(onTrial.candidate).toMatchObject({ canary: { share: 0.5, e_value_needed: expect.closeTo(16.45, 1) } })
  expect(onTrial.candidate!.shadow!.decisions).toBeGreaterThanOrEqual(shadowDecisions)
  const ended = await until(running, ({ candidate }) => candidate === null)
  expect(ended.serving).toBe(tried)
  expect(ended.events.map(({ kind }) => kind).slice(0, 3)).toEqual(['promoted', 'canary', 'shadow'])
  expect(ended.events[0]!.detail).toMatch(/^shown to be better: \d+ labelled conversations, gain in utility \+/)
  const { policy_version: version, experiment } = await decide(running)
  expect({ version, experiment }).toEqual({ version: tried, experiment: null })
})

test('over HTTP: a worse version is held, the reason is told, and no request follows it any more', async () => {
  const { serving, tried } = await prepare({ serving: 'true' })
  const running = await serve()
  const ended = await until(running, ({ candidate }) => candidate?.phase === 'held')
  expect(ended).toMatchObject({ serving, candidate: { id: tried, canary: { verdict: 'worse' } } })
  expect(ended.candidate!.reason).toMatch(/^shown to be worse: \d+ labelled conversations, gain in utility −/)
  expect(await decide(running)).toMatchObject({ policy_version: serving, experiment: null })
})

async function decide(running: GatewayProcess) {
  const messages = [{ role: 'user', content: question(random).text }]
  const { id } = await call<{ id: string }>(running, '/v1/chat/completions', { model: 'auto', messages })
  return call<{ policy_version: string; experiment: unknown }>(running, `/v1/decisions/${id}`)
}

test('kill -9 during a canary: every judged request counts once, bit for bit as if nothing had happened', async () => {
  const alpha = 1e-9
  const { serving, tried } = await prepare({ serving: 'true', alpha })
  // Worth the same whatever is chosen: evidence grows; one time in twenty at most the version is held as worse, and counting ends there.
  const worth = () => Math.round(random.next())
  const livesMs = [9_000, 400, 14_000, 1_500, 6_000, 11_000]
  for (const ms of livesMs) {
    const running = await serve()
    const life = { isOver: false }
    const loops = Array.from({ length: callers }, () => judge(running, life, worth))
    await Promise.race([wait(ms), Promise.all(loops)])
    life.isOver = true
    await running.kill()
    await Promise.all(loops)
  }
  const last = await serve()
  await wait(10_000)
  const { candidate } = await look(last)
  expect(await last.stop()).toBe(0)
  await withStorage(async (storage) => {
    const log = await storage.decisions.logged('', 1_000_000)
    const saved = (await storage.policies.rollout()).candidate!
    const evidence = saved.evidence as {
      units: { cursor: string }
      test: object
      salt: string
      lambda: number
      costReferenceUsd: number
    }
    const isCounted = ({ decision: { id, experiment }, labels }: LoggedDecision) =>
      experiment?.phase === 'canary' && id <= evidence.units.cursor && labels.length > 0
    const { units, verdict } = candidate!.canary!
    expect(units).toBeGreaterThan(20)
    if (verdict === 'undecided') expect(units).toBe(log.filter(isCounted).length)
    const scale = { lambda: evidence.lambda, costReferenceUsd: evidence.costReferenceUsd }
    const identity = { version: tried, trial: 1, scale, salt: evidence.salt }
    const options = {
      ...defaultPromotion,
      alpha,
      canaryShare: 0.5,
      shadowDecisions,
      mode: 'auto',
      labelWindowMs: 3_000,
      conversationMs: 1_200,
      maxSilenceMs: 86_400_000,
    } as const
    const undisturbed = new RolloutTrial(identity, '', options)
    undisturbed.beginCanary()
    const [serves, tries] = [
      await loadPolicyVersion(storage.policies, serving, refitPool),
      await loadPolicyVersion(storage.policies, tried, refitPool),
    ]
    const priors = frozenPriors(serves, tries)
    for (const logged of log) if (logged.decision.id <= evidence.units.cursor) undisturbed.add(logged, priors)
    undisturbed.countUntil(Number.POSITIVE_INFINITY)
    expect(saved.evidence).toMatchObject({ test: undisturbed.test.snapshot() })
  })
})
