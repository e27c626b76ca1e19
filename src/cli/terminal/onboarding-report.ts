import type { LandingReport } from '../../probing/landing-report.ts'
import type { OnboardingReport } from '../../probing/onboard-llm.ts'
import type { Colours } from './colours.ts'
import { type Cell, renderTable } from './table.ts'

/** What an onboarding has come to, for people. */
export function renderOnboardingReport(llm: string, report: OnboardingReport, colours: Colours): string {
  const { probes, meanQuality, costUsd } = report
  const tone = { admitted: colours.good, refused: colours.bad, stopped: colours.warning }[report.status]
  const quality = meanQuality === undefined ? '' : `, mean quality ${meanQuality.toFixed(3)}`
  const lines = [
    `${tone(report.status)} ${colours.strong(llm)}: ${probes.graded} of ${probes.total} probes graded${quality}, ${dollars(costUsd)} spent`,
    ...(report.reason === undefined ? [] : [`  because ${report.reason}`]),
    ...probes.leftOut.map(({ reason, count }) => colours.dim(`  ${count} probes left out: ${reason}`)),
    ...report.notes.map((note) => colours.dim(`  ${note}`)),
    ...(report.version === undefined ? [] : [`  policy ${colours.strong(report.version)} knows it`]),
  ]
  const { landing } = report
  if (landing === undefined) return lines.join('\n')
  return [lines.join('\n'), strengths(landing, colours), front(landing, colours), traffic(landing)].join('\n\n')
}

function strengths({ tasks }: LandingReport, colours: Colours): string {
  const columns = [
    { title: 'task' },
    { title: 'probes', align: 'right' },
    { title: 'quality', align: 'right' },
    { title: 'predicted', align: 'right' },
    { title: 'expected', align: 'right' },
    { title: 'pool', align: 'right' },
    { title: '' },
  ] as const
  const rows = tasks.map((task): Cell[] => [
    task.task,
    String(task.probes),
    compared(task.quality, task.pool),
    figure(task.predicted),
    figure(task.expected),
    figure(task.pool),
    { text: task.poolIs ?? '', tone: 'dim' },
  ])
  return renderTable(columns, rows, colours)
}

/** Better and worse than the pool by more than a few probes would differ by chance. */
function compared(quality: number, pool: number | undefined): Cell {
  const text = quality.toFixed(3)
  if (pool === undefined || Math.abs(quality - pool) < 0.1) return text
  return { text, tone: quality > pool ? 'good' : 'bad' }
}

function front({ llm, front: places }: LandingReport, colours: Colours): string {
  const columns = [
    { title: 'LLM, by cost' },
    { title: 'cost', align: 'right' },
    { title: 'quality', align: 'right' },
    { title: 'place' },
  ] as const
  const rows = places.map((place): Cell[] => [
    place.llm === llm ? { text: place.llm, tone: 'strong' } : place.llm,
    dollars(place.costUsd),
    place.quality.toFixed(3),
    place.place === 'dominated' ? { text: place.place, tone: 'dim' } : { text: place.place, tone: 'good' },
  ])
  return renderTable(columns, rows, colours)
}

function traffic({ trafficShare, requests, lambda, pool, dominatedBy }: LandingReport): string {
  const over = requests.from === 'decisions' ? `the last ${requests.count} requests` : `the ${requests.count} probes`
  const lines = [`predicted share of traffic at λ = ${lambda}, over ${over}: ${(100 * trafficShare).toFixed(1)} %`]
  if (dominatedBy.length > 0) lines.push(`as good and as cheap on average: ${dominatedBy.join(', ')}`)
  if (pool !== undefined) {
    const { without, with: joined, savingShare } = pool
    const saving =
      savingShare === undefined
        ? ''
        : ` (${savingShare >= 0 ? 'saves' : 'adds'} ${Math.abs(100 * savingShare).toFixed(1)} %)`
    lines.push(
      `pool per request without it: quality ${without.quality.toFixed(4)}, ${known(without.costUsd)}`,
      `pool per request with it:    quality ${joined.quality.toFixed(4)}, ${known(joined.costUsd)}${saving}`,
    )
  }
  return lines.join('\n')
}

function figure(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(3)
}

function known(usd: number | undefined): string {
  return usd === undefined ? 'cost unknown' : dollars(usd)
}

function dollars(usd: number): string {
  return `$${usd === 0 ? '0' : usd.toPrecision(3)}`
}
