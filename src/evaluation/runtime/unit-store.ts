import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { WorkUnit } from '../protocol.ts'

/** What a unit yielded and how long it took. */
export interface StoredUnit {
  readonly output: unknown
  readonly seconds: number
}

/**
 * Finished units of one evaluation, a file each. A unit counts as done only for the same fingerprint and
 * parameters: other data, options or code make it anew. Files appear whole or not at all, so that a kill at any moment loses at most the unit under way.
 */
export class UnitStore {
  readonly #folder: string
  readonly #fingerprint: string

  constructor(folder: string, fingerprint: string) {
    this.#folder = folder
    this.#fingerprint = fingerprint
  }

  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
  }

  /** Undefined when it is not there, is of another fingerprint, or cannot be read as a whole. */
  async load(unit: WorkUnit): Promise<StoredUnit | undefined> {
    const text = await readFile(this.#file(unit), 'utf8').catch(() => undefined)
    if (text === undefined) return undefined
    try {
      const stored = JSON.parse(text) as StoredUnit & { readonly fingerprint: string }
      return stored.fingerprint === this.#fingerprintOf(unit) ? stored : undefined
    } catch {
      return undefined
    }
  }

  async save(unit: WorkUnit, stored: StoredUnit): Promise<void> {
    const file = this.#file(unit)
    await writeFile(`${file}.part`, JSON.stringify({ fingerprint: this.#fingerprintOf(unit), ...stored }))
    await rename(`${file}.part`, file)
  }

  async clear(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }

  #fingerprintOf(unit: WorkUnit): string {
    return `${this.#fingerprint} ${JSON.stringify(unit.parameters)}`
  }

  #file(unit: WorkUnit): string {
    return path.join(this.#folder, `${unit.key}.json`)
  }
}
