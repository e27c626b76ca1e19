import { createHash } from 'node:crypto'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { OutcomeDataError } from '../outcomes/outcome-data-error.ts'
import { readLlms } from '../outcomes/read-llms.ts'
import { readOutcomes } from '../outcomes/read-outcomes.ts'
import type { Probe, ProbeSet } from './probe.ts'
import { readProbes } from './read-probes.ts'

/** The set that ships with this package, wherever it is installed. */
export const builtInProbeFolder = path.resolve(import.meta.dirname, '../../probes/pointsman-1')

const mostProbes = 10_000
const mostDatabaseBytes = 2 ** 28
const hashCharacters = 12

/** The built-in set: 300 probes and more, written for this project. @throws {OutcomeDataError} when the installation is damaged. */
export function loadBuiltInProbeSet(): Promise<ProbeSet> {
  return readProbeSet(builtInProbeFolder)
}

/**
 * Reads a folder of probes: every `.jsonl` or `.jsonl.gz` in it, in order of their names, and where they are there `models.json` and
 * `outcomes.csv[.gz]`, what LLMs measured before reached on them. The tasks come in turn, so that a run that ends early has asked of all. The format is described in docs/probes.md. Nothing is repaired: the
 * first fault ends it. At most 10,000 probes.
 *
 * @throws {OutcomeDataError} naming file, line and field.
 */
export async function readProbeSet(folder: string): Promise<ProbeSet> {
  const resolved = path.resolve(folder)
  const names = await filesOf(resolved)
  const files = names.filter((name) => /\.jsonl(?:\.gz)?$/.test(name)).sort()
  refuseOutcomeData(files)
  const inFiles: Probe[] = []
  const placeOf = new Map<string, string>()
  for (const file of files) {
    for (const probe of await readProbes(path.join(resolved, file), mostProbes - inFiles.length)) {
      const before = placeOf.get(probe.id)
      if (before !== undefined) {
        throw new OutcomeDataError('duplicate', { file, field: 'id' }, `the probe '${probe.id}' is in ${before} too`)
      }
      placeOf.set(probe.id, file)
      inFiles.push(probe)
    }
  }
  if (inFiles.length === 0)
    throw new OutcomeDataError('empty', { file: files[0] ?? resolved }, 'there is no probe in it')
  const probes = tasksInTurn(inFiles)
  const name = path.basename(resolved)
  return {
    id: `${name}-${await contentHash(probes, resolved)}`,
    name,
    probes,
    anchors: await readAnchors(resolved, names, probes),
  }
}

/** The first of every task, then the second of every task, and so on. */
function tasksInTurn(probes: readonly Probe[]): Probe[] {
  const counts = new Map<string, number>()
  const turns = probes.map((probe) => {
    const turn = counts.get(probe.task) ?? 0
    counts.set(probe.task, turn + 1)
    return { probe, turn }
  })
  return turns.sort((a, b) => a.turn - b.turn).map(({ probe }) => probe)
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new OutcomeDataError('not_a_folder', { file: folder }, 'there is no such folder of probes', error)
  })
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name)
}

function refuseOutcomeData(files: readonly string[]): void {
  const prompts = files.find((file) => file.startsWith('prompts.jsonl'))
  if (prompts !== undefined) {
    const way = 'is a file of outcome data; `pointsman probes build` chooses probes from such a folder'
    throw new OutcomeDataError('bad_value', { file: prompts }, way)
  }
  const first = files[0]
  if (first === undefined) throw new OutcomeDataError('missing_file', { file: 'probes.jsonl' }, 'the folder has none')
}

/** Of what is asked and how it is graded, in any order of the files; not of templates, references and anchors, which change no outcome. */
async function contentHash(probes: readonly Probe[], folder: string): Promise<string> {
  const hash = createHash('sha256')
  const databases = new Map<string, string>()
  const byId = [...probes].sort((a, b) => (a.id < b.id ? -1 : 1))
  for (const { id, task, request, grader } of byId) {
    if (grader.kind !== 'sql') {
      hash.update(`${JSON.stringify([id, task, request, grader])}\n`)
      continue
    }
    const content = databases.get(grader.database) ?? (await databaseHash(grader.database, folder))
    databases.set(grader.database, content)
    hash.update(`${JSON.stringify([id, task, request, { ...grader, database: content }])}\n`)
  }
  return hash.digest('hex').slice(0, hashCharacters)
}

/** A database outside the folder is no part of the set, and could be any file of this machine. */
async function databaseHash(file: string, folder: string): Promise<string> {
  const place = { file: path.relative(folder, file), field: 'grader.database' }
  const real = await realpath(file).catch((error: unknown) => {
    throw new OutcomeDataError('missing_file', place, 'there is no such database in the folder', error)
  })
  if (!real.startsWith(`${await realpath(folder)}${path.sep}`)) {
    throw new OutcomeDataError('bad_value', place, 'must be inside the folder of the probes')
  }
  const { size } = await stat(real)
  if (size > mostDatabaseBytes) throw new OutcomeDataError('bad_value', place, `is above ${mostDatabaseBytes} bytes`)
  return createHash('sha256')
    .update(await readFile(real))
    .digest('hex')
}

async function readAnchors(
  folder: string,
  names: readonly string[],
  probes: readonly Probe[],
): Promise<ProbeSet['anchors']> {
  const outcomes = ['outcomes.csv', 'outcomes.csv.gz'].find((name) => names.includes(name))
  const hasModels = names.includes('models.json')
  if (outcomes === undefined && !hasModels) return { llms: [], quality: new Float64Array() }
  if (outcomes === undefined || !hasModels) {
    const [there, missing] = outcomes === undefined ? ['models.json', 'outcomes.csv'] : [outcomes, 'models.json']
    throw new OutcomeDataError(
      'missing_file',
      { file: missing },
      `the folder has ${there} alone; recorded outcomes take both`,
    )
  }
  const llms = await readLlms(path.join(folder, 'models.json'))
  const prompts = probes.map(({ id, task }) => ({ id, source: task, text: id, extra: {} }))
  const { quality } = await readOutcomes(path.join(folder, outcomes), prompts, llms)
  return { llms: llms.map((llm) => llm.id), quality }
}
