import type { Command } from 'commander'
import type { ConfigFlags } from '../../config/load-config.ts'
import type { RolloutEvent } from '../../routing/policy-store.ts'
import type { PolicyDesk, PolicyDiff } from '../../training/policy-desk.ts'
import type { ListedPolicy, PolicyList, PolicyReport } from '../../training/policy-report.ts'
import { withConfigFlags } from '../config-flags.ts'
import { type Cell, renderTable } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** What the commands work on; whoever opened it closes it. */
export interface PoliciesSession {
  readonly desk: PolicyDesk
  readonly terminal: Terminal
  close(): Promise<void>
}

const by = 'by command'

/** Adds `policies list|show|diff|rollback|promote|discard`. A running gateway does as told within seconds. */
export function addPoliciesCommand(program: Command, open: (flags: ConfigFlags) => Promise<PoliciesSession>): void {
  const policies = program.command('policies').description('list, compare, roll back and promote policy versions')
  const add = (
    usage: string,
    description: string,
    work: (session: PoliciesSession, names: string[]) => Promise<void>,
  ) => {
    const [name = '', ...names] = usage.split(' ')
    const command = withConfigFlags(policies.command(name)).description(description)
    for (const argument of names) command.argument(argument)
    command.action(async (...given: unknown[]) => {
      const flags = given[names.length] as ConfigFlags
      const session = await open(flags)
      try {
        await work(
          session,
          given.slice(0, names.length).filter((one) => typeof one === 'string'),
        )
      } finally {
        await session.close()
      }
    })
  }
  add('list', 'the versions kept, which one serves and which one is on trial', showList)
  add('show <id>', 'what a version holds', async ({ desk, terminal }, [id = '']) => {
    terminal.out(renderReport(await desk.show(id), terminal))
  })
  add(
    'diff <before> <after>',
    'what changed from one version to another',
    async ({ desk, terminal }, [a = '', b = '']) => {
      terminal.out(renderDiff(await desk.diff(a, b), terminal))
    },
  )
  add('rollback [id]', 'let an earlier version serve again; without an id the one that served before', rollback)
  add('promote <id>', 'let a version serve without waiting for proof', async ({ desk, terminal }, [id = '']) => {
    const { servingId } = await desk.promote(id, by)
    terminal.note(`Version ${servingId} serves now.`)
  })
  add(
    'discard [id]',
    'end the trial of the candidate, or take away one that was held',
    async ({ desk, terminal }, [id]) => {
      await desk.discard(id, by)
      terminal.note('The version that was on trial, or held, is discarded.')
    },
  )
}

async function rollback({ desk, terminal }: PoliciesSession, [id]: string[]): Promise<void> {
  const { servingId } = await desk.rollback(id, by)
  terminal.note(servingId === 'unfitted' ? 'Nothing fitted serves now.' : `Version ${servingId} serves now.`)
}

async function showList({ desk, terminal }: PoliciesSession): Promise<void> {
  const list = await desk.list()
  if (list.versions.length === 0) {
    terminal.note('No version yet: `pointsman fit --data FOLDER` makes one, and so does a gateway from its feedback.')
    return
  }
  terminal.out(renderList(list, terminal))
}

const listColumns = [
  { title: '' },
  { title: 'version' },
  { title: 'made' },
  { title: 'origin' },
  { title: 'labels to', align: 'right' },
  { title: 'state' },
  { title: 'of' },
] as const

function renderList({ versions, events, servingId }: PolicyList, { colours, columns }: Terminal): string {
  const lines = [renderTable(listColumns, versions.map(listRow), colours, columns)]
  if (servingId === undefined) lines.push('', colours.warning('Nothing fitted serves: the starter or priors do.'))
  if (events.length > 0) lines.push('', renderTable(eventColumns, events.map(eventRow), colours, columns))
  return lines.join('\n')
}

function listRow(version: ListedPolicy): readonly Cell[] {
  return [
    version.isServing ? { text: '▶', tone: 'good' } : '',
    version.isServing ? { text: version.id, tone: 'strong' } : version.id,
    isoMinute(version.createdAtMs),
    version.origin ?? 'fit',
    version.throughSequence === 0 ? '–' : String(version.throughSequence),
    state(version),
    version.candidate?.reason === undefined
      ? version.description
      : `${version.description}; ${version.candidate.phase}: ${version.candidate.reason}`,
  ]
}

function state({ isServing, candidate }: ListedPolicy): Cell {
  if (isServing) return { text: 'serves', tone: 'good' }
  if (candidate === undefined) return { text: 'kept', tone: 'dim' }
  return { text: candidate.phase, tone: candidate.phase === 'held' ? 'bad' : 'warning' }
}

const eventColumns = [{ title: 'when' }, { title: 'what' }, { title: 'version' }, { title: 'why' }] as const

function eventRow({ atMs, kind, version, detail }: RolloutEvent): readonly Cell[] {
  return [isoMinute(atMs), kind, version, detail]
}

const llmColumns = [
  { title: 'LLM' },
  { title: 'from' },
  { title: 'labels', align: 'right' },
  { title: 'mean quality', align: 'right' },
  { title: 'noise', align: 'right' },
  { title: 'mean cost', align: 'right' },
] as const

function renderReport(report: PolicyReport, { colours, columns }: Terminal): string {
  const rows = report.llms.map((llm) => [
    llm.id,
    llm.source,
    String(llm.labels),
    llm.meanQuality.toFixed(3),
    llm.noise.toFixed(3),
    usd(llm.meanCostUsd),
  ])
  const lines = [
    `${colours.strong(report.id)}: ${report.description}`,
    `made ${isoMinute(report.createdAtMs)} by ${report.origin ?? 'fit'}${report.parentId === undefined ? '' : ` from ${report.parentId}`}`,
    `embedder ${report.embedderId}; labels in the fit up to ${report.throughSequence ?? 0}, learned since up to ${report.learnedThrough ?? 0}`,
    ...stackLines(report),
    '',
    renderTable(llmColumns, rows, colours),
  ]
  if (report.events.length > 0) lines.push('', renderTable(eventColumns, report.events.map(eventRow), colours, columns))
  return lines.join('\n')
}

function stackLines({ weights, trust, guard, costReferenceUsd }: PolicyReport): string[] {
  const stack =
    weights === undefined
      ? []
      : [
          `stack of ridge, clusters, forest: ${weights.map((w) => w.toFixed(2)).join(', ')}; trust κ = ${trust?.toFixed(2)}`,
        ]
  const guarded =
    guard === undefined ? 'no guard' : `means serve in ${guard.servingHull} of ${guard.regions} regions of λ`
  return [...stack, `C_ref = ${usd(costReferenceUsd)}; ${guarded}`]
}

const diffColumns = [
  { title: 'LLM' },
  { title: 'labels', align: 'right' },
  { title: 'mean quality', align: 'right' },
  { title: 'Δ', align: 'right' },
  { title: 'noise', align: 'right' },
  { title: 'Δ', align: 'right' },
  { title: 'mean cost', align: 'right' },
  { title: 'before', align: 'right' },
] as const

function renderDiff({ before, after, llms, choices }: PolicyDiff, { colours }: Terminal): string {
  const rows = llms.map(({ id, before: from, after: to }): readonly Cell[] => {
    if (to === undefined)
      return [
        { text: id, tone: 'dim' },
        { text: 'gone', tone: 'dim' },
      ]
    return [
      from === undefined ? { text: `${id} (new)`, tone: 'good' } : id,
      from === undefined ? String(to.labels) : `${from.labels} → ${to.labels}`,
      to.meanQuality.toFixed(3),
      from === undefined ? '' : change(to.meanQuality - from.meanQuality),
      to.noise.toFixed(3),
      from === undefined ? '' : plain(to.noise - from.noise),
      usd(to.meanCostUsd),
      from === undefined ? '' : usd(from.meanCostUsd),
    ]
  })
  return [
    `from ${colours.strong(before.id)} (${before.description})`,
    ...stackLines(before),
    `to   ${colours.strong(after.id)} (${after.description})`,
    ...stackLines(after),
    '',
    renderTable(diffColumns, rows, colours),
    '',
    describeChoices(choices),
  ].join('\n')
}

function describeChoices({ requests, agreement, quality, costUsd }: PolicyDiff['choices']): string {
  if (agreement === undefined || quality === undefined || costUsd === undefined) {
    return 'No request of the log was embedded as both versions embed: their choices cannot be compared.'
  }
  return [
    `On the last ${requests} requests they choose the same LLM for ${(100 * agreement).toFixed(1)} %. By the later version's estimates`,
    `quality ${quality.before.toFixed(3)} → ${quality.after.toFixed(3)}, cost ${usd(costUsd.before)} → ${usd(costUsd.after)} a request.`,
  ].join('\n')
}

function change(delta: number): Cell {
  if (Math.abs(delta) < 0.0005) return plain(delta)
  return { text: plain(delta), tone: delta > 0 ? 'good' : 'bad' }
}

function plain(delta: number): string {
  return `${delta < 0 ? '−' : '+'}${Math.abs(delta).toFixed(3)}`
}

function usd(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? 'unknown' : `$${value.toPrecision(3)}`
}

function isoMinute(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')
}
