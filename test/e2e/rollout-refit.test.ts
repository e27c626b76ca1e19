import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { toListBody } from '../../src/gateway/wire/policy-bodies.ts'
import type { RolloutBody } from '../../src/gateway/wire/rollout-body.ts'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'
import { releaseVersion } from '../../src/training/rollout.ts'
import { fitConfused, openRefitStorage, question, refitPool } from '../integration/refit-log.ts'
import { type GatewayProcess, runCommand, startGateway } from '../replay/gateway-process.ts'
import { startYesUpstream, type YesUpstream } from './yes-upstream.ts'

const masterKey = 'pm-of-the-refit-on-trial'
const callers = 8
const shadowDecisions = 60
/** Without rows of a fit by hand this many must be there. */
const labelsUntilRefit = 500
const waitMs = 400_000

/** Worth of an answer of an LLM, 0 or 1, to a question of a topic, 0 or 1. */
type Worth = (topic: number, llm: number) => number

/** What the serving version was fitted on, `fitConfused`: each is good at the topic of its own number. */
const asFitted: Worth = (topic, llm) => (llm === topic ? 0.9 : 0.2)
/** Each has become good at what the other was good at. */
const exchanged: Worth = (topic, llm) => (llm === topic ? 0.2 : 0.9)

let folder: string
let upstream: YesUpstream
let gateway: GatewayProcess
let serving: string
const random = new SeededRandom(23)

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-refit-on-trial-'))
  upstream = await startYesUpstream([20, 100])
  const configuration = {
    server: { master_key: 'env:ROLLOUT_KEY' },
    providers: { local: { kind: 'openai-compatible', base_url: upstream.baseUrl } },
    // Of one price: what they are worth is what is said of them.
    llms: refitPool.map(({ id }) => ({ id, provider: 'local', price: { input: 1, output: 1 } })),
    training: { refit_after_labels: labelsUntilRefit, refit_every_hours: 0 },
    promotion: {
      shadow_decisions: shadowDecisions,
      canary_share: 0.5,
      alpha: 0.1,
      label_window_minutes: 0.05,
      conversation_minutes: 0.02,
    },
    routing: { seed: 1 },
    database: 'pointsman.db',
    log_level: 'error',
  }
  writeFileSync(path.join(folder, 'pointsman.yaml'), JSON.stringify(configuration))
  const storage = await openRefitStorage(path.join(folder, 'pointsman.db'))
  serving = await fitConfused(storage)
  await releaseVersion(storage.policies, serving, { atMs: Date.now(), detail: 'by a test' })
  await storage.close()
  gateway = await startGateway(folder, { environment: { ROLLOUT_KEY: masterKey } })
})

afterEach(async () => {
  await gateway.kill()
  upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

async function call<T>(route: string, body?: object): Promise<T> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${masterKey}` }
  const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(gateway.url + route, { ...sent, headers })
  const said = (await response.json()) as T
  if (response.status !== 200) throw new Error(`${route}: ${response.status} ${JSON.stringify(said)}`)
  return said
}

const look = () => call<RolloutBody>('/admin/rollout')
const list = () => call<ReturnType<typeof toListBody>>('/admin/policies')

async function ask(): Promise<{ readonly topic: number; readonly id: string; readonly llm: number }> {
  const { text, topic } = question(random)
  const messages = [{ role: 'user', content: `${text} ${random.next()}` }]
  const { id, model } = await call<{ id: string; model: string }>('/v1/chat/completions', { model: 'auto', messages })
  return { topic, id, llm: refitPool.findIndex((llm) => llm.id === model) }
}

/** Judged traffic until the rollout is as is waited for. @param worth undefined: nobody judges. */
async function until(worth: Worth | undefined, isSo: (rollout: RolloutBody) => boolean): Promise<RolloutBody> {
  let isOver = false
  const judge = async () => {
    while (!isOver) {
      const { topic, id, llm } = await ask()
      if (worth === undefined) continue
      await call('/v1/feedback', { response_id: id, source: 'judge', score: worth(topic, llm) })
    }
  }
  const loops = Array.from({ length: callers }, judge)
  try {
    for (;;) {
      const rollout = await look()
      if (isSo(rollout)) return rollout
      await Promise.race([wait(200), Promise.all(loops)])
    }
  } finally {
    isOver = true
    await Promise.all(loops)
  }
}

/** Labels of what `worth` says until the schedule has fitted them, on a thread of its own, and put the version on trial. */
async function untilRefitted(worth: Worth) {
  const { candidate } = await until(worth, (rollout) => rollout.candidate !== null)
  const version = (await list()).versions.find(({ id }) => id === candidate!.id)!
  expect(version).toMatchObject({ origin: 'refit', parent: serving, serving: false, candidate: { phase: 'shadow' } })
  expect(version.labels_through).toBeGreaterThanOrEqual(labelsUntilRefit)
  return version
}

/** What a command prints while the gateway serves. */
async function pointsman(...args: readonly string[]): Promise<string> {
  return stripVTControlCharacters(await runCommand(folder, args, { ROLLOUT_KEY: masterKey }))
}

async function decide() {
  const said = await call<{ policy_version: string; experiment: unknown }>(`/v1/decisions/${(await ask()).id}`)
  return { policy_version: said.policy_version, experiment: said.experiment }
}

/** Mean worth of answers to questions that nobody judges. */
async function meanWorth(worth: Worth, questions: number): Promise<number> {
  let sum = 0
  for (let i = 0; i < questions; i++) {
    const { topic, llm } = await ask()
    sum += worth(topic, llm)
  }
  return sum / questions
}

test('traffic that moves: the schedule fits its labels anew, and the version goes by shadow and canary to serving', {
  timeout: waitMs,
}, async () => {
  const before = await meanWorth(exchanged, 100)
  const { id, labels_through } = await untilRefitted(exchanged)
  await until(undefined, ({ candidate }) => candidate?.phase === 'canary')
  const ended = await until(exchanged, ({ candidate }) => candidate === null)
  expect(ended.serving).toBe(id)
  const steps = ended.events.filter(({ version }) => version === id)
  expect(steps.map(({ kind }) => kind)).toEqual(['promoted', 'canary', 'shadow'])
  expect(steps[0]!.detail).toMatch(/^shown to be better: \d+ labelled conversations, gain in utility \+/)
  // It serves, and has learned what the one before had not.
  expect(await decide()).toEqual({ policy_version: id, experiment: null })
  expect(await meanWorth(exchanged, 100)).toBeGreaterThan(before + 0.15)

  const printed = await pointsman('policies', 'list')
  expect(printed).toContain(id)
  expect(printed).toContain(serving)
  expect(await pointsman('policies', 'show', id)).toContain(`refit: 0 prompts`)
  expect(await pointsman('policies', 'diff', serving, id)).toContain('cheap')
  // Of each label: whether it is in the fit, and that what serves knows it.
  const first = await call<Record<string, unknown>>('/v1/feedback/fb-1')
  expect(first).toMatchObject({ in_fit_of: [id], learned: { policy_version: id, applied: true } })
  const later = await call<Record<string, unknown>>(`/v1/feedback/fb-${labels_through + 1}`)
  expect(later).toMatchObject({ in_fit_of: [], learned: { policy_version: id, applied: true } })
})

test('a judge that errs: what is fitted on its labels is held by what better ones say of it, and the reason is told', {
  timeout: waitMs,
}, async () => {
  const { id } = await untilRefitted(exchanged)
  await until(undefined, ({ candidate }) => candidate?.phase === 'canary')
  const ended = await until(asFitted, ({ candidate }) => candidate?.phase === 'held')
  expect(ended).toMatchObject({ serving, candidate: { id, canary: { verdict: 'worse' } } })
  expect(ended.candidate!.reason).toMatch(/^shown to be worse: \d+ labelled conversations, gain in utility −/)
  expect((await list()).versions.find((version) => version.id === id)).toMatchObject({
    candidate: { phase: 'held', reason: ended.candidate!.reason },
  })
  expect(await pointsman('policies', 'list')).toContain('held')
  expect(await decide()).toEqual({ policy_version: serving, experiment: null })
})
