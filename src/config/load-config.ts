import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { z } from 'zod'
import { ConfigError, type ConfigOrigin, type ConfigProblem, describeProblem } from './config-error.ts'
import { type ConfigPath, ConfigSource, dottedPath } from './config-source.ts'
import { type Environment, environmentOverrides } from './environment.ts'
import { importLiteLlm, isLiteLlmFile } from './litellm/import-litellm.ts'
import { LiteLlmSource } from './litellm/litellm-source.ts'
import { nearMiss } from './near-miss.ts'
import type { PointsmanConfig } from './pointsman-config.ts'
import { type ConfigFile, configFileSchema } from './schema.ts'
import { knownKeysAt } from './schema-keys.ts'
import { toPointsmanConfig } from './to-pointsman-config.ts'

/** What flags of the command line can set; each wins over the environment, which wins over the file. */
export interface ConfigFlags {
  /** `--config`: the file to read; it must exist. */
  readonly config?: string | undefined
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly database?: string | undefined
  readonly logLevel?: string | undefined
}

export interface LoadConfigOptions {
  /** As `readEnvironment()` gives it. */
  readonly environment: Environment
  readonly flags?: ConfigFlags
  /** Absolute path of the working folder: where a file is looked for and relative flags start. */
  readonly folder: string
}

const flagPaths: readonly { readonly flag: string; readonly name: keyof ConfigFlags; readonly path: ConfigPath }[] = [
  { flag: '--host', name: 'host', path: ['server', 'host'] },
  { flag: '--port', name: 'port', path: ['server', 'port'] },
  { flag: '--database', name: 'database', path: ['database'] },
  { flag: '--log-level', name: 'logLevel', path: ['log_level'] },
]

/**
 * Reads the configuration: `pointsman.yaml` in the working folder (or the file that `--config` or POINTSMAN_CONFIG
 * names), then the environment, then flags. Without a file, everything has its default. A LiteLLM file is read as it is.
 *
 * @returns deeply frozen; paths absolute; secrets resolved from the environment and wrapped.
 * @throws {ConfigError} with every problem found.
 */
export function loadConfig(options: LoadConfigOptions): PointsmanConfig {
  const flags = options.flags ?? {}
  const file = findConfigFile(options.folder, flags.config, options.environment.POINTSMAN_CONFIG)
  const { source, literals, notices } = openSource(file, options.environment)
  throwIfAny(source.problems)
  const folder = file === undefined ? options.folder : path.dirname(file)

  for (const { variable, path: key, value } of environmentOverrides(options.environment)) {
    source.override(key, absoluteIfPath(key, value, options.folder), { kind: 'environment', variable })
  }
  for (const { flag, name, path: key } of flagPaths) {
    const value = flags[name]
    if (value !== undefined) source.override(key, absoluteIfPath(key, value, options.folder), { kind: 'flag', flag })
  }

  const parsed = parse(source)
  const { config, problems } = toPointsmanConfig(parsed, {
    file,
    folder,
    environment: { ...options.environment, ...literals },
    notices,
    originOf: (key) => source.originOf(key),
    nameOf: (key) => source.nameOf(key),
  })
  throwIfAny(problems)
  return config
}

interface OpenedSource {
  readonly source: SettingsSource
  /** Secrets that a LiteLLM file holds itself. */
  readonly literals: Environment
  readonly notices: readonly string[]
}

type SettingsSource = Pick<ConfigSource, 'value' | 'problems' | 'override' | 'originOf' | 'originOfKey' | 'nameOf'>

/** A file with a `model_list` is LiteLLM's, and read as settings of ours. */
function openSource(file: string | undefined, environment: Environment): OpenedSource {
  const source = new ConfigSource(file, file === undefined ? undefined : readConfigFile(file))
  if (source.problems.length > 0 || !isLiteLlmFile(source.value)) return { source, literals: {}, notices: [] }
  const own = Object.keys(source.value).filter((key) => knownKeysAt(configFileSchema, []).includes(key))
  throwIfAny(
    own.map((key) => {
      const message =
        'model_list makes this a LiteLLM file, which has no such key; pointsman migrate turns it into ours'
      return invalid(key, source.originOfKey([key]), message)
    }),
  )
  const imported = importLiteLlm(source.value, environment)
  const notices = imported.notes.map(({ path: at, message }) => {
    return describeProblem({ code: 'config_invalid', key: dottedPath(at), origin: source.originOfKey(at), message })
  })
  return { source: new LiteLlmSource(source, imported), literals: imported.literals, notices }
}

function findConfigFile(folder: string, flag: string | undefined, variable: string | undefined): string | undefined {
  const named = flag ?? (variable === '' ? undefined : variable)
  if (named !== undefined) return path.resolve(folder, named)
  return ['pointsman.yaml', 'pointsman.yml'].map((name) => path.join(folder, name)).find((file) => existsSync(file))
}

function readConfigFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    const origin: ConfigOrigin = { kind: 'none' }
    const message = `the configuration ${file} cannot be read (${reason})`
    throw new ConfigError([{ code: 'config_unreadable', key: '', origin, message }], { cause: error })
  }
}

/** A relative path in the file starts at the file; one from the environment or a flag at the working folder. */
function absoluteIfPath(key: ConfigPath, value: unknown, folder: string): unknown {
  return key[0] === 'database' && typeof value === 'string' && value !== '' ? path.resolve(folder, value) : value
}

function parse(source: SettingsSource): ConfigFile {
  const result = configFileSchema.safeParse(source.value)
  if (result.success) return result.data
  const problems = result.error.issues.flatMap((issue) => problemsOf(issue, source)).sort(byPlace)
  throwIfAny(problems)
  throw result.error
}

function problemsOf(issue: z.core.$ZodIssue, source: SettingsSource): ConfigProblem[] {
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeysAt(configFileSchema, issue.path)
    return issue.keys.map((key) => {
      const guess = nearMiss(key, known)
      const hint = guess === undefined ? `known here: ${known.join(', ')}` : `did you mean '${guess}'?`
      const at = [...issue.path, key]
      return invalid(source.nameOf(at), source.originOfKey(at), `unknown key; ${hint}`)
    })
  }
  if (issue.code === 'invalid_key') {
    const message =
      issue.path[0] === 'aliases'
        ? 'an alias has no spaces or commas, and an asterisk only at its end'
        : 'a name has letters, digits, dots, hyphens and underscores only'
    return [invalid(source.nameOf(issue.path), source.originOfKey(issue.path), message)]
  }
  return [invalid(source.nameOf(issue.path), source.originOf(issue.path), plainMessage(issue.message))]
}

/** What was set outside the file first, then down the file. */
function byPlace(a: ConfigProblem, b: ConfigProblem): number {
  if (a.origin.kind !== 'file' || b.origin.kind !== 'file') {
    return Number(a.origin.kind === 'file') - Number(b.origin.kind === 'file')
  }
  return a.origin.line - b.origin.line || a.origin.column - b.origin.column
}

function invalid(key: string, origin: ConfigOrigin, message: string): ConfigProblem {
  return { code: 'config_invalid', key, origin, message }
}

/** Zod's wording without its preamble; a missing value is called that. */
function plainMessage(message: string): string {
  const plain = message.replace(/^Invalid input: /, '').replace(/^(expected .*), received undefined$/, 'missing; $1')
  return plain.charAt(0).toLowerCase() + plain.slice(1)
}

function throwIfAny(problems: readonly ConfigProblem[]): void {
  const [first, ...rest] = problems
  if (first !== undefined) throw new ConfigError([first, ...rest])
}
