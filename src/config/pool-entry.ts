import { z } from 'zod'
import { providerPreset } from '../providers/openai-compatible/presets.ts'
import type { Llm } from '../routing/registry/llm.ts'
import type { TokenPrice } from '../routing/registry/token-price.ts'
import { ConfigError, type ConfigProblem } from './config-error.ts'
import { dottedPath } from './config-source.ts'
import type { ProviderConfig } from './pointsman-config.ts'
import { mayName, notListed, type PoolEntryVariables } from './pool-entry-variables.ts'
import { providerSchema } from './provider-schema.ts'
import { llmSchema, priceSchema } from './schema.ts'
import { Secret, secretOf } from './secret.ts'
import { toLlms, toPrice } from './to-pointsman-config.ts'
import { toProviderConfig } from './to-provider-config.ts'

const joiningLlmSchema = llmSchema.omit({ efforts: true })

/** An LLM that joins while we serve, with the provider it brings where it brings one: as entries of `providers` and `llms` say it. */
const poolEntrySchema = z.strictObject({ provider: providerSchema.optional(), llm: joiningLlmSchema })

/** An LLM as people add it: an entry of `llms`, whose `provider` may be an entry of `providers` itself. */
const addedLlmSchema = joiningLlmSchema.extend({ provider: z.union([joiningLlmSchema.shape.provider, z.unknown()]) })

/** The same in the program's terms. */
export interface PoolEntry {
  /** Undefined: `llm.provider` names one that is open already. */
  readonly provider: ProviderConfig | undefined
  readonly llm: Llm
}

/**
 * What is written down of an LLM as people add it: for {@link readPoolEntry}, which checks it.
 *
 * @param added `provider` is the name of an open provider, or of a known service, which is then reached by its vendor's key, or an entry of
 *   `providers`.
 * @param isOpen whether there is a provider of that name.
 * @throws {ConfigError}
 */
export function toPoolEntry(added: unknown, isOpen: (provider: string) => boolean) {
  const parsed = addedLlmSchema.safeParse(added)
  if (!parsed.success) {
    throwIfAny(parsed.error.issues.map(({ path, message }) => problem('config_invalid', dottedPath(path), message)))
    throw parsed.error
  }
  // As it was said, not as it was read: what is left out follows the defaults of the day.
  const { provider, ...llm } = added as { readonly provider: unknown; readonly id: string }
  const { id } = parsed.data
  if (typeof provider !== 'string') return { provider, llm: { ...llm, id, provider: `own/${id}` } }
  if (isOpen(provider)) return { llm: { ...llm, id, provider } }
  if (providerPreset(provider) !== undefined) {
    return { provider: { preset: provider }, llm: { ...llm, id, provider: `${provider}/${id}` } }
  }
  const message = `there is no provider '${provider.slice(0, 100)}' in the configuration, and no known service of that name`
  throw new ConfigError([problem('config_invalid', 'provider', message)])
}

/**
 * @param entry plain data; its `llm.provider` names the provider it brings.
 * @throws {ConfigError} which holds no secret.
 */
export function readPoolEntry(entry: unknown, { environment, listed }: PoolEntryVariables): PoolEntry {
  const parsed = poolEntrySchema.safeParse(entry)
  if (!parsed.success) {
    throwIfAny(parsed.error.issues.map(({ path, message }) => problem('config_invalid', dottedPath(path), message)))
    throw parsed.error
  }
  const problems: ConfigProblem[] = []
  const given = parsed.data.provider
  const llm = toLlms(parsed.data.llm)[0]!
  if (given === undefined) return { provider: undefined, llm }
  const provider = toProviderConfig(parsed.data.llm.provider, given, {
    // What a kind finds in the environment by itself is not for an address of somebody's choice.
    environment: given.base_url === undefined ? environment : {},
    resolve(reference, at) {
      const name = reference.replace(/^(env:|os\.environ\/)/, '')
      if (!mayName(name, given, listed)) {
        problems.push(problem('config_invalid', dottedPath(at.slice(2)), notListed(name)))
        return new Secret('')
      }
      const value = secretOf(environment[name])
      const message = `the environment variable ${name} is not set where the gateway runs`
      if (value === undefined) problems.push(problem('config_missing_secret', dottedPath(at.slice(2)), message))
      return value ?? new Secret('')
    },
    missing: (at, message) => void problems.push(problem('config_invalid', dottedPath(at.slice(2)), message)),
  })
  throwIfAny(problems)
  return { provider, llm }
}

/**
 * @param price as an entry of `llms` says it.
 * @throws {ConfigError}
 */
export function readPrice(price: unknown): TokenPrice {
  const parsed = priceSchema.safeParse(price)
  if (parsed.success) return toPrice(parsed.data)
  throwIfAny(
    parsed.error.issues.map(({ path, message }) => problem('config_invalid', dottedPath(['price', ...path]), message)),
  )
  throw parsed.error
}

function problem(code: ConfigProblem['code'], key: string, message: string): ConfigProblem {
  return { code, key, origin: { kind: 'none' }, message }
}

function throwIfAny(problems: readonly ConfigProblem[]): void {
  const [first, ...rest] = problems
  if (first !== undefined) throw new ConfigError([first, ...rest])
}
