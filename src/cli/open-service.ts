import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { KeyRing } from '../accounts/key-ring.ts'
import type { Environment } from '../config/environment.ts'
import type { PointsmanConfig } from '../config/pointsman-config.ts'
import { AlarmBoard } from '../gateway/alarms/alarm-board.ts'
import { createGateway, type Gateway } from '../gateway/create-gateway.ts'
import type { EmbeddingService, LearningView } from '../gateway/gateway-parts.ts'
import type { Logger } from '../gateway/logger.ts'
import { SingleReplay } from '../gateway/replay/single-replay.ts'
import { CircuitBreakers } from '../providers/resilience/circuit-breaker.ts'
import { withoutOwnAddress } from '../providers/vendor-address.ts'
import { SeededRandom } from '../routing/numeric/random-source.ts'
import type { LlmId } from '../routing/registry/llm.ts'
import type { Router } from '../routing/router.ts'
import { openSqliteStorage, type SqliteStorageOptions } from '../storage/sqlite/open-sqlite-storage.ts'
import type { Storage } from '../storage/storage.ts'
import type { LivePolicy } from '../training/live-policy.ts'
import { keepEmbedder } from '../training/load-policy.ts'
import { liveJudgeParts } from './grading-parts.ts'
import { keepCurrent } from './keep-current.ts'
import { openBudgets } from './open-budgets.ts'
import { openOnboarding } from './open-onboarding.ts'
import { type OpenPool, openPool } from './open-pool.ts'
import { openRollout } from './open-rollout.ts'
import { openRouter } from './open-router.ts'
import { openTraining } from './open-training.ts'
import { ReplayInWorker } from './replay-in-worker.ts'
import { RuntimePool } from './runtime-pool.ts'
import { newRequestId, packageVersion, randomSeed, systemClock } from './system.ts'
import { warmUp } from './warm-up.ts'

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
    await storage.close().catch((also: unknown) => log.error({ err: also }, 'the database could not be closed'))
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
  const alarms = openAlarms(pool, router, log)
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
      learning: learningView(router, live, storage),
      decisions: storage.decisions,
      storeLost,
      feedback: storage.feedback,
      responses: storage.responses,
      keys,
      poolEditor: runtimePool,
      onboarding: onboarding.desk,
      policyAdmin: training,
      rollout: rollout.controller,
      replay: openReplays(config, router),
      spend: budgets.spend,
      pacing: budgets.pacing,
      alarms,
      providerFor: pool.providerFor,
      priceOf: pool.priceOf,
      embeddings: embeddingService(pool, storage),
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
  const stopLooking = keepCurrent({ config, storage, live, keys, alarms, runtimePool, log })
  let closing: Promise<void> | undefined
  const close = async () => {
    stopLooking()
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

function openAlarms(pool: OpenPool, router: Router, log: Logger): AlarmBoard {
  return new AlarmBoard({
    llm: (id) => router.pool.get(id),
    priceOf: pool.priceOf,
    qualityAlarms: () => router.policy.alarms,
    onCostChange: (llm, factor) => router.rescaleCost(llm, factor),
    clock: systemClock,
    log,
  })
}

function learningView(router: Router, live: LivePolicy, storage: Storage): LearningView {
  return {
    serving: () => ({
      policyVersion: router.policy.version,
      embedderId: router.policy.embedder.id,
      labelSequence: live.labelSequence,
    }),
    versions: () => storage.policies.listVersions(),
  }
}

function openReplays(config: PointsmanConfig, router: Router): SingleReplay {
  return new SingleReplay(
    new ReplayInWorker(() => ({
      file: config.database.file,
      pool: router.pool.list(),
      serving: { version: router.policy.version, costReferenceUsd: router.policy.costReferenceUsd },
      options: router.options,
      lambda: config.routing.lambda,
    })),
  )
}

function embeddingService(pool: OpenPool, storage: Storage): EmbeddingService {
  return {
    list: () => pool.embeddings,
    providerFor: pool.embeddingProviderFor,
    priceOf: pool.embeddingPriceOf,
    charges: storage.charges,
  }
}
