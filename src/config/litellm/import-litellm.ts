import { type ConfigPath, dottedPath } from '../config-source.ts'
import type { Environment } from '../environment.ts'
import { withCredentials } from './import-credentials.ts'
import { ImportDesk, type ImportRemark, mappingOf, plainText } from './import-desk.ts'
import { importFallbacks } from './import-fallbacks.ts'
import { type ImportedModel, importModel, secondsToMs } from './import-model.ts'

type Mapping = { readonly [key: string]: unknown }

/** A LiteLLM file in the terms of ours. */
export interface LiteLlmImport {
  /** As `pointsman.yaml` would say it; secrets as references. */
  readonly value: { readonly [key: string]: unknown }
  /** Secrets that stood in the file itself, by the variables that `value` names. */
  readonly literals: Environment
  /** Where the settings of `value` come from: dotted paths of ours, paths of the file. */
  readonly places: ReadonlyMap<string, ConfigPath>
  readonly problems: readonly ImportRemark[]
  readonly notes: readonly ImportRemark[]
}

const sections = [
  ...['model_list', 'credential_list'],
  ...['litellm_settings', 'router_settings', 'general_settings', 'environment_variables'],
]

/** Settings that are read, and those that say what is so here anyway. */
const readSettings: Readonly<Record<string, readonly string[]>> = {
  litellm_settings: ['request_timeout', 'fallbacks', 'default_fallbacks', 'drop_params', 'set_verbose'],
  router_settings: ['timeout', 'fallbacks', 'default_fallbacks', 'model_group_alias'],
  general_settings: ['master_key'],
}

/** Whether settings are LiteLLM's rather than ours. */
export function isLiteLlmFile(value: Mapping): boolean {
  return value.model_list !== undefined
}

/**
 * LiteLLM's `config.yaml` in our terms. Entries of one `model_name` become LLMs `name#1`, `name#2`, … and an alias by which
 * the router chooses among them; nothing is left out in silence.
 *
 * @param environment where `os.environ/NAME` of addresses is looked up; secrets stay references.
 */
export function importLiteLlm(file: Mapping, environment: Environment): LiteLlmImport {
  const desk = new ImportDesk(environment)
  const places = new Map<string, ConfigPath>()
  for (const key of Object.keys(file)) if (!sections.includes(key)) noteSection(key, desk)
  defineVariables(file.environment_variables, desk)
  if (!Array.isArray(file.model_list)) desk.problem(['model_list'], 'must be a list')
  const entries = withCredentials(file, desk)
  const models = withoutSecondEmbeddings(
    entries.map((entry, index) => importModel(entry, ['model_list', index], desk)),
    desk,
  )
  const joined = joinModels(models, defaultTimeouts(file, desk), places)
  const aliases = { ...joined.aliases, ...groupAliases(file, joined.ids, desk, places) }
  const fallbacks = importFallbacks(file, withGroupAliases(file, joined.ids), desk)
  const llms = joined.llms.map((llm) => {
    const listed = fallbacks.get(llm.id)
    return listed === undefined ? llm : { ...llm, fallbacks: listed }
  })
  const masterKey = masterKeyOf(file, desk, places)
  noteSettings(file, desk)
  const value = {
    ...(masterKey === undefined ? {} : { server: { master_key: masterKey } }),
    providers: joined.providers,
    llms,
    ...(joined.embeddings.length === 0 ? {} : { embeddings: joined.embeddings }),
    ...(Object.keys(aliases).length === 0 ? {} : { aliases }),
  }
  if (llms.length === 0 && desk.problems.length === 0) desk.problem(['model_list'], 'has no model that can serve here')
  return { value, literals: desk.literals, places, problems: desk.problems, notes: desk.notes }
}

type NamedEntry = Mapping & { readonly id: string }

interface JoinedModels {
  readonly providers: { readonly [name: string]: Mapping }
  readonly llms: readonly NamedEntry[]
  readonly embeddings: readonly NamedEntry[]
  readonly aliases: { readonly [name: string]: unknown }
  /** By `model_name`: the LLMs it stands for. */
  readonly ids: ReadonlyMap<string, readonly string[]>
}

/** One provider for all entries that call the same place in the same way, and an alias for each name that is there twice. */
function joinModels(
  models: readonly (ImportedModel | undefined)[],
  defaults: Mapping,
  places: Map<string, ConfigPath>,
): JoinedModels {
  const providers = new Map<string, { readonly name: string; readonly entry: Mapping }>()
  const names = new Set<string>()
  const ids = new Map<string, string[]>()
  const llms: NamedEntry[] = []
  const embeddings: NamedEntry[] = []
  const aliases: { [name: string]: unknown } = {}
  const counts = countGroups(models)
  for (const [index, model] of models.entries()) {
    if (model === undefined) continue
    const path = ['model_list', index]
    const timeouts = { ...defaults, ...model.timeouts }
    const entry = { ...model.provider.entry, ...(Object.keys(timeouts).length === 0 ? {} : { timeouts }) }
    const key = JSON.stringify(entry)
    let provider = providers.get(key)
    if (provider === undefined) {
      provider = { name: freeName(model.provider.name, names), entry }
      providers.set(key, provider)
      places.set(dottedPath(['providers', provider.name]), [...path, 'litellm_params'])
    }
    const group = ids.get(model.group) ?? []
    const alone = counts.get(model.group) === 1
    const id = alone ? model.group : `${model.group}#${group.length + 1}`
    const list = model.isEmbedding ? embeddings : llms
    const section = model.isEmbedding ? 'embeddings' : 'llms'
    places.set(dottedPath([section, list.length]), path)
    places.set(dottedPath([section, list.length, 'id']), [...path, 'model_name'])
    list.push({ id, provider: provider.name, ...model.fields })
    if (model.isEmbedding) continue
    ids.set(model.group, [...group, id])
    if (!alone) {
      aliases[model.group] = { model: 'auto', allow: [...group, id] }
      places.set(dottedPath(['aliases', model.group]), [...path, 'model_name'])
    }
  }
  const byName = Object.fromEntries([...providers.values()].map(({ name, entry }) => [name, entry]))
  return { providers: byName, llms, embeddings, aliases, ids }
}

/** Embedding models are named, never chosen: the first one of a name serves. */
function withoutSecondEmbeddings(
  models: readonly (ImportedModel | undefined)[],
  desk: ImportDesk,
): readonly (ImportedModel | undefined)[] {
  const seen = new Set<string>()
  return models.map((model, index) => {
    if (model?.isEmbedding !== true) return model
    if (!seen.has(model.group)) {
      seen.add(model.group)
      return model
    }
    const message = `'${model.group}' is an embedding model already: the first one of a name serves, this one is left out`
    return desk.note(['model_list', index, 'model_name'], message)
  })
}

function countGroups(models: readonly (ImportedModel | undefined)[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const model of models) {
    if (model === undefined) continue
    counts.set(model.group, model.isEmbedding ? 1 : (counts.get(model.group) ?? 0) + 1)
  }
  return counts
}

function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted
  for (let count = 2; taken.has(name); count++) name = `${wanted}-${count}`
  taken.add(name)
  return name
}

/** `router_settings.model_group_alias`: one more name for a group. */
function groupAliases(
  file: Mapping,
  ids: ReadonlyMap<string, readonly string[]>,
  desk: ImportDesk,
  places: Map<string, ConfigPath>,
): { readonly [name: string]: unknown } {
  const aliases: { [name: string]: unknown } = {}
  const given = mappingOf(mappingOf(file.router_settings)?.model_group_alias) ?? {}
  for (const [name, target] of Object.entries(given)) {
    const path = ['router_settings', 'model_group_alias', name]
    const group = mappingOf(target)?.model ?? target
    const members = typeof group === 'string' ? ids.get(group) : undefined
    if (members === undefined) {
      desk.note(path, `'${plainText(group)}' is no chat model of model_list; left out`)
      continue
    }
    aliases[name] = members.length === 1 ? members[0] : { model: 'auto', allow: members }
    places.set(dottedPath(['aliases', name]), path)
  }
  return aliases
}

/** Fallbacks may name a group by its other name, and be named for it. */
function withGroupAliases(file: Mapping, ids: JoinedModels['ids']): JoinedModels['ids'] {
  const named = new Map(ids)
  const given = mappingOf(mappingOf(file.router_settings)?.model_group_alias) ?? {}
  for (const [name, target] of Object.entries(given)) {
    const group = mappingOf(target)?.model ?? target
    const members = typeof group === 'string' ? ids.get(group) : undefined
    if (members !== undefined && !named.has(name)) named.set(name, members)
  }
  return named
}

/** LiteLLM counts in seconds, for every model that says nothing else. */
function defaultTimeouts(file: Mapping, desk: ImportDesk): Mapping {
  const request = mappingOf(file.litellm_settings)?.request_timeout
  const router = mappingOf(file.router_settings)?.timeout
  const ms =
    secondsToMs(router, ['router_settings', 'timeout'], desk) ??
    secondsToMs(request, ['litellm_settings', 'request_timeout'], desk)
  return ms === undefined ? {} : { total_ms: ms }
}

function masterKeyOf(file: Mapping, desk: ImportDesk, places: Map<string, ConfigPath>): string | undefined {
  const path = ['general_settings', 'master_key']
  const given = mappingOf(file.general_settings)?.master_key
  // LiteLLM reads this variable where its file names no key.
  const value = given ?? (desk.isSet('LITELLM_MASTER_KEY') ? 'os.environ/LITELLM_MASTER_KEY' : undefined)
  places.set('server.master_key', path)
  // No key would open the gateway, which an empty text hardly means.
  if (value === '') return desk.problem(path, 'must be a text, or os.environ/NAME')
  return desk.secret(value, 'LITELLM_MASTER_KEY', path)
}

function defineVariables(section: unknown, desk: ImportDesk): void {
  for (const [name, value] of Object.entries(mappingOf(section) ?? {})) {
    const path = ['environment_variables', name]
    if (typeof value === 'string' && value.startsWith('os.environ/')) continue
    desk.define(name, plainText(value))
    desk.note(path, 'is set in the file; the environment would keep it out of it')
  }
}

function noteSection(key: string, desk: ImportDesk): void {
  if (key === 'include') desk.problem([key], 'other files are not read: put their model_list into this one')
  else desk.note([key], 'not carried over')
}

function noteSettings(file: Mapping, desk: ImportDesk): void {
  for (const [section, read] of Object.entries(readSettings)) {
    for (const key of Object.keys(mappingOf(file[section]) ?? {})) {
      if (!read.includes(key))
        desk.note(
          [section, key],
          (Object.hasOwn(settingNotes, key) ? settingNotes[key] : undefined) ?? 'not carried over',
        )
    }
  }
}

/** What takes the place of settings that people would miss. */
const settingNotes: Readonly<Record<string, string>> = {
  database_url: 'not carried over: keys, decisions and feedback are kept in a SQLite file, see database',
  num_retries: 'not carried over: each LLM is called at most twice, and then the next one',
  routing_strategy: 'not carried over: the router chooses by quality, cost and time',
  context_window_fallbacks: 'not carried over: a model that is too small for a prompt is refused before the call',
  content_policy_fallbacks: 'not carried over: what one model refuses is not tried on another',
  success_callback: 'not carried over: see /metrics and /v1/decisions',
  failure_callback: 'not carried over: see /metrics and /v1/decisions',
  callbacks: 'not carried over: see /metrics and /v1/decisions',
  cache: 'not carried over: answers are not cached',
  max_budget: 'not carried over: see routing.daily_cap_usd and the daily caps of keys',
}
