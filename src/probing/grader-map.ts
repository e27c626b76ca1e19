import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import type { GraderSpec } from '../grading/grader-spec.ts'
import { graderSpecSchema } from '../grading/grader-spec-schema.ts'
import type { OutcomePrompt } from '../outcomes/outcome-data.ts'
import { OutcomeDataError } from '../outcomes/outcome-data-error.ts'
import { isJsonObject, type JsonObject } from '../providers/chat-provider.ts'

/**
 * Which grader goes with which prompt of outcome data: the prompt's own `grader`, else that of its source, else the default. In their texts
 * `{{field}}` stands for a field of the prompt's line; a text that is nothing else becomes its value.
 */
const graderMapSchema = z
  .strictObject({
    default: z.looseObject({ kind: z.string() }).optional(),
    /** null: prompts of that source are left out. */
    by_source: z.record(z.string(), z.looseObject({ kind: z.string() }).nullable()).optional(),
  })
  .refine((map) => map.default !== undefined || map.by_source !== undefined, {
    error: 'has neither a default nor by_source',
  })

export type GraderMap = z.output<typeof graderMapSchema>

/** Every answer goes to the judge. */
export const judgeEverything: GraderMap = { default: { kind: 'judge' } }

/** @throws {OutcomeDataError} `unreadable_file`, `bad_json`, `bad_value`. */
export async function readGraderMap(file: string): Promise<GraderMap> {
  const name = path.basename(file)
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new OutcomeDataError('unreadable_file', { file: name }, `cannot be read (${(error as Error).message})`, error)
  })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new OutcomeDataError('bad_json', { file: name }, `is not JSON (${(error as Error).message})`, error)
  }
  const parsed = graderMapSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const [first] = parsed.error.issues
  const field = first === undefined || first.path.length === 0 ? undefined : z.core.toDotPath(first.path)
  throw new OutcomeDataError('bad_value', { file: name, field }, first?.message ?? 'is no map of graders')
}

/** A grader as probe files write it, checked. */
export interface MappedGrader {
  readonly file: JsonObject
  readonly spec: GraderSpec
}

/**
 * @returns `none` where no grader is said for the prompt, `left_out` where it is said that there is to be none.
 * @throws {OutcomeDataError} `missing_field`, `bad_value`, naming the prompt.
 */
export function graderOf(prompt: OutcomePrompt, map: GraderMap | undefined): MappedGrader | 'none' | 'left_out' {
  const bySource = map?.by_source?.[prompt.source]
  const raw = prompt.extra.grader ?? (bySource === undefined ? map?.default : bySource)
  if (raw === null) return 'left_out'
  if (raw === undefined) return 'none'
  const place = { file: 'prompts.jsonl', field: 'grader' }
  const fields: JsonObject = { ...prompt.extra, id: prompt.id, source: prompt.source, prompt: prompt.text }
  const filled = asNumber(fill(raw, fields, prompt.id))
  const parsed = graderSpecSchema.safeParse(filled)
  if (parsed.success && isJsonObject(filled)) return { file: filled, spec: parsed.data }
  const [first] = parsed.error?.issues ?? []
  const where = first === undefined ? '' : `${z.core.toDotPath(first.path)}: ${first.message}`
  throw new OutcomeDataError('bad_value', place, `of the prompt '${prompt.id}' is no grader (${where})`)
}

function fill(value: unknown, fields: JsonObject, id: string): unknown {
  if (Array.isArray(value)) return value.map((item) => fill(item, fields, id))
  if (isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, fields, id)]))
  }
  if (typeof value !== 'string') return value
  const whole = /^\{\{(\w+)\}\}$/.exec(value)
  if (whole !== null) return fieldOf(whole[1]!, fields, id)
  return value.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const found = fieldOf(name, fields, id)
    return typeof found === 'string' ? found : JSON.stringify(found)
  })
}

function fieldOf(name: string, fields: JsonObject, id: string): unknown {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (value !== undefined && value !== null) return value
  const place = { file: 'prompts.jsonl', field: name }
  throw new OutcomeDataError('missing_field', place, `is missing in the prompt '${id}', and its grader needs it`)
}

/** Data sets write numbers as texts: "1,250". */
function asNumber(value: unknown): unknown {
  if (!isJsonObject(value) || value.kind !== 'number' || typeof value.answer !== 'string') return value
  const text = value.answer.trim().replaceAll(/(?<=\d),(?=\d{3})/g, '')
  return text === '' || !Number.isFinite(Number(text)) ? value : { ...value, answer: Number(text) }
}
