import type { ConfigPath } from '../config-source.ts'
import { type ImportDesk, mappingOf, plainText } from './import-desk.ts'

type Mapping = { readonly [key: string]: unknown }
type GroupIds = ReadonlyMap<string, readonly string[]>

/** As many as one of our LLMs takes. */
const mostFallbacks = 10

/**
 * `fallbacks` of `router_settings` or `litellm_settings`, by LLM id: a group's fallbacks are those of each of its LLMs.
 * `default_fallbacks` serve groups that have none of their own.
 */
export function importFallbacks(
  file: Mapping,
  ids: GroupIds,
  desk: ImportDesk,
): ReadonlyMap<string, readonly string[]> {
  const byGroup = new Map<string, readonly string[]>()
  for (const section of ['litellm_settings', 'router_settings']) {
    const { fallbacks, default_fallbacks: defaults } = mappingOf(file[section]) ?? {}
    for (const [group, listed] of readFallbacks(fallbacks, [section, 'fallbacks'], ids, desk)) {
      if (group === '*') for (const any of ids.keys()) byGroup.set(any, byGroup.get(any) ?? listed)
      else byGroup.set(group, listed)
      if (listed.length > mostFallbacks) {
        desk.note([section, 'fallbacks'], `${group}: only the first ${mostFallbacks} LLMs are carried over`)
      }
    }
    if (defaults === undefined) continue
    const listed = readList(defaults, [section, 'default_fallbacks'], ids, desk)
    for (const group of ids.keys()) if (!byGroup.has(group)) byGroup.set(group, listed)
  }
  const byId = new Map<string, readonly string[]>()
  for (const [group, listed] of byGroup) {
    const own = ids.get(group) ?? []
    const others = [...new Set(listed)].filter((id) => !own.includes(id)).slice(0, mostFallbacks)
    if (others.length > 0) for (const id of own) byId.set(id, others)
  }
  return byId
}

/** A list of mappings, each from one name to a list of names. */
function* readFallbacks(
  value: unknown,
  path: ConfigPath,
  ids: GroupIds,
  desk: ImportDesk,
): Generator<readonly [group: string, ids: readonly string[]]> {
  if (value === undefined) return
  if (!Array.isArray(value)) {
    desk.problem(path, 'must be a list such as - gpt-4o: [claude-sonnet]')
    return
  }
  for (const [index, item] of value.entries()) {
    for (const [group, list] of Object.entries(mappingOf(item) ?? {})) {
      const at = [...path, index, group]
      if (group === '*' || ids.has(group)) yield [group, readList(list, at, ids, desk)]
      else desk.note(at, `'${group}' is no chat model of model_list; not carried over`)
    }
  }
}

function readList(value: unknown, path: ConfigPath, ids: GroupIds, desk: ImportDesk): readonly string[] {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value]
  return names.flatMap((name, index) => {
    const found = typeof name === 'string' ? ids.get(name) : undefined
    if (found === undefined) {
      desk.note([...path, index], `'${plainText(name)}' is no chat model of model_list; left out`)
    }
    return found ?? []
  })
}
