import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { readOutcomeData } from '../../outcomes/read-outcome-data.ts'
import { EvaluationError } from '../evaluation-error.ts'
import type { EvaluationResult, ProtocolName } from '../evaluation-result.ts'
import type { FinishedUnit, Protocol, ProtocolOptions, WorkUnit } from '../protocol.ts'
import { loadProtocol } from '../protocols/load-protocol.ts'
import { codeFingerprint } from './code-fingerprint.ts'
import { dataFingerprint } from './data-fingerprint.ts'
import { type EvaluationProgress, ProgressMeter } from './evaluation-progress.ts'
import { runUnits } from './run-units.ts'
import { type StoredUnit, UnitStore } from './unit-store.ts'

export interface EvaluateOptions {
  readonly protocol: ProtocolName
  /** Outcome data. */
  readonly dataFolder: string
  /** Where finished units are kept, under `units/`; made when it is not there. */
  readonly outFolder: string
  /** Runs with seeds 1 … n; default: the protocol's own number. */
  readonly seeds?: number | undefined
  /** Default: all of the protocol's. Reference rows are there in any case. */
  readonly policies?: readonly string[] | undefined
  /** Threads; default: as many as the machine runs at once. */
  readonly workers?: number | undefined
  /** Forgets the units finished before. Default false. */
  readonly fresh?: boolean | undefined
  /** A starter policy to try, for the protocol `start`. */
  readonly starterFile?: string | undefined
  /** This package's version, for the record. */
  readonly version: string
  /** Milliseconds since the epoch, for the record. */
  readonly now: number
  readonly onProgress?: ((progress: EvaluationProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs one protocol on a folder of outcome data, in threads. What is finished is kept in `outFolder`: after a stop, however
 * hard, the same call goes on where it was, and other data, options or code start anew.
 *
 * @throws {OutcomeDataError} for data that cannot be read; {EvaluationError} for data that do not fit, options out of range
 *   and threads that die; the signal's reason.
 */
export async function evaluate(options: EvaluateOptions): Promise<EvaluationResult> {
  const data = await readOutcomeData(options.dataFolder)
  const protocol = await loadProtocol(options.protocol)
  const dataSha256 = await dataFingerprint(options.dataFolder)
  const { starterFile } = options
  const chosen = { ...chooseOptions(protocol, options), dataSha256, starterFile }
  const units = protocol.plan(data, chosen)
  const code = await codeFingerprint(protocolFile(options.protocol), path.resolve(import.meta.dirname, '../..'))
  const store = new UnitStore(path.join(options.outFolder, 'units'), fingerprintOf(protocol, dataSha256, code))
  await mkdir(options.outFolder, { recursive: true })
  if (options.fresh === true) await store.clear()
  await store.open()
  const stored = await finishUnits(units, store, options)
  const finished: FinishedUnit<unknown>[] = units.map((unit) => ({ unit, output: stored.get(unit.key)!.output }))
  const seconds = units.reduce((sum, unit) => sum + stored.get(unit.key)!.seconds, 0)
  const provenance = {
    version: options.version,
    node: process.version,
    createdAt: new Date(options.now).toISOString(),
    dataSha256,
    workSeconds: Math.round(seconds * 10) / 10,
  }
  return {
    formatVersion: 1,
    protocol: protocol.name,
    seeds: chosen.seeds,
    ...protocol.collect(data, finished, chosen),
    provenance,
  }
}

async function finishUnits(
  units: readonly WorkUnit[],
  store: UnitStore,
  options: EvaluateOptions,
): Promise<ReadonlyMap<string, StoredUnit>> {
  const stored = new Map<string, StoredUnit>()
  for (const unit of units) {
    const known = await store.load(unit)
    if (known !== undefined) stored.set(unit.key, known)
  }
  const waiting = units.filter((unit) => !stored.has(unit.key))
  const done = units.filter((unit) => stored.has(unit.key))
  const meter = new ProgressMeter(units, done, performance.now())
  const report = (unit?: WorkUnit, share = 0): void => {
    if (unit !== undefined) meter.advance(unit, share)
    options.onProgress?.(meter.read(performance.now()))
  }
  report()
  await runUnits(waiting, {
    setup: { dataFolder: path.resolve(options.dataFolder), protocol: options.protocol },
    workers: options.workers ?? availableParallelism(),
    signal: options.signal,
    onProgress: report,
    onFinished: async (unit, result) => {
      await store.save(unit, result)
      stored.set(unit.key, result)
      report(unit, 1)
    },
  })
  return stored
}

function chooseOptions(protocol: Protocol, options: EvaluateOptions): ProtocolOptions {
  const seeds = options.seeds ?? protocol.defaultSeeds
  requireCount('seeds', seeds)
  if (options.workers !== undefined) requireCount('workers', options.workers)
  const known = protocol.policies.map(({ name }) => name)
  const unknown = options.policies?.filter((name) => !known.includes(name)) ?? []
  if (unknown.length > 0) {
    const message = `${protocol.name} does not evaluate ${unknown.join(', ')}; it knows ${known.join(', ')}`
    throw new EvaluationError('unknown_policy', message)
  }
  const named = new Set(options.policies ?? known)
  return {
    seeds: Array.from({ length: seeds }, (_, i) => i + 1),
    policies: protocol.policies
      .filter(({ name, kind }) => kind === 'reference' || named.has(name))
      .map(({ name }) => name),
  }
}

function requireCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return
  throw new EvaluationError('invalid_option', `${name} must be a whole number of at least 1`)
}

/** The compiler rewrites the endings of imports, but not of this: it must be the one that this file itself has. */
function protocolFile(name: ProtocolName): string {
  const ending = path.extname(import.meta.filename)
  return path.resolve(import.meta.dirname, `../protocols/${name}/${name}-protocol${ending}`)
}

/** What a unit yields depends on these and its own parameters alone. */
function fingerprintOf(protocol: Protocol, dataSha256: string, code: string): string {
  return createHash('sha256')
    .update(JSON.stringify([protocol.name, dataSha256, code]))
    .digest('hex')
}
