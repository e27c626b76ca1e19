import { ConfigError, type ConfigProblem } from '../config-error.ts'
import { dottedPath } from '../config-source.ts'
import type { Environment } from '../environment.ts'
import { ImportDesk, mappingOf } from './import-desk.ts'
import { importModel } from './import-model.ts'
import { organizationHeader } from './import-provider.ts'

/** One model of LiteLLM's, as `POST /model/new` has it, in our terms. */
export interface ImportedPoolEntry {
  /** Plain data for {@link readPoolEntry}. */
  readonly entry: { readonly provider: unknown; readonly llm: { readonly id: string } }
  /** What of it serves differently here, or not at all. */
  readonly notes: readonly string[]
}

/**
 * @param model `model_name`, `litellm_params` and `model_info`.
 * @throws {ConfigError} for what cannot serve here, and for secrets that are not references.
 */
export function importPoolEntry(model: unknown, environment: Environment): ImportedPoolEntry {
  const desk = new ImportDesk(environment)
  const imported = importModel(model, [], desk)
  const secrets = Object.keys(desk.literals)
  const problems: ConfigProblem[] = desk.problems.map(({ path, message }) => problemOf(dottedPath(path), message))
  if (secrets.length > 0) {
    const message = `secrets are not taken by this way, as they would have to be stored: set an environment variable where the gateway runs and name it, such as os.environ/${secrets[0]}`
    problems.push(problemOf('litellm_params.api_key', message))
  }
  const stated = Object.entries(mappingOf(imported?.provider.entry.headers) ?? {}).filter(
    ([name, value]) => name !== organizationHeader && !/^(env:|os\.environ\/)/.test(String(value)),
  )
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

function problemOf(key: string, message: string): ConfigProblem {
  return { code: 'config_invalid', key, origin: { kind: 'none' }, message }
}
