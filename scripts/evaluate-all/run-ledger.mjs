import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** @typedef {{ readonly code: string, readonly data: string, readonly seeds: string | null }} RunInputs */

/** Which code, data and arguments each stored result was made of, and how long that took: one JSON file. */
export class RunLedger {
  #file
  /** @type {Record<string, RunInputs & { readonly seconds: number }>} */
  #runs

  /** @param {string} file made with its folder when first recorded to */
  constructor(file) {
    this.#file = file
    this.#runs = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  }

  /** @param {string} name @param {RunInputs} inputs */
  isCurrent(name, inputs) {
    const run = this.#runs[name]
    return run !== undefined && run.code === inputs.code && run.data === inputs.data && run.seeds === inputs.seeds
  }

  /** @param {string} name @param {RunInputs & { readonly seconds: number }} run */
  record(name, run) {
    this.#runs[name] = run
    const sorted = Object.fromEntries(Object.entries(this.#runs).sort(([a], [b]) => (a < b ? -1 : 1)))
    mkdirSync(path.dirname(this.#file), { recursive: true })
    writeFileSync(this.#file, `${JSON.stringify(sorted, undefined, 2)}\n`)
  }
}
