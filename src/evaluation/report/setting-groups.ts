import type { ResultRow, SettingValue } from '../evaluation-result.ts'
import { formatCount } from './format-number.ts'

export type Setting = Readonly<Record<string, SettingValue>>

/** Rows that stand in one table: the same setting, but for those keys that tell the rows apart. */
export interface SettingGroup {
  readonly setting: Setting
  readonly rows: readonly ResultRow[]
}

export interface GroupedRows {
  /** Keys that vary within a group and become columns, such as `lambda`. */
  readonly rowKeys: readonly string[]
  readonly groups: readonly SettingGroup[]
}

/** A key with more numbers than this would make a table each: it becomes a column instead. */
const mostGroupsOfKey = 6

/**
 * Divides rows into tables, in the order in which settings first occur. A reference row that says less about its
 * setting (such as `oracle`, which knows no number of probes) stands in every table that it does not contradict.
 */
export function groupBySetting(rows: readonly ResultRow[]): GroupedRows {
  const rowKeys = keysOfRows(rows)
  const settings = new Map<string, Setting>()
  const outer = (row: ResultRow): Setting => without(row.setting, rowKeys)
  const routed = rows.filter((row) => row.kind !== 'reference')
  for (const row of routed.length > 0 ? routed : rows) settings.set(settingKey(outer(row)), outer(row))
  for (const row of rows) {
    const isPlaced = [...settings.values()].some((setting) => agrees(outer(row), setting))
    if (!isPlaced) settings.set(settingKey(outer(row)), outer(row))
  }
  const groups = [...settings.entries()].map(([key, setting]) => ({
    setting,
    rows: rows.filter(
      (row) => settingKey(outer(row)) === key || (row.kind === 'reference' && agrees(outer(row), setting)),
    ),
  }))
  return { rowKeys, groups }
}

/** The same text for equal settings, whatever the order of their keys. */
export function settingKey(setting: Setting): string {
  return JSON.stringify(Object.entries(setting).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A setting in words: `probes 50 · feedback refined`; empty for the empty one. */
export function formatSetting(setting: Setting): string {
  return Object.entries(setting)
    .map(([key, value]) => `${settingLabel(key)} ${formatSettingValue(value)}`)
    .join(' · ')
}

/** A key of a setting in words: `offlineShare` is `offline share`, `lambda` is `λ`. */
export function settingLabel(key: string): string {
  if (key === 'lambda') return 'λ'
  if (key === 'timeLimit' || key === 'timeLimitSeconds') return 'time limit'
  return key
    .replace(/Usd$/, ' (USD)')
    .replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)
}

export function formatSettingValue(value: SettingValue): string {
  if (value === null) return 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'string') return value
  if (Number.isInteger(value)) return formatCount(value)
  return String(Number(value.toPrecision(4)))
}

function keysOfRows(rows: readonly ResultRow[]): string[] {
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

function without(setting: Setting, keys: readonly string[]): Setting {
  return Object.fromEntries(Object.entries(setting).filter(([key]) => !keys.includes(key)))
}

/** Whether every key of `part` has the same value in `whole`. */
function agrees(part: Setting, whole: Setting): boolean {
  return Object.entries(part).every(([key, value]) => Object.hasOwn(whole, key) && whole[key] === value)
}
