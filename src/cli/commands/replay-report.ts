import type { EstimatedMean } from '../../proof/off-policy/clustered-mean.ts'
import type { Comparison, TargetEstimate } from '../../proof/off-policy/estimate-target.ts'
import { knownResult } from '../../proof/off-policy/known-result.ts'
import type { LogVerdict } from '../../proof/off-policy/log-verdict.ts'
import type { ReplayedLog, ReplayReport } from '../../proof/off-policy/replay-log.ts'
import { verdictWords } from '../../proof/off-policy/verdict-words.ts'
import { counted } from '../counted.ts'
import type { Tone } from '../terminal/colours.ts'
import { type Cell, renderTable } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** One target in full, or a line for each of several. */
export function renderReplay(report: ReplayReport, { colours }: Terminal): string {
  const { log, scale, targets } = report
  const lines = [logWords(log)]
  const [only] = targets
  if (targets.length === 1 && only !== undefined) {
    lines.push('', colours.strong(only.name))
    if (only.estimate !== undefined) lines.push(renderTable(fullColumns, fullRows(only.estimate), colours))
    lines.push(supportWords(only.estimate), verdictLine(only.estimate, colours))
  } else {
    const rows = targets.map(({ name, estimate }) => shortRow(name, estimate))
    lines.push('', renderTable(shortColumns, rows, colours))
    for (const paragraph of verdictParagraphs(targets, colours)) lines.push('', paragraph)
  }
  lines.push('', colours.dim(scaleWords(scale)))
  return lines.filter((line, i) => line !== undefined && !(line === '' && lines[i - 1] === '')).join('\n')
}

const fullColumns = [
  { title: 'estimator' },
  { title: 'policy' },
  { title: 'quality', align: 'right' },
  { title: '95 %', align: 'left' },
  { title: 'USD a request', align: 'right' },
  { title: '95 %', align: 'left' },
  { title: 'utility', align: 'right' },
  { title: '95 %', align: 'left' },
] as const

const estimatorNames = { dr: 'doubly robust', snips: 'self-normalised', ips: 'inverse propensity' } as const

function fullRows(estimate: TargetEstimate): Cell[][] {
  return estimate.results.flatMap((result, i) => {
    const { estimator, quality, costUsd, utility } = knownResult(estimate, result)
    const row = (name: string, policy: string, part: keyof Comparison): Cell[] => [
      name,
      policy,
      ...cells(quality?.[part], plain),
      ...cells(costUsd?.[part], dollars),
      ...cells(utility?.[part], plain),
    ]
    const served = row('', 'as served', 'served')
    return [
      ...(i === 0 ? [served] : []),
      row(estimatorNames[estimator], 'this', 'target'),
      row('', 'difference', 'difference'),
    ]
  })
}

function cells(mean: EstimatedMean | undefined, write: (value: number) => string): Cell[] {
  if (mean === undefined || !Number.isFinite(mean.value)) return [{ text: 'unknown', tone: 'dim' }, '']
  if (!Number.isFinite(mean.low)) return [write(mean.value), { text: 'any', tone: 'dim' }]
  return [write(mean.value), { text: `${write(mean.low)} to ${write(mean.high)}`, tone: 'dim' }]
}

const shortColumns = [
  { title: 'policy' },
  { title: 'quality', align: 'right' },
  { title: 'USD a request', align: 'right' },
  { title: 'utility', align: 'right' },
  { title: 'difference' },
  { title: 'hits', align: 'right' },
  { title: 'ESS', align: 'right' },
  { title: 'heaviest', align: 'right' },
  { title: 'verdict' },
] as const

function shortRow(name: string, estimate: TargetEstimate | undefined): Cell[] {
  if (estimate === undefined) return [name, '', '', '', '', '', '', '', verdictCell(undefined)]
  const { quality, costUsd, utility } = knownResult(estimate, estimate.results[0]!)
  const { hits, effectiveRows, largestWeight } = estimate.qualitySupport
  const difference = utility?.difference
  return [
    name,
    cells(quality?.target, plain)[0]!,
    cells(costUsd?.target, dollars)[0]!,
    cells(utility?.target, plain)[0]!,
    difference === undefined || !Number.isFinite(difference.low)
      ? ''
      : `${plain(difference.value)} (${plain(difference.low)} to ${plain(difference.high)})`,
    hits.toFixed(0),
    effectiveRows.toFixed(0),
    percent(largestWeight),
    verdictCell(estimate.verdict),
  ]
}

const verdictTones: Record<LogVerdict['kind'], readonly [text: string, tone: Tone]> = {
  better: ['better', 'good'],
  worse: ['worse', 'bad'],
  even: ['no difference shown', 'plain'],
  same: ['the same choices', 'plain'],
  unknown: ['the log can’t say', 'warning'],
}

function verdictCell(verdict: LogVerdict | undefined): Cell {
  const [text, tone] = verdictTones[verdict?.kind ?? 'unknown']
  return { text, tone }
}

/** What is the same of several is said once; what would have chosen alike the table says. */
function verdictParagraphs(targets: ReplayReport['targets'], colours: Terminal['colours']): string[] {
  const namesByVerdict = new Map<string, string[]>()
  for (const { name, estimate } of targets) {
    if (estimate?.verdict.kind === 'same') continue
    const verdict = verdictLine(estimate, colours)
    namesByVerdict.set(verdict, [...(namesByVerdict.get(verdict) ?? []), name])
  }
  return [...namesByVerdict].map(([verdict, names]) => `${colours.strong(names.join(', '))}: ${verdict}`)
}

function verdictLine(estimate: TargetEstimate | undefined, colours: Terminal['colours']): string {
  const [, tone] = verdictTones[estimate?.verdict.kind ?? 'unknown']
  return colours[tone](verdictWords(estimate))
}

function supportWords(estimate: TargetEstimate | undefined): string {
  if (estimate === undefined) return ''
  const { distance, qualitySupport: quality, costSupport: cost, rows, clusters } = estimate
  const conversations = clusters === rows ? '' : ` in ${counted(clusters, 'conversation')}`
  return [
    `${counted(rows, 'decision')}${conversations}; departs from the usual choice in ${percent(distance.offFavourite)}`,
    `labelled draws that agree with it there: ${quality.hits.toFixed(0)}; effective sample ${quality.effectiveRows.toFixed(0)} for quality, ${cost.effectiveRows.toFixed(0)} for cost; heaviest weight ${percent(quality.largestWeight)}`,
  ].join('\n')
}

function logWords(log: ReplayedLog): string {
  if (log.decisions === 0) return 'The log holds no decision of that time.'
  const day = (ms: number | undefined) =>
    ms === undefined ? '' : new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
  const apart = [
    log.named > 0 ? `${log.named} named their LLM` : '',
    log.unsettled > 0 ? `${log.unsettled} never ended` : '',
  ].filter((part) => part !== '')
  const left = apart.length === 0 ? '' : ` (${apart.join(', ')}: left out)`
  const few = log.labelled === 0 ? '; nobody judged an answer, so only costs can be told' : ''
  return `${counted(log.decisions, 'decision')} from ${day(log.firstAtMs)} to ${day(log.lastAtMs)} UTC${left}; ${log.labelled} judged, ${log.billed} billed${few}`
}

function scaleWords({ lambda, costReferenceUsd }: ReplayReport['scale']): string {
  const quality = (lambda / (1 + lambda)).toFixed(3)
  const cost = (1 / (1 + lambda)).toFixed(3)
  return `utility = ${quality}·quality − ${cost}·cost/$${costReferenceUsd.toPrecision(3)}, by your λ = ${lambda}`
}

function plain(value: number): string {
  return value.toFixed(4)
}

function dollars(usd: number): string {
  return usd === 0 ? '0' : usd.toPrecision(3)
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
