import type { ProtocolName, ResultRow } from '../evaluation-result.ts'
import { isContender } from './ceilings.ts'
import { formatDecimal, formatMetric, formatMetricEnd, formatRange, noValue } from './format-number.ts'
import { comparisonMetrics, metricDescription } from './metric-descriptions.ts'
import { groupBySetting, type SettingGroup } from './setting-groups.ts'
import type { StoredResult } from './stored-result.ts'
import { plainRows } from './summary-settings.ts'

/** One place where policies were compared: a set, or a set at one setting. */
interface Arena {
  readonly set: string
  /** What mixtures of fixed LLMs reach, without any router. */
  readonly zeroRouter: ResultRow | undefined
  /** Of what routes, told policies left out, by policy. */
  readonly rows: ReadonlyMap<string, ResultRow>
}

/**
 * What holds over all sets, for the top of the results: ranks by what policies are compared by, best mean rank first. Empty
 * where no protocol of `static` and `unseen` was run on two sets.
 */
export function crossSetSections(stored: readonly StoredResult[]): string[] {
  const sections = [...staticSections(of(stored, 'static')), ...unseenSections(of(stored, 'unseen'))]
  return sections.length === 0 ? [] : ['## Across the sets', ...sections]
}

function of(stored: readonly StoredResult[], protocol: ProtocolName): StoredResult[] {
  return stored.filter(({ result }) => result.protocol === protocol)
}

function staticSections(stored: readonly StoredResult[]): string[] {
  if (stored.length < 2) return []
  const arenas = stored.flatMap(({ set, result }) => {
    const group = groupBySetting(result.results).groups[0]
    return group === undefined ? [] : [arena(set, group)]
  })
  const metric = comparisonMetrics.static[0]!
  const ranked = rankedPolicies(arenas, metric)
  if (ranked.length === 0) return []
  const ranks = table(
    ['static, rank by AIQ', ...arenas.map(({ set }) => set), 'mean rank'],
    ranked.map(({ policy, ranks, meanRank }) => [
      `\`${policy}\``,
      ...ranks.map(formatRank),
      formatDecimal(meanRank, 2),
    ]),
  )
  const gains = arenas.map(({ rows }) => rows.get('pointsman')?.metrics.sweepGain)
  if (gains.every((gain) => gain === undefined)) return [ranks]
  const shown = gains.map((gain) =>
    gain === undefined
      ? noValue
      : `${formatMetric('sweepGain', gain.mean)} ${formatRange(gain.low, gain.high, (end) => formatMetricEnd('sweepGain', end))}`,
  )
  return [
    'Rank 1 has the highest AIQ of what routes; policies told what no router knows, references and variants are left out, and so is what did not run on every set.',
    ranks,
    'What `pointsman` gains over mixtures of fixed LLMs: area of its sweep as it runs above their hull, picked on the training prompts, over the dearest cost; only the sign compares between sets.',
    table(['', ...arenas.map(({ set }) => set)], [['`pointsman`, gain over the hull', ...shown]]),
  ]
}

function unseenSections(stored: readonly StoredResult[]): string[] {
  const metric = comparisonMetrics.unseen[0]!
  const arenas = stored.flatMap(({ set, result }) =>
    groupBySetting(result.results).groups.flatMap((group) => {
      const { probes, ...others } = group.setting
      if (typeof probes !== 'number' || Object.keys(others).length > 0) return []
      return [arena(`${set}, ${probes}`, group)]
    }),
  )
  const ranked = rankedPolicies(arenas, metric)
  if (ranked.length === 0) return []
  const best = arenas.map(({ rows }) =>
    Math.max(...ranked.map(({ policy }) => rows.get(policy)!.metrics[metric]!.mean)),
  )
  const cells = (policy: string): string[] =>
    arenas.map(({ rows }, place) => {
      const { mean } = rows.get(policy)!.metrics[metric]!
      const value = formatMetric(metric, mean)
      return mean === best[place] ? `**${value}**` : value
    })
  const unrouted = arenas.map(({ zeroRouter }) => {
    const mean = zeroRouter?.metrics[metric]?.mean
    return mean === undefined ? noValue : `_${formatMetric(metric, mean)}_`
  })
  return [
    `Unseen LLMs: ${metricDescription(metric).label} by set and number of labelled prompts, best mean rank first; \`zero-router\` is no router at all; what is told test outcomes or all training labels is left out.`,
    table(
      ['unseen', ...arenas.map(({ set }) => set), 'mean rank'],
      [
        ...ranked.map(({ policy, meanRank }) => [`\`${policy}\``, ...cells(policy), formatDecimal(meanRank, 2)]),
        ...(unrouted.every((value) => value === noValue) ? [] : [['_`zero-router`_', ...unrouted, noValue]]),
      ],
    ),
  ]
}

function arena(set: string, group: SettingGroup): Arena {
  const plain = plainRows(group)
  return {
    set,
    zeroRouter: plain.find((row) => row.policy === 'zero-router'),
    rows: new Map(plain.filter(isContender).map((row) => [row.policy, row])),
  }
}

interface RankedPolicy {
  readonly policy: string
  /** In the order of the arenas, from 1; equal values share the mean of their places. */
  readonly ranks: readonly number[]
  readonly meanRank: number
}

/** Those that have the metric everywhere, ranked among themselves; the best mean rank first, then by name. */
export function rankedPolicies(
  arenas: readonly { readonly rows: ReadonlyMap<string, ResultRow> }[],
  metric: string,
): RankedPolicy[] {
  const everywhere = [...new Set(arenas.flatMap(({ rows }) => [...rows.keys()]))].filter((policy) =>
    arenas.every(({ rows }) => Number.isFinite(rows.get(policy)?.metrics[metric]?.mean)),
  )
  const sign = metricDescription(metric).better === 'lower' ? -1 : 1
  return everywhere
    .map((policy) => {
      const ranks = arenas.map(({ rows }) => {
        const value = (name: string): number => sign * rows.get(name)!.metrics[metric]!.mean
        const ahead = everywhere.filter((other) => value(other) > value(policy)).length
        const equal = everywhere.filter((other) => value(other) === value(policy)).length
        return ahead + (equal + 1) / 2
      })
      return { policy, ranks, meanRank: ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length }
    })
    .sort((a, b) => a.meanRank - b.meanRank || (a.policy < b.policy ? -1 : 1))
}

function formatRank(rank: number): string {
  return Number.isInteger(rank) ? String(rank) : formatDecimal(rank, 1)
}

function table(heads: readonly string[], lines: readonly (readonly string[])[]): string {
  return [heads, ['---', ...heads.slice(1).map(() => '---:')], ...lines]
    .map((cells) => `| ${cells.map(escaped).join(' | ')} |`)
    .join('\n')
}

/** Policies and sets are data: no markup, and no cell ends in them. */
function escaped(raw: string): string {
  return raw.replace(/\s+/g, ' ').replace(/</g, '&lt;').replace(/\|/g, '\\|')
}
