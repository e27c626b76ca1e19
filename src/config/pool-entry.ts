import { z } from 'zod'
import type { Llm } from '../routing/registry/llm.ts'
import { ConfigError, type ConfigProblem } from './config-error.ts'
import { dottedPath } from './config-source.ts'
import type { ProviderConfig } from './pointsman-config.ts'
import { mayName, notListed, type PoolEntryVariables } from './pool-entry-variables.ts'
import { providerSchema } from './provider-schema.ts'
import { llmSchema } from './schema.ts'
import { Secret, secretOf } from './secret.ts'
import { toLlms } from './to-pointsman-config.ts'
import { toProviderConfig } from './to-provider-config.ts'

/** An LLM that joins while we serve, with the provider it brings: as entries of `providers` and `llms` say it. */
const poolEntrySchema = z.strictObject({ provider: providerSchema, llm: llmSchema.omit({ efforts: true }) })

/** The same in the program's terms. */
export interface PoolEntry {
  readonly provider: ProviderConfig
  readonly llm: Llm
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
  return { provider, llm: toLlms(parsed.data.llm)[0]! }
}

function problem(code: ConfigProblem['code'], key: string, message: string): ConfigProblem {
  return { code, key, origin: { kind: 'none' }, message }
}

function throwIfAny(problems: readonly ConfigProblem[]): void {
  const [first, ...rest] = problems
  if (first !== undefined) throw new ConfigError([first, ...rest])
}
