import { isUtf8 } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { TokenPrice } from '../routing/registry/token-price.ts'
import { defaultBase } from './default-base.ts'
import type { OutcomeLlm } from './outcome-data.ts'
import { OutcomeDataError } from './outcome-data-error.ts'

/**
 * Reads models.json: an array of objects with `id` and, where known, `inputPricePerMTok` and `outputPricePerMTok` (USD
 * per million tokens; absent or null is unknown) and `base` (else {@link defaultBase}). Other fields are kept in `extra`.
 *
 * @throws {OutcomeDataError} `unreadable_file`, `bad_encoding`, `bad_json`, `missing_field`, `bad_value`, `duplicate`,
 *   `empty`.
 */
export async function readLlms(path: string): Promise<OutcomeLlm[]> {
  const file = basename(path)
  const entries = parseArray(await readText(path), file)
  const llms: OutcomeLlm[] = []
  const seen = new Set<string>()
  entries.forEach((entry, index) => {
    const llm = parseLlm(entry, file, index)
    if (seen.has(llm.id)) {
      throw new OutcomeDataError('duplicate', { file, field: 'id' }, `the LLM '${llm.id}' comes twice`)
    }
    seen.add(llm.id)
    llms.push(llm)
  })
  if (llms.length === 0) throw new OutcomeDataError('empty', { file }, 'there is no LLM in it')
  return llms
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    const message = `cannot be read (${(error as Error).message})`
    throw new OutcomeDataError('unreadable_file', { file: basename(path) }, message, error)
  })
  if (!isUtf8(bytes)) throw new OutcomeDataError('bad_encoding', { file: basename(path) }, 'is not valid UTF-8')
  return bytes.toString('utf8')
}

function parseArray(text: string, file: string): readonly unknown[] {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new OutcomeDataError('bad_json', { file }, `is not JSON (${(error as Error).message})`, error)
  }
  if (!Array.isArray(value)) throw new OutcomeDataError('bad_json', { file }, 'must be an array of LLMs')
  return value
}

function parseLlm(entry: unknown, file: string, index: number): OutcomeLlm {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    throw new OutcomeDataError('bad_json', { file }, `entry ${index + 1} must be an object`)
  }
  const { id, inputPricePerMTok, outputPricePerMTok, base, ...extra } = entry as Record<string, unknown>
  if (id === undefined) {
    throw new OutcomeDataError('missing_field', { file, field: 'id' }, `entry ${index + 1} has none`)
  }
  if (typeof id !== 'string' || id === '') {
    throw new OutcomeDataError('bad_value', { file, field: 'id' }, `entry ${index + 1} must have a string here`)
  }
  const input = parsePrice(inputPricePerMTok, file, 'inputPricePerMTok', id)
  const output = parsePrice(outputPricePerMTok, file, 'outputPricePerMTok', id)
  return { id, price: tokenPrice(input, output), base: typeof base === 'string' ? base : defaultBase(id), extra }
}

function parsePrice(value: unknown, file: string, field: string, id: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new OutcomeDataError('bad_value', { file, field }, `must be a number ≥ 0 or null (LLM '${id}')`)
  }
  return value
}

function tokenPrice(input: number | undefined, output: number | undefined): TokenPrice | undefined {
  if (input === undefined || output === undefined) return undefined
  return { inputPerMillionTokensUsd: input, outputPerMillionTokensUsd: output }
}
