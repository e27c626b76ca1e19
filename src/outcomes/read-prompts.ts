import { basename } from 'node:path'
import type { OutcomePrompt } from './outcome-data.ts'
import { OutcomeDataError } from './outcome-data-error.ts'
import { readLines } from './read-lines.ts'

/**
 * Reads prompts.jsonl[.gz]: one object per line with `id` and `prompt`, and where known `source` and `split`. Other
 * fields are kept in `extra`. Blank lines are passed over.
 *
 * @throws {OutcomeDataError} `bad_json`, `missing_field`, `bad_value`, `duplicate`, `empty`, or as {@link readLines}.
 */
export async function readPrompts(path: string): Promise<OutcomePrompt[]> {
  const file = basename(path)
  const prompts: OutcomePrompt[] = []
  const seen = new Set<string>()
  let line = 0
  for await (const text of readLines(path)) {
    line++
    if (text.trim() === '') continue
    const prompt = parsePrompt(text, file, line)
    if (seen.has(prompt.id)) {
      throw new OutcomeDataError('duplicate', { file, line, field: 'id' }, `the prompt '${prompt.id}' comes twice`)
    }
    seen.add(prompt.id)
    prompts.push(prompt)
  }
  if (prompts.length === 0) throw new OutcomeDataError('empty', { file }, 'there is no prompt in it')
  return prompts
}

function parsePrompt(text: string, file: string, line: number): OutcomePrompt {
  const value = parseObject(text, file, line)
  const { id, prompt, source, split, ...extra } = value
  return {
    id: requireText(id, { file, line, field: 'id' }),
    text: requireText(prompt, { file, line, field: 'prompt' }),
    source: optionalText(source, { file, line, field: 'source' }) ?? '',
    ...splitField(optionalText(split, { file, line, field: 'split' })),
    extra,
  }
}

function splitField(split: string | undefined): { split?: string } {
  return split === undefined ? {} : { split }
}

function parseObject(text: string, file: string, line: number): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new OutcomeDataError('bad_json', { file, line }, `is not JSON (${(error as Error).message})`, error)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OutcomeDataError('bad_json', { file, line }, 'must be a JSON object')
  }
  return value as Record<string, unknown>
}

interface FieldPlace {
  readonly file: string
  readonly line: number
  readonly field: string
}

function requireText(value: unknown, place: FieldPlace): string {
  if (value === undefined || value === null) throw new OutcomeDataError('missing_field', place, 'is missing')
  if (typeof value !== 'string' || value === '') {
    throw new OutcomeDataError('bad_value', place, 'must be a string that is not empty')
  }
  return value
}

function optionalText(value: unknown, place: FieldPlace): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw new OutcomeDataError('bad_value', place, 'must be a string')
  return value
}
