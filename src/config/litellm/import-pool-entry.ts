import { ConfigError, type ConfigProblem } from '../config-error.ts'
import { dottedPath } from '../config-source.ts'
import { notListed, type PoolEntryVariables } from '../pool-entry-variables.ts'
import { ImportDesk, mappingOf, plainText } from './import-desk.ts'
import { importModel } from './import-model.ts'
import { regionVariable } from './import-provider.ts'

/** One model of LiteLLM's, as `POST /model/new` has it, in our terms. */
export interface ImportedPoolEntry {
  /** Plain data for {@link readPoolEntry}. */
  readonly entry: { readonly provider: unknown; readonly llm: { readonly id: string } }
  /** What of it serves differently here, or not at all. */
  readonly notes: readonly string[]
}

/** As `model_info.id` and `POST /model/delete` take them. */
const longestName = 256

/**
 * @param model `model_name`, `litellm_params` and `model_info`.
 * @throws {ConfigError} for what cannot serve here, and for secrets that are not references.
 */
export function importPoolEntry(model: unknown, { environment, listed }: PoolEntryVariables): ImportedPoolEntry {
  const desk = new ImportDesk(environment, (variable) =>
    [...listed, regionVariable].includes(variable) ? undefined : notListed(variable),
  )
  const imported = importModel(withoutNulls(model), [], desk)
  const params = mappingOf(mappingOf(model)?.litellm_params)
  const stated = Object.entries({ ...mappingOf(params?.headers), ...mappingOf(params?.extra_headers) }).filter(
    ([, value]) => value !== null && !/^(env:|os\.environ\/)/.test(plainText(value)),
  )
  const inHeaders = stated.map(([, value]) => value)
  const secrets = Object.keys(desk.literals).filter((name) => !inHeaders.includes(desk.literals[name]))
  const problems: ConfigProblem[] = desk.problems.map(({ path, message }) => problemOf(dottedPath(path), message))
  if (secrets.length > 0) {
    const message = `secrets are not taken by this way, as they would have to be stored: set an environment variable where the gateway runs and name it, such as os.environ/${secrets[0]}`
    problems.push(problemOf('litellm_params.api_key', message))
  }
  for (const [name] of stated) {
    const message = 'headers may hold secrets, which are not stored: name a variable, as os.environ/NAME'
    problems.push(problemOf(`litellm_params.extra_headers.${name}`, message))
  }
  if (imported?.isEmbedding === true) {
    problems.push(problemOf('model_info.mode', 'embedding models are listed in the configuration, under embeddings'))
  }
  if (imported === undefined && problems.length === 0) {
    problems.push(problemOf('model_info.mode', 'this mode is not served here'))
  }
  if (imported !== undefined && imported.group.length > longestName) {
    problems.push(problemOf('model_name', `must be at most ${longestName} characters`))
  }
  const [first, ...rest] = problems
  if (first !== undefined || imported === undefined) {
    throw new ConfigError([first ?? problemOf('', 'cannot serve here'), ...rest])
  }
  const { group, provider, timeouts, fields } = imported
  const entry = {
    provider: { ...provider.entry, ...(Object.keys(timeouts).length === 0 ? {} : { timeouts }) },
    llm: { ...fields, id: group, provider: `${provider.name}/${group}` },
  }
  return { entry, notes: desk.notes.map(({ path, message }) => `${dottedPath(path)}: ${message}`) }
}

/** Clients write null for what they do not say, as YAML files leave the place behind a key empty. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  const fields = mappingOf(value)
  if (fields === undefined) return value
  const given = Object.entries(fields).filter(([, field]) => field !== null)
  return Object.fromEntries(given.map(([name, field]) => [name, withoutNulls(field)]))
}

function problemOf(key: string, message: string): ConfigProblem {
  return { code: 'config_invalid', key, origin: { kind: 'none' }, message }
}
