import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { KeyRing } from '../accounts/key-ring.ts'
import type { Environment } from '../config/environment.ts'
import type { PointsmanConfig } from '../config/pointsman-config.ts'
import { AlarmBoard } from '../gateway/alarms/alarm-board.ts'
import { createGateway, type Gateway } from '../gateway/create-gateway.ts'
import type { Logger } from '../gateway/logger.ts'
import { SingleReplay } from '../gateway/replay/single-replay.ts'
import { CircuitBreakers } from '../providers/resilience/circuit-breaker.ts'
import { withoutOwnAddress } from '../providers/vendor-address.ts'
import { defaultExploration, noExploration } from '../routing/decision/choice.ts'
import { RoutingError } from '../routing/errors.ts'
import { SeededRandom } from '../routing/numeric/random-source.ts'
import { CompletionTimeModel } from '../routing/prediction/completion-time-model.ts'
import type { LlmId } from '../routing/registry/llm.ts'
import { LlmRegistry } from '../routing/registry/llm-registry.ts'
import { Router, type RouterOptions } from '../routing/router.ts'
import { openSqliteStorage, type SqliteStorageOptions } from '../storage/sqlite/open-sqlite-storage.ts'
import type { Storage } from '../storage/storage.ts'
import { describeIdleLabels, labelsByEmbedder } from '../training/label-embedders.ts'
import { LivePolicy, type LivePolicyOptions } from '../training/live-policy.ts'
import { keepEmbedder, loadServingPolicy, shortcomingOf } from '../training/load-policy.ts'
import { loadStarter } from '../training/starter/starter-file.ts'
import { liveJudgeParts } from './grading-parts.ts'
import { openBudgets } from './open-budgets.ts'
import { openOnboarding } from './open-onboarding.ts'
import { type OpenPool, openPool } from './open-pool.ts'
import { openRollout } from './open-rollout.ts'
import { openTraining } from './open-training.ts'
import { ReplayInWorker } from './replay-in-worker.ts'
import { RuntimePool } from './runtime-pool.ts'
import { newDecisionId, newRequestId, packageVersion, randomSeed, systemClock } from './system.ts'
import { warmUp } from './warm-up.ts'

/** How soon a key issued or revoked by a command counts, and a version fitted by one serves. */
const keyRefreshMs = 2_000
const policyRefreshMs = 2_000
const poolRefreshMs = 2_000
/** How soon an alarm that labels raised is in the log. */
const alarmPollMs = 5_000
const pruneMs = 6 * 3_600_000
const dayMs = 86_400_000

/** Everything a serving process is made of, joined. Closing it closes all of it. */
export interface Service {
  readonly config: PointsmanConfig
  readonly pool: OpenPool
  readonly router: Router
  readonly gateway: Gateway
  readonly keys: KeyRing
  /** Labels learned at the start, from the log. */
  readonly labelSequence: number
  close(): Promise<void>
}

/** Opens the database, the pool and the policy, brings what was learned up to date, and joins the gateway. */
export async function openService(config: PointsmanConfig, environment: Environment, log: Logger): Promise<Service> {
  // One gateway per database: two would each spend the whole of every cap.
  let isStoreLost = false
  const storage = await openStorage(config, {
    exclusive: true,
    onError(error) {
      isStoreLost = true
      log.error({ err: error }, 'the database is lost: serving without learning until it is open again')
    },
    onReopened() {
      isStoreLost = false
      log.info({}, 'the database is open again')
    },
  })
  try {
    return await joinService(config, environment, log, storage, () => isStoreLost)
  } catch (error) {
    // The first fault is the one to tell.
    await storage.close().catch(logged(log, 'the database could not be closed'))
    throw error
  }
}

/**
 * Takes into the pool what was added to it while a gateway served.
 *
 * @param onError told of each LLM that cannot serve now.
 */
export async function restorePool(
  { server }: PointsmanConfig,
  environment: Environment,
  pool: OpenPool,
  storage: Pick<Storage, 'pool'>,
  onError: (llm: LlmId, error: unknown) => void,
): Promise<RuntimePool> {
  const variables = { environment: withoutOwnAddress(environment, server), listed: server.modelKeyVariables }
  const runtimePool = new RuntimePool(pool, storage.pool, variables, systemClock)
  await runtimePool.restore(onError)
  return runtimePool
}

/** Opens the configured database, making its folder where there is none. */
export async function openStorage(
  config: PointsmanConfig,
  options: Omit<SqliteStorageOptions, 'file'> = {},
): Promise<Storage> {
  const { file } = config.database
  await mkdir(path.dirname(file), { recursive: true })
  return openSqliteStorage({ file, ...options })
}

async function joinService(
  config: PointsmanConfig,
  environment: Environment,
  log: Logger,
  storage: Storage,
  storeLost: () => boolean,
): Promise<Service> {
  const pool = await openPool(config, environment)
  const runtimePool = await restorePool(config, environment, pool, storage, (llm, error) =>
    log.warn({ err: error, llm }, 'an LLM added at run time cannot serve'),
  )
  const breakers = new CircuitBreakers(systemClock)
  const { router, live } = await openRouter(config, pool, storage, {
    onError: (error) => log.error({ err: error }, 'a label could not be learned'),
    onStarterError: (error) => log.warn({ err: error }, 'serving without the starter policy'),
    onShortcoming: (shortcoming) => log.warn({}, shortcoming),
    isHealthy: (llm) => breakers.for(llm).available,
  })
  runtimePool.serve(router.pool)
  await keepEmbedder(router.policy, storage.policies)
  const alarms = new AlarmBoard({
    llm: (id) => router.pool.get(id),
    priceOf: pool.priceOf,
    qualityAlarms: () => router.policy.alarms,
    onCostChange: (llm, factor) => router.policy.cost.rescale?.(llm, factor),
    clock: systemClock,
    log,
  })
  await warmUp(router, storage.decisions, alarms)
  alarms.begin()
  const keys = await KeyRing.load(storage.keys, config.server.masterKey?.reveal())
  const budgets = await openBudgets(config, pool.dailyCapUsd, storage, keys, router, log)
  const training = openTraining(config.training, { router, live, storage, log })
  const rollout = openRollout(config.promotion, config.routing.lambda, { router, live, storage, log })
  const onboarding = openOnboarding({
    ...{ config, environment, pool, storage, editor: runtimePool, spend: budgets.spend },
    current: () => router.policy,
    serving: () => live.follow().then(() => router.policy),
    released: () => live.follow().then(() => undefined),
    onError: (error, llm) => log.error({ err: error, llm }, 'an LLM could not be probed'),
  })
  await onboarding.desk.markInterrupted()
  const { server } = config
  const gateway = createGateway(
    {
      router,
      labels: live,
      learning: {
        serving: () => ({
          policyVersion: router.policy.version,
          embedderId: router.policy.embedder.id,
          labelSequence: live.labelSequence,
        }),
        versions: () => storage.policies.listVersions(),
      },
      decisions: storage.decisions,
      storeLost,
      feedback: storage.feedback,
      responses: storage.responses,
      keys,
      poolEditor: runtimePool,
      onboarding: onboarding.desk,
      policyAdmin: training,
      rollout: rollout.controller,
      replay: new SingleReplay(
        new ReplayInWorker(() => ({
          file: config.database.file,
          pool: router.pool.list(),
          serving: { version: router.policy.version, costReferenceUsd: router.policy.costReferenceUsd },
          options: router.options,
          lambda: config.routing.lambda,
        })),
      ),
      spend: budgets.spend,
      pacing: budgets.pacing,
      alarms,
      providerFor: pool.providerFor,
      priceOf: pool.priceOf,
      embeddings: {
        list: () => pool.embeddings,
        providerFor: pool.embeddingProviderFor,
        priceOf: pool.embeddingPriceOf,
        charges: storage.charges,
      },
      judge: liveJudgeParts(config, storage.charges),
      resilience: { breakers, retry: { maxAttempts: 2, random: new SeededRandom(randomSeed()) } },
      clock: systemClock,
      newId: newRequestId,
      log,
    },
    {
      version: packageVersion(),
      allowedHosts: server.allowedHosts,
      defaultLambda: config.routing.lambda,
      feedback: config.feedback,
      ...server.limits,
    },
  )
  const timers = [
    setInterval(() => refreshPolicy(live, log), policyRefreshMs),
    setInterval(() => prune(storage, config, log), pruneMs),
    setInterval(() => refreshKeys(keys, log), keyRefreshMs),
    setInterval(() => alarms.poll(), alarmPollMs),
    setInterval(() => refreshPool(runtimePool, live, log), poolRefreshMs),
  ]
  for (const timer of timers) timer.unref()
  prune(storage, config, log)
  let closing: Promise<void> | undefined
  const close = async () => {
    for (const timer of timers) clearInterval(timer)
    await onboarding.close()
    await gateway.close()
    await budgets.close()
    await training.close()
    await rollout.close()
    await live.close()
    await pool.close()
    await storage.close()
  }
  return {
    config,
    pool,
    router,
    gateway,
    keys,
    labelSequence: live.labelSequence,
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

/** A router on the newest policy, with every committed label learned. */
export async function openRouter(
  config: PointsmanConfig,
  pool: OpenPool,
  storage: Storage,
  hooks: LivePolicyOptions & {
    readonly isHealthy?: (llm: string) => boolean
    /** The starter policy cannot be read, and is not used. */
    readonly onStarterError: (error: unknown) => void
    /** The policy serves, but worse than it could. */
    readonly onShortcoming: (shortcoming: string) => void
  },
): Promise<{ readonly router: Router; readonly live: LivePolicy }> {
  const { seed } = config.routing
  const starter = config.routing.starter ? await loadStarter().catch(hooks.onStarterError) : undefined
  const start = { starter: starter ?? undefined, namesOf: pool.namesOf, feedback: storage.feedback }
  const policy = await loadServingPolicy(storage.policies, pool.llms, {}, start).catch((error: unknown) => {
    throw inDatabase(error, config.database.file)
  })
  const shortcoming = shortcomingOf(policy)
  if (shortcoming !== undefined) hooks.onShortcoming(shortcoming)
  const idle = describeIdleLabels(await labelsByEmbedder(storage.feedback), policy.embedder.id)
  if (idle !== undefined) hooks.onShortcoming(idle)
  const router = new Router(
    {
      pool: new LlmRegistry(
        pool.llms,
        pool.aliases,
        pool.embeddings.map(({ id }) => id),
      ),
      policy,
      times: new CompletionTimeModel(),
      random: new SeededRandom(seed ?? randomSeed()),
      clock: systemClock,
      newId: newDecisionId,
      ...(hooks.isHealthy === undefined ? {} : { isHealthy: hooks.isHealthy }),
    },
    routerOptionsOf(config),
  )
  const live = new LivePolicy(router, storage, { ...hooks, start })
  await live.start()
  return { router, live }
}

/** How requests are decided, as configured. */
export function routerOptionsOf({ routing: { exploration, timeLimitMs } }: PointsmanConfig): Partial<RouterOptions> {
  return {
    exploration: exploration.enabled
      ? { ...defaultExploration, price: exploration.price, floor: exploration.floor }
      : noExploration,
    ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
  }
}

/** A policy that cannot be read is told with the database it is in. */
function inDatabase(error: unknown, file: string): unknown {
  if (!(error instanceof RoutingError)) return error
  return new RoutingError(error.code, `${file}: ${error.message}`, { cause: error })
}

function refreshPolicy(live: LivePolicy, log: Logger): void {
  live.refresh().then(
    (version) => {
      if (version !== undefined) log.info({ policy: version }, 'another policy version serves')
    },
    logged(log, 'the policy version to serve could not be loaded'),
  )
}

function refreshPool(runtimePool: RuntimePool, live: LivePolicy, log: Logger): void {
  const onError = (llm: LlmId, error: unknown) => log.warn({ err: error, llm }, 'an LLM added at run time cannot serve')
  runtimePool.refresh(onError, () => live.follow()).catch(logged(log, 'the pool could not be read again'))
}

function refreshKeys(keys: KeyRing, log: Logger): void {
  keys.refresh().catch(logged(log, 'keys could not be read again'))
}

function prune(storage: Storage, config: PointsmanConfig, log: Logger): void {
  const beforeMs = systemClock.now() - config.retentionDays * dayMs
  storage.decisions.prune(beforeMs).then(
    (pruned) => {
      if (pruned > 0) log.info({ pruned }, 'old decisions removed')
    },
    logged(log, 'old decisions could not be removed'),
  )
}

function logged(log: Logger, message: string): (error: unknown) => void {
  return (error) => log.error({ err: error }, message)
}
