import type { Command } from 'commander'
import type { ConfigFlags } from '../../config/load-config.ts'
import type { PointsmanConfig } from '../../config/pointsman-config.ts'
import type { EmbeddingModel } from '../../routing/registry/embedding-model.ts'
import type { Llm } from '../../routing/registry/llm.ts'
import type { StarterModel } from '../../routing/starter/starter-model.ts'
import type { NamesOf } from '../../routing/starter/starter-policy.ts'
import type { Storage } from '../../storage/storage.ts'
import { withConfigFlags } from '../config-flags.ts'
import { PlainError } from '../plain-error.ts'
import type { Colours, Tone } from '../terminal/colours.ts'
import type { Terminal } from '../terminal/terminal.ts'
import {
  checkAccess,
  checkConfig,
  checkDatabase,
  checkNames,
  checkNode,
  checkPrices,
  checkProviderKeys,
  checkStarter,
  checkUpstreams,
  type Finding,
  type ProviderToCheck,
} from './doctor-checks.ts'

/** The pool as the gateway would serve it. */
export interface PoolToCheck {
  /** In pool order, with prices and capabilities of the built-in table filled in. */
  readonly llms: readonly Llm[]
  readonly embeddings?: readonly EmbeddingModel[]
  readonly providers: readonly ProviderToCheck[]
  /** What was found in the environment and is not used, and why. */
  readonly problems?: readonly string[]
  readonly namesOf: NamesOf
  close(): Promise<void>
}

/** What the doctor looks at. */
export interface DoctorParts {
  /** As `process.versions.node`. */
  readonly nodeVersion: string
  readonly terminal: Terminal
  /** @throws {ConfigError} */
  loadConfig(flags: ConfigFlags): PointsmanConfig
  openStorage(config: PointsmanConfig): Promise<Storage>
  openPool(config: PointsmanConfig): Promise<PoolToCheck>
  loadStarter(this: void): Promise<StarterModel>
  /** Aborts when the upstreams have had long enough to answer. */
  probeDeadline(): AbortSignal
}

const marks: { readonly [status in Finding['status']]: readonly [mark: string, tone: Tone] } = {
  ok: ['✓', 'good'],
  warning: ['!', 'warning'],
  failed: ['✗', 'bad'],
}

/** Checks everything a start needs and prints each finding. @returns whether nothing failed. */
export async function runDoctor(parts: DoctorParts, flags: ConfigFlags): Promise<boolean> {
  const findings = await findEverything(parts, flags)
  for (const finding of findings) parts.terminal.out(describeFinding(finding, parts.terminal.colours))
  const failed = findings.filter((finding) => finding.status === 'failed').length
  if (failed > 0) parts.terminal.note(`${failed} ${failed === 1 ? 'check' : 'checks'} failed.`)
  return failed === 0
}

function describeFinding({ status, subject, detail }: Finding, colours: Colours): string {
  const [mark, tone] = marks[status]
  return `${colours[tone](mark)} ${subject}: ${detail.replaceAll(/\p{Cc}/gu, '\ufffd')}`
}

async function findEverything(parts: DoctorParts, flags: ConfigFlags): Promise<readonly Finding[]> {
  const node = checkNode(parts.nodeVersion)
  const { findings, config } = checkConfig(() => parts.loadConfig(flags))
  if (config === undefined) return [node, ...findings]
  const database = await checkDatabase(
    config.database.file,
    () => parts.openStorage(config),
    config.routing.starter ? parts.loadStarter : undefined,
  )
  // Not at the same time: the pool looks into the database too.
  const pool = await findPool(parts, config)
  const { host, masterKey } = config.server
  const access = database.keys === undefined ? [] : [checkAccess(host, database.keys, masterKey !== undefined)]
  return [node, ...findings, ...database.findings, ...access, ...pool]
}

async function findPool(parts: DoctorParts, config: PointsmanConfig): Promise<readonly Finding[]> {
  const pool = await openedPool(parts, config)
  if ('status' in pool) return [pool]
  try {
    return [
      ...(pool.problems ?? []).map((detail): Finding => ({ status: 'warning', subject: 'found', detail })),
      ...checkProviderKeys(pool.providers),
      ...checkPrices(pool.llms, pool.embeddings),
      ...checkNames(pool.llms, config.aliases),
      await checkStarter(pool.llms, pool.namesOf, config.routing.starter ? parts.loadStarter : undefined),
      // Without its key a provider has been told of already.
      ...(await checkUpstreams(
        pool.providers.filter((provider) => provider.hasKey || provider.keyVariable === undefined),
        pool.llms,
        parts.probeDeadline(),
      )),
    ]
  } finally {
    await pool.close()
  }
}

async function openedPool(parts: DoctorParts, config: PointsmanConfig): Promise<PoolToCheck | Finding> {
  try {
    return await parts.openPool(config)
  } catch (error) {
    if (!(error instanceof PlainError)) throw error
    return { status: 'failed', subject: 'pool', detail: error.message }
  }
}

/** Adds `doctor`. */
export function addDoctorCommand(program: Command, parts: DoctorParts): void {
  withConfigFlags(program.command('doctor'))
    .description('check configuration, keys, prices, database and providers; exit code 1 when something is wrong')
    .action(async (flags: ConfigFlags) => {
      if (!(await runDoctor(parts, flags))) process.exitCode = 1
    })
}
