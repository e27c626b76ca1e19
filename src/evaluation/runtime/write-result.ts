import { rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { EvaluationResult } from '../evaluation-result.ts'

/** Digits beyond these are noise, and make files that differ for nothing. */
const significantDigits = 6

/** `result.json` as text: one row, comparison, finding or figure a line, so that changes can be read as a diff. */
export function resultToJson(result: EvaluationResult): string {
  const lines = Object.entries(result).map(([key, value]) => `  ${JSON.stringify(key)}: ${valueToJson(value)}`)
  return `{\n${lines.join(',\n')}\n}\n`
}

function valueToJson(value: unknown): string {
  if (!Array.isArray(value) || value.every((entry) => typeof entry !== 'object')) return compact(value)
  return value.length === 0 ? '[]' : `[\n    ${value.map(compact).join(',\n    ')}\n  ]`
}

function compact(value: unknown): string {
  return JSON.stringify(value, (_, entry: unknown) =>
    typeof entry === 'number' && !Number.isInteger(entry) ? Number(entry.toPrecision(significantDigits)) : entry,
  )
}

/** Writes `result.json` and `report.html` into a folder that exists; each appears whole or not at all. */
export async function writeResult(folder: string, result: EvaluationResult, html: string): Promise<void> {
  for (const [name, text] of [
    ['result.json', resultToJson(result)],
    ['report.html', html],
  ] as const) {
    const file = path.join(folder, name)
    await writeFile(`${file}.part`, text)
    await rename(`${file}.part`, file)
  }
}
