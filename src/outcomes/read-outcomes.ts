import { basename } from 'node:path'
import { csvRecords } from './csv-records.ts'
import type { OutcomeLlm, OutcomeMeasure, OutcomePrompt } from './outcome-data.ts'
import { outcomeMeasures, unknownCells } from './outcome-data.ts'
import { OutcomeDataError } from './outcome-data-error.ts'
import { readLines } from './read-lines.ts'

/**
 * Reads outcomes.csv[.gz] into one matrix per measure. The header names the columns, in any order; `promptId`,
 * `modelId` and `quality` must be there, unknown columns are passed over. An empty cell is unknown.
 *
 * @throws {OutcomeDataError} `bad_csv`, `missing_field`, `bad_value`, `unknown_prompt`, `unknown_llm`, `duplicate`,
 *   `empty` (no row with a known quality), or as {@link readLines}.
 */
export async function readOutcomes(
  path: string,
  prompts: readonly OutcomePrompt[],
  llms: readonly OutcomeLlm[],
): Promise<Record<OutcomeMeasure, Float64Array>> {
  const file = basename(path)
  const promptRows = new Map(prompts.map((prompt, row) => [prompt.id, row]))
  const llmColumns = new Map(llms.map((llm, column) => [llm.id, column]))
  const size = prompts.length * llms.length
  const matrices = {
    quality: unknownCells(size),
    costUsd: unknownCells(size),
    inputTokens: unknownCells(size),
    outputTokens: unknownCells(size),
    latencyMs: unknownCells(size),
  }
  const seen = new Uint8Array(size)
  let columns: OutcomeColumns | undefined
  let known = 0
  for await (const { line, fields } of csvRecords(readLines(path), file)) {
    if (columns === undefined) {
      columns = parseHeader(fields, file, line)
      continue
    }
    requireWidth(fields, columns, file, line)
    const row = promptRows.get(fields[columns.promptId]!)
    if (row === undefined) throw unknownName('unknown_prompt', file, line, 'promptId', fields[columns.promptId]!)
    const column = llmColumns.get(fields[columns.modelId]!)
    if (column === undefined) throw unknownName('unknown_llm', file, line, 'modelId', fields[columns.modelId]!)
    const cell = row * llms.length + column
    if (seen[cell] === 1) {
      throw new OutcomeDataError('duplicate', { file, line }, 'this prompt and LLM already have an outcome')
    }
    seen[cell] = 1
    for (const [measure, index] of columns.measures) {
      matrices[measure][cell] = parseCell(fields[index]!, measure, file, line)
    }
    if (!Number.isNaN(matrices.quality[cell]!)) known++
  }
  if (known === 0) throw new OutcomeDataError('empty', { file }, 'there is no outcome with a known quality in it')
  return matrices
}

interface OutcomeColumns {
  readonly width: number
  readonly promptId: number
  readonly modelId: number
  readonly measures: readonly (readonly [OutcomeMeasure, number])[]
}

function parseHeader(fields: readonly string[], file: string, line: number): OutcomeColumns {
  const names = fields.map((field) => field.trim())
  names.forEach((name, index) => {
    if (name !== '' && names.indexOf(name) !== index) {
      throw new OutcomeDataError('duplicate', { file, line, field: name }, 'two columns have this name')
    }
  })
  const require = (name: string): number => {
    const index = names.indexOf(name)
    if (index === -1) throw new OutcomeDataError('missing_field', { file, line, field: name }, 'no such column')
    return index
  }
  return {
    width: names.length,
    promptId: require('promptId'),
    modelId: require('modelId'),
    measures: outcomeMeasures
      .map((measure) => [measure, measure === 'quality' ? require(measure) : names.indexOf(measure)] as const)
      .filter(([, index]) => index !== -1),
  }
}

function requireWidth(fields: readonly string[], columns: OutcomeColumns, file: string, line: number): void {
  if (fields.length !== columns.width) {
    const message = `has ${fields.length} fields, the header has ${columns.width}`
    throw new OutcomeDataError('bad_csv', { file, line }, message)
  }
}

function unknownName(
  code: 'unknown_prompt' | 'unknown_llm',
  file: string,
  line: number,
  field: string,
  name: string,
): OutcomeDataError {
  const where = code === 'unknown_prompt' ? 'the prompts' : 'models.json'
  const problem = name === '' ? 'is empty' : `'${name}' is not in ${where}`
  return new OutcomeDataError(code, { file, line, field }, problem)
}

function parseCell(text: string, measure: OutcomeMeasure, file: string, line: number): number {
  const trimmed = text.trim()
  if (trimmed === '') return Number.NaN
  const value = Number(trimmed)
  const place = { file, line, field: measure }
  if (!Number.isFinite(value)) throw new OutcomeDataError('bad_value', place, `'${trimmed}' is not a finite number`)
  if (value < 0) throw new OutcomeDataError('bad_value', place, `${trimmed} is negative`)
  if (measure === 'quality' && value > 1) throw new OutcomeDataError('bad_value', place, `${trimmed} is above 1`)
  return value
}
