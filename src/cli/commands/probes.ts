import path from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { openGrading } from '../../grading/open-grading.ts'
import { readOutcomeData } from '../../outcomes/read-outcome-data.ts'
import { selectSplit } from '../../outcomes/split.ts'
import { type BuiltProbeSet, buildProbeSet } from '../../probing/build-probe-set.ts'
import { checkProbeSet, mostPerTemplate, type ProbeSetCheck } from '../../probing/check-probe-set.ts'
import { judgeEverything, readGraderMap } from '../../probing/grader-map.ts'
import type { ProbeSet } from '../../probing/probe.ts'
import { builtInProbeFolder, readProbeSet } from '../../probing/read-probe-set.ts'
import { writeProbeSet } from '../../probing/write-probe-set.ts'
import { counted } from '../counted.ts'
import { PlainError } from '../plain-error.ts'
import { renderTable } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** What the commands work with. */
export interface ProbesSurroundings {
  readonly terminal: Terminal
  readonly folder: string
}

interface BuildFlags {
  readonly data: string
  readonly out: string
  readonly count: number
  readonly grader?: string
  readonly split?: string
  readonly seed: number
}

const defaultCount = 200

/** References are graded one after the other; a machine that takes longer for one is stuck. */
const checkTimeoutMs = 600_000

/** Adds `probes build` and `probes check`. */
export function addProbesCommand(program: Command, around: ProbesSurroundings): void {
  const probes = program.command('probes').description('prompts with graders, which place LLMs that join')

  probes
    .command('build')
    .description('choose probes from outcome data, so that few answers already place an LLM')
    .requiredOption('--data <folder>', 'outcome data: prompts.jsonl, models.json, outcomes.csv (also .gz)')
    .requiredOption('--out <folder>', 'where the probes go; made, or empty')
    .option('--count <number>', 'how many', positive, defaultCount)
    .option('--grader <file>', 'which grader goes with which source (JSON), or "judge": an LLM judges all')
    .option('--split <name>', 'choose from this split of the data set only')
    .option('--seed <number>', 'another seed chooses others', positive, 1)
    .action((flags: BuildFlags) => build(flags, around))

  probes
    .command('check')
    .description('validate a set of probes: counts, near-duplicates, references that fail their grader')
    .argument('[folder]', 'default: the set that ships')
    .action((folder: string | undefined) => check(folder, around))
}

async function check(flag: string | undefined, { terminal, folder }: ProbesSurroundings): Promise<void> {
  const place = flag === undefined ? builtInProbeFolder : path.resolve(folder, flag)
  const set = await readProbeSet(place)
  const grading = openGrading({ folder: place })
  try {
    const found = await checkProbeSet(set, grading, AbortSignal.timeout(checkTimeoutMs))
    terminal.out(describeCheck(set, found, terminal))
    const faults = found.nearDuplicates.length + found.wrongReferences.length
    if (faults > 0) throw new PlainError(`The set has ${counted(faults, 'fault')}.`)
  } finally {
    await grading.close()
  }
}

async function build(flags: BuildFlags, { terminal, folder }: ProbesSurroundings): Promise<void> {
  const read = await readOutcomeData(path.resolve(folder, flags.data))
  const data = flags.split === undefined ? read : selectSplit(read, flags.split)
  const graders = await graderMap(flags.grader, folder)
  const built = await buildProbeSet(data, { count: flags.count, seed: flags.seed, graders })
  const out = path.resolve(folder, flags.out)
  await writeProbeSet(out, built)
  // Read as whoever uses it will: what cannot be read is told now.
  const set = await readProbeSet(out)
  terminal.out(describeBuilt(set, built, terminal))
  if (built.choice.rows.length < flags.count)
    terminal.note(`Only ${counted(built.choice.rows.length, 'prompt')} there.`)
  if (built.leftOut > 0) {
    terminal.note(
      `${counted(built.leftOut, 'prompt')} could not be chosen: cut short by their source, or left out by --grader.`,
    )
  }
}

async function graderMap(flag: string | undefined, folder: string) {
  if (flag === undefined) return undefined
  return flag === 'judge' ? judgeEverything : await readGraderMap(path.resolve(folder, flag))
}

function describeBuilt(set: ProbeSet, { candidates, choice, outcomes }: BuiltProbeSet, { colours }: Terminal): string {
  const chosen = new Map<string, number>()
  for (const { task } of set.probes) chosen.set(task, (chosen.get(task) ?? 0) + 1)
  const columns = [
    { title: 'task' },
    { title: 'prompts', align: 'right' },
    { title: 'probes', align: 'right' },
  ] as const
  const rows = [...candidates].map(([task, count]) => [task, String(count), String(chosen.get(task) ?? 0)])
  return [
    renderTable(columns, rows, colours),
    '',
    `${colours.good('Wrote')} ${colours.strong(set.id)}: ${counted(set.probes.length, 'probe')} of ${counted(choice.clusters, 'cluster')}, with what ${counted(outcomes.llms.length, 'LLM')} reached on them`,
    `An LLM's mean quality on the probes is ${choice.levelGap.toFixed(4)} off its mean on all prompts (root mean square); LLMs differ ${choice.informationRatio.toFixed(2)} times as much as on a prompt drawn at random`,
  ].join('\n')
}

function describeCheck(set: ProbeSet, check: ProbeSetCheck, { colours }: Terminal): string {
  const columns = [{ title: 'task' }, { title: 'probes', align: 'right' }] as const
  const rows = [...check.tasks].map(([task, count]) => [task, String(count)])
  const bad = (text: string): string => `${colours.bad('✗')} ${text}`
  const lines = [
    ...check.nearDuplicates.map((ids) => bad(`nearly the same: ${ids.join(', ')}`)),
    ...check.wrongReferences.map(({ id, reason }) => bad(`the reference of ${id} fails its grader: ${reason}`)),
    ...[...check.largeTemplates].map(
      ([template, count]) =>
        `${colours.warning('!')} ${count} probes are made from ${template}, more than ${mostPerTemplate}`,
    ),
  ]
  if (check.notGraded.length > 0) {
    const reasons = new Set(check.notGraded.map(({ reason }) => reason))
    lines.push(`${counted(check.notGraded.length, 'reference')} not graded here: ${[...reasons].join('; ')}`)
  }
  if (check.withoutReference > 0) lines.push(`${counted(check.withoutReference, 'probe')} without a reference`)
  const recorded = set.anchors.llms.length
  return [
    renderTable(columns, rows, colours),
    '',
    `${colours.strong(set.id)}: ${counted(set.probes.length, 'probe')} of ${counted(check.tasks.size, 'task')}${recorded > 0 ? `, with recorded outcomes of ${counted(recorded, 'LLM')}` : ''}`,
    ...(lines.length === 0 ? [colours.good('No fault found.')] : lines),
  ].join('\n')
}

function positive(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number above 0.')
  return value
}
