import { z } from 'zod'
import { EvaluationError } from './evaluation-error.ts'
import type { EvaluationResult } from './evaluation-result.ts'
import { resultSchema } from './result-schema.ts'

/** The only format there is. */
const formatVersion = 1
/** Faults named before the rest is counted. */
const mostFaults = 5

/**
 * Parses the text of a `result.json`. Metrics without a mean and figure points without a value, which JSON can only
 * write as null, are left out, as nothing can be read from them.
 *
 * @param name what to call the file in errors.
 * @throws {EvaluationError} `unreadable_result` when it is not JSON, of another format, or not of its shape.
 */
export function parseResult(text: string, name = 'result.json'): EvaluationResult {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new EvaluationError('unreadable_result', `${name} is not JSON (${(error as Error).message})`, {
      cause: error,
    })
  }
  requireFormat(value, name)
  const parsed = resultSchema.safeParse(withoutNulls(value))
  if (parsed.success) return parsed.data
  throw new EvaluationError('unreadable_result', `${name} is not a result of format 1: ${faults(parsed.error)}`, {
    cause: parsed.error,
  })
}

function requireFormat(value: unknown, name: string): void {
  const version = isObject(value) ? value.formatVersion : undefined
  if (version === formatVersion) return
  const found =
    version === undefined
      ? 'it names no formatVersion'
      : `its formatVersion is ${JSON.stringify(version)}; a newer Pointsman may have written it`
  throw new EvaluationError('unreadable_result', `${name} cannot be read as a result of format 1: ${found}`)
}

function faults(error: z.ZodError): string {
  const named = error.issues.slice(0, mostFaults).map((issue) => `${z.core.toDotPath(issue.path)}: ${issue.message}`)
  const rest = error.issues.length - named.length
  return `${named.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`
}

function withoutNulls(value: unknown): unknown {
  if (!isObject(value)) return value
  const { results, figures } = value
  return {
    ...value,
    ...(Array.isArray(results) ? { results: results.map(withKnownMetrics) } : {}),
    ...(Array.isArray(figures) ? { figures: figures.map(withKnownPoints) } : {}),
  }
}

function withKnownMetrics(row: unknown): unknown {
  if (!isObject(row) || !isObject(row.metrics)) return row
  const known = Object.entries(row.metrics).filter(([, value]) => !isObject(value) || value.mean !== null)
  return { ...row, metrics: Object.fromEntries(known) }
}

function withKnownPoints(figure: unknown): unknown {
  if (!isObject(figure) || !Array.isArray(figure.series)) return figure
  const series = figure.series.map((entry: unknown) => {
    if (!isObject(entry) || !Array.isArray(entry.points)) return entry
    const points = entry.points.filter((point: unknown) => !isObject(point) || (point.y !== null && point.x !== null))
    return { ...entry, points }
  })
  return { ...figure, series }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
