import { mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type OutcomeData, type OutcomeLlm, outcomeMeasures } from '../outcomes/outcome-data.ts'
import { OutcomeDataError } from '../outcomes/outcome-data-error.ts'
import type { BuiltProbeSet } from './build-probe-set.ts'

/**
 * Writes a set as a folder that `readProbeSet` reads: probes.jsonl, models.json, outcomes.csv.
 *
 * @param folder made where it is not there; nothing that is in it already is touched.
 * @throws {OutcomeDataError} `bad_value` when it is not empty.
 */
export async function writeProbeSet(folder: string, { lines, outcomes }: BuiltProbeSet): Promise<void> {
  await mkdir(folder, { recursive: true })
  if ((await readdir(folder)).length > 0) {
    throw new OutcomeDataError(
      'bad_value',
      { file: folder },
      'is not empty: name a new folder, as probes are never written over',
    )
  }
  await writeFile(path.join(folder, 'models.json'), `${JSON.stringify(outcomes.llms.map(modelEntry), undefined, 2)}\n`)
  await writeFile(path.join(folder, 'outcomes.csv'), outcomeLines(outcomes))
  // Last, so that a folder that was left half-written is no set.
  await writeFile(path.join(folder, 'probes.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
}

function modelEntry({ id, base, price, extra }: OutcomeLlm): object {
  const prices =
    price === undefined
      ? {}
      : { inputPricePerMTok: price.inputPerMillionTokensUsd, outputPricePerMTok: price.outputPerMillionTokensUsd }
  return { id, base, ...prices, ...extra }
}

function outcomeLines(data: OutcomeData): string {
  const lines = [['promptId', 'modelId', ...outcomeMeasures].join(',')]
  data.prompts.forEach((prompt, row) => {
    data.llms.forEach((llm, column) => {
      const cells = outcomeMeasures.map((measure) => data[measure][row * data.llms.length + column]!)
      if (cells.every(Number.isNaN)) return
      lines.push(
        [quoted(prompt.id), quoted(llm.id), ...cells.map((cell) => (Number.isNaN(cell) ? '' : String(cell)))].join(','),
      )
    })
  })
  return `${lines.join('\n')}\n`
}

function quoted(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
