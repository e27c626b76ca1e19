import type { ApiKey } from '../../accounts/api-key.ts'
import { ConfigError, describeProblem } from '../../config/config-error.ts'
import type { PointsmanConfig } from '../../config/pointsman-config.ts'
import type { ChatProvider } from '../../providers/chat-provider.ts'
import { listsModel } from '../../providers/lists-model.ts'
import type { EmbeddingModel } from '../../routing/registry/embedding-model.ts'
import type { Llm } from '../../routing/registry/llm.ts'
import type { StarterModel } from '../../routing/starter/starter-model.ts'
import { type NamesOf, starterPolicy } from '../../routing/starter/starter-policy.ts'
import type { Storage } from '../../storage/storage.ts'
import { describeIdleLabels, labelsByEmbedder } from '../../training/label-embedders.ts'
import { loadServingPolicy, shortcomingOf } from '../../training/load-policy.ts'

/** `failed`: Pointsman cannot do its work. `warning`: it works, but worse than it could. */
export interface Finding {
  readonly status: 'ok' | 'warning' | 'failed'
  /** What was looked at. */
  readonly subject: string
  /** What was found, and for anything but `ok` what to do. */
  readonly detail: string
}

/** A provider as configured or discovered. */
export interface ProviderToCheck {
  readonly name: string
  readonly chat: ChatProvider
  /** The variable its key is read from; undefined where it needs none. */
  readonly keyVariable: string | undefined
  readonly hasKey: boolean
}

const oldestNode = { major: 22, minor: 18 }

/** @param version as `process.versions.node`. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const fits = major > oldestNode.major || (major === oldestNode.major && minor >= oldestNode.minor)
  const detail = fits ? version : `${version} is too old; install ${oldestNode.major}.${oldestNode.minor} or newer`
  return { status: fits ? 'ok' : 'failed', subject: 'Node', detail }
}

/** Reads the configuration; without one there is nothing else to check. */
export function checkConfig(load: () => PointsmanConfig): {
  readonly findings: readonly Finding[]
  readonly config: PointsmanConfig | undefined
} {
  const subject = 'configuration'
  try {
    const config = load()
    const notices = config.notices.map((detail): Finding => ({ status: 'warning', subject, detail }))
    return { findings: [{ status: 'ok', subject, detail: config.file ?? 'no file; defaults' }, ...notices], config }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const findings = error.problems.map((problem): Finding => {
      return { status: 'failed', subject, detail: describeProblem(problem) }
    })
    return { findings, config: undefined }
  }
}

export function checkProviderKeys(providers: readonly ProviderToCheck[]): readonly Finding[] {
  return providers
    .filter((provider) => provider.keyVariable !== undefined)
    .map(({ name, keyVariable, hasKey }): Finding => {
      const subject = `key of ${name}`
      if (hasKey) return { status: 'ok', subject, detail: 'set' }
      return { status: 'failed', subject, detail: `set ${keyVariable}, or api_key in the configuration` }
    })
}

/** @param llms the pool as it will serve, prices of the built-in table filled in; `embeddings` likewise. */
export function checkPrices(llms: readonly Llm[], embeddings: readonly EmbeddingModel[] = []): readonly Finding[] {
  const subject = 'prices'
  if (llms.length === 0) return [{ status: 'failed', subject: 'pool', detail: 'there is no LLM to route to' }]
  const unknown = [...llms, ...embeddings].filter(({ price }) => price === undefined)
  if (unknown.length === 0) return [{ status: 'ok', subject, detail: `known for every LLM of ${llms.length}` }]
  return unknown.map(({ id }): Finding => {
    const detail = `unknown for ${id}: its cost cannot be weighed or capped; give it a price in the configuration`
    return { status: 'warning', subject, detail }
  })
}

/** What clients will stumble over although it can be served: names that lead nowhere, efforts that change nothing. */
export function checkNames(llms: readonly Llm[], aliases: PointsmanConfig['aliases']): readonly Finding[] {
  const ids = new Set(llms.map((llm) => llm.id))
  const astray = aliases.filter(([, target]) => !ids.has(target) && target !== 'auto' && !target.startsWith('auto:'))
  const idle = llms.filter(({ reasoningEffort, capabilities }) => {
    return reasoningEffort !== undefined && capabilities.reasoning === false
  })
  return [
    ...astray.map(([name, target]): Finding => {
      return { status: 'warning', subject: `alias ${name}`, detail: `${target} is not in the pool` }
    }),
    ...idle.map(({ id, upstreamModel }): Finding => {
      const detail = `${upstreamModel} is not known to think, so that its effort changes nothing; leave efforts out`
      return { status: 'warning', subject: `effort of ${id}`, detail }
    }),
  ]
}

/**
 * Whether the starter policy can be read, and whom it knows.
 *
 * @param load undefined where it is switched off.
 */
export async function checkStarter(
  llms: readonly Llm[],
  namesOf: NamesOf,
  load: (() => Promise<StarterModel>) | undefined,
): Promise<Finding> {
  const subject = 'starter'
  if (load === undefined) return { status: 'ok', subject, detail: 'switched off (routing.starter)' }
  try {
    const start = starterPolicy(await load(), llms, namesOf)
    if (start === undefined)
      return { status: 'ok', subject, detail: 'knows fewer than half of this pool’s LLMs; quality starts from prices' }
    return { status: 'ok', subject, detail: start.policy.description }
  } catch (error) {
    return { status: 'warning', subject, detail: `${messageOf(error)}; quality starts from prices` }
  }
}

/** Opens the database, sees that it can be written, and reads policy and keys from it. */
export async function checkDatabase(
  file: string,
  open: () => Promise<Storage>,
  starter: (() => Promise<StarterModel>) | undefined,
): Promise<{ readonly findings: readonly Finding[]; readonly keys: readonly ApiKey[] | undefined }> {
  const subject = 'database'
  try {
    const storage = await open()
    try {
      // Nothing is older than the epoch: this takes the write lock and changes nothing.
      await storage.decisions.prune(0)
      const keys = await storage.keys.list()
      const writable: Finding = { status: 'ok', subject, detail: `${file} is writable` }
      return { findings: [writable, await checkPolicy(file, storage, starter)], keys }
    } finally {
      await storage.close()
    }
  } catch (error) {
    return { findings: [{ status: 'failed', subject, detail: `${file}: ${messageOf(error)}` }], keys: undefined }
  }
}

/** Loads the policy that would serve. */
async function checkPolicy(
  file: string,
  { policies, feedback }: Pick<Storage, 'policies' | 'feedback'>,
  load: (() => Promise<StarterModel>) | undefined,
): Promise<Finding> {
  const subject = 'policy'
  try {
    // Whether it can be read is checked apart.
    const starter = await load?.().catch(() => undefined)
    const policy = await loadServingPolicy(policies, [], {}, { starter, feedback })
    const shortcoming =
      shortcomingOf(policy) ?? describeIdleLabels(await labelsByEmbedder(feedback), policy.embedder.id)
    if (shortcoming !== undefined) return { status: 'warning', subject, detail: shortcoming }
    return { status: 'ok', subject, detail: policy.fitted === undefined ? 'nothing fitted yet' : policy.version }
  } catch (error) {
    return { status: 'failed', subject, detail: `${file}: ${messageOf(error)}` }
  }
}

/** Beyond loopback the gateway does not start without a key. */
export function checkAccess(host: string, keys: readonly ApiKey[], hasMasterKey = false): Finding {
  const subject = 'access'
  const active = keys.filter((key) => key.revokedAtMs === undefined).length
  if (hasMasterKey) {
    return { status: 'ok', subject, detail: `the master key${active === 0 ? '' : `, and ${active} of those issued`}` }
  }
  if (active > 0) return { status: 'ok', subject, detail: `${active} active ${active === 1 ? 'key' : 'keys'}` }
  if (isLoopback(host)) {
    return { status: 'ok', subject, detail: `no keys; ${host} is reached from this machine only` }
  }
  const detail = `${host} is reached from other machines and there is no active key; run pointsman keys create`
  return { status: 'failed', subject, detail }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** Asks every provider for its models, all at once, and looks for the pool's LLMs among them. */
export async function checkUpstreams(
  providers: readonly ProviderToCheck[],
  llms: readonly Llm[],
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const findings = await Promise.all(
    providers.map(async ({ name, chat }): Promise<Finding> => {
      const subject = `provider ${name}`
      try {
        const { models } = await chat.probe(signal)
        const served = llms.filter((llm) => llm.provider === name)
        // An upstream that lists nothing says nothing about what it serves.
        const missing = models.length === 0 ? [] : served.filter((llm) => !listsModel(models, llm.upstreamModel))
        if (missing.length === 0) return { status: 'ok', subject, detail: `answers; models listed: ${models.length}` }
        const names = missing.map((llm) => llm.upstreamModel).join(', ')
        return { status: 'warning', subject, detail: `answers, but does not list ${names}` }
      } catch (error) {
        return { status: 'failed', subject, detail: messageOf(error) }
      }
    }),
  )
  return findings
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
