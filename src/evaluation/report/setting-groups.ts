import type { ResultRow, SettingValue } from '../evaluation-result.ts'
import { formatCount } from './format-number.ts'

export type Setting = Readonly<Record<string, SettingValue>>

/** Rows that stand in one table: the same setting, but for those keys that tell the rows apart. */
export interface SettingGroup {
  readonly setting: Setting
  readonly rows: readonly ResultRow[]
}

export interface GroupedRows {
  /** Keys that vary within tables and become columns, such as `lambda`. */
  readonly rowKeys: readonly string[]
  /** Those of `rowKeys` that tell variants of a policy apart from its plain row. */
  readonly variantKeys: readonly string[]
  readonly groups: readonly SettingGroup[]
}

/** A key with more numbers than this would make a table each: it becomes a column instead. */
const mostGroupsOfKey = 6
/** A setting that fewer than this share of the policies have is a variant of a few, not a table of its own. */
const leastShareOfPolicies = 1 / 3
/** Keys that change which prompts are routed: what was tried on others stands in no table with them. */
const ownPrompts = ['shift']

/**
 * Divides rows into tables, in the order in which settings first occur. Settings of a few policies only (an ablation,
 * one policy's numbers of clusters) are rows of the table that they extend, told apart by a column. A reference that
 * says less about its setting (such as `oracle`, which knows no number of probes) stands in every table that it does
 * not contradict and that has no row of its own for it.
 */
export function groupBySetting(rows: readonly ResultRow[]): GroupedRows {
  const sweptKeys = keysOfSweeps(rows)
  const outer = (row: ResultRow): Setting => without(row.setting, sweptKeys)
  const settings = tableSettings(rows, outer)
  const exact = new Set(rows.map((row) => policyKey(row, outer(row))))
  const groups = settings.map((setting) => ({
    setting,
    rows: rows.filter((row) => {
      const own = outer(row)
      if (homeOf(own, settings) === setting) return true
      return row.kind === 'reference' && standsIn(own, setting) && !exact.has(policyKey(row, setting))
    }),
  }))
  const variantKeys = rows.flatMap((row) => {
    const home = homeOf(outer(row), settings)
    return home === undefined ? [] : Object.keys(outer(row)).filter((key) => !Object.hasOwn(home, key))
  })
  return {
    rowKeys: [...new Set([...sweptKeys, ...variantKeys])],
    variantKeys: [...new Set(variantKeys)],
    groups: groups.filter((group) => group.rows.length > 0),
  }
}

/** The settings that get a table: those of many policies, and those that extend none of these. */
function tableSettings(rows: readonly ResultRow[], outer: (row: ResultRow) => Setting): Setting[] {
  const policies = new Map<string, { readonly setting: Setting; readonly policies: Set<string> }>()
  const routed = rows.filter((row) => row.kind !== 'reference')
  for (const row of routed.length > 0 ? routed : rows) {
    const setting = outer(row)
    const entry = policies.get(settingKey(setting)) ?? { setting, policies: new Set() }
    entry.policies.add(row.policy)
    policies.set(settingKey(setting), entry)
  }
  const all = [...policies.values()]
  const least = leastShareOfPolicies * Math.max(...all.map((entry) => entry.policies.size))
  const tables = all.filter((entry) => entry.policies.size >= least).map((entry) => entry.setting)
  for (const row of rows) {
    const setting = outer(row)
    const isPlaced = tables.some(
      (table) => extendsTable(setting, table) || (row.kind === 'reference' && standsIn(setting, table)),
    )
    if (!isPlaced) tables.push(setting)
  }
  return tables
}

/** The table a setting belongs to: its own, else the one it says most about beyond. */
function homeOf(setting: Setting, tables: readonly Setting[]): Setting | undefined {
  const extended = tables.filter((table) => extendsTable(setting, table))
  const size = (table: Setting): number => Object.keys(table).length
  return extended.reduce<Setting | undefined>(
    (best, table) => (best === undefined || size(table) > size(best) ? table : best),
    undefined,
  )
}

/** Whether a setting says all that the table's does, of the same prompts. */
function extendsTable(setting: Setting, table: Setting): boolean {
  return agrees(table, setting) && ownPrompts.every((key) => setting[key] === table[key])
}

/** Whether a reference of this setting holds in a table that says more: it was tried on the same prompts. */
function standsIn(own: Setting, table: Setting): boolean {
  const said = Object.fromEntries(Object.entries(own).filter(([key, value]) => key !== 'probes' || value !== null))
  return agrees(said, table) && ownPrompts.every((key) => own[key] === table[key])
}

function policyKey(row: ResultRow, setting: Setting): string {
  return `${row.policy} ${settingKey(setting)}`
}

/** The same text for equal settings, whatever the order of their keys. */
export function settingKey(setting: Setting): string {
  return JSON.stringify(Object.entries(setting).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A setting in words: `probes 50 · feedback refined`; empty for the empty one. What does not apply is left out. */
export function formatSetting(setting: Setting): string {
  return Object.entries(setting)
    .filter(([key, value]) => value !== null || !inapplicable.has(key))
    .map(([key, value]) =>
      value === true ? settingLabel(key) : `${settingLabel(key)} ${formatSettingValue(value, key)}`,
    )
    .join(' · ')
}

/** Keys of which null says that another one applies. */
const inapplicable: ReadonlySet<string> = new Set(['lambda', 'budgetUsd'])
/** Keys of which null says that nothing was picked out. */
const unrestricted: ReadonlySet<string> = new Set(['source', 'probes'])

/** A key of a setting in words: `offlineShare` is `offline share`, `lambda` is `λ`. */
export function settingLabel(key: string): string {
  if (key === 'lambda') return 'λ'
  if (key === 'timeLimit') return 'time limit (s)'
  return key
    .replace(/Usd$/, ' (USD)')
    .replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)
}

/** @param key whose value it is: null is `all` or `none` by what it leaves open. */
export function formatSettingValue(value: SettingValue, key = ''): string {
  if (value === null) return unrestricted.has(key) ? 'all' : 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'string') return value
  if (Number.isInteger(value)) return formatCount(value)
  return String(Number(value.toPrecision(4)))
}

function keysOfSweeps(rows: readonly ResultRow[]): string[] {
  const values = new Map<string, Set<SettingValue>>()
  for (const row of rows) {
    for (const [key, value] of Object.entries(row.setting)) {
      const known = values.get(key) ?? new Set()
      values.set(key, known.add(value))
    }
  }
  return [...values]
    .filter(([key, seen]) => {
      const isNumeric = [...seen].every((value) => typeof value === 'number')
      return isNumeric && seen.size > 1 && (key === 'lambda' || seen.size > mostGroupsOfKey)
    })
    .map(([key]) => key)
}

/** What tells a row apart from the plain row of its policy, in words; empty for the plain one. */
export function variantOf(row: ResultRow, variantKeys: readonly string[]): string {
  return formatSetting(Object.fromEntries(Object.entries(row.setting).filter(([key]) => variantKeys.includes(key))))
}

/** A setting but for some of its keys. */
export function without(setting: Setting, keys: readonly string[]): Setting {
  return Object.fromEntries(Object.entries(setting).filter(([key]) => !keys.includes(key)))
}

/** Whether every key of `part` has the same value in `whole`. */
function agrees(part: Setting, whole: Setting): boolean {
  return Object.entries(part).every(([key, value]) => Object.hasOwn(whole, key) && whole[key] === value)
}
