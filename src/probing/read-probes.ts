import path from 'node:path'
import { z } from 'zod'
import type { GraderSpec } from '../grading/grader-spec.ts'
import { OutcomeDataError } from '../outcomes/outcome-data-error.ts'
import { readLines } from '../outcomes/read-lines.ts'
import type { ChatMessage, ChatRequest } from '../providers/chat-provider.ts'
import { longDocument } from './long-document.ts'
import type { Probe } from './probe.ts'
import { type ProbeLine, probeLineSchema } from './probe-line-schema.ts'

/** Faults of one line that are named. */
const mostFaults = 3

/** A probe is asked of every newcomer, hundreds together: 1 MB of text each is beyond any use. */
const mostRequestCharacters = 2 ** 20

/**
 * Reads one file of probes, JSON Lines, `.gz` unpacked. Blank lines are passed over.
 *
 * @param left how many probes more are allowed.
 * @throws {OutcomeDataError} naming file, line and field: `bad_json`, `missing_field`, `bad_value`, or as `readLines`.
 */
export async function readProbes(file: string, left: number): Promise<readonly Probe[]> {
  const name = path.basename(file)
  const probes: Probe[] = []
  let line = 0
  for await (const text of readLines(file)) {
    line++
    if (text.trim() === '') continue
    if (probes.length === left)
      throw new OutcomeDataError('bad_value', { file: name, line }, 'there are too many probes')
    probes.push(toProbe(parseLine(text, name, line), { file: name, line }, path.dirname(file)))
  }
  return probes
}

interface LinePlace {
  readonly file: string
  readonly line: number
}

function parseLine(text: string, file: string, line: number): ProbeLine {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new OutcomeDataError('bad_json', { file, line }, `is not JSON (${(error as Error).message})`, error)
  }
  const parsed = probeLineSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const [first] = parsed.error.issues
  const isMissing = first?.code === 'invalid_type' && first.input === undefined
  const field = first === undefined || first.path.length === 0 ? undefined : z.core.toDotPath(first.path)
  throw new OutcomeDataError(isMissing ? 'missing_field' : 'bad_value', { file, line, field }, faults(parsed.error))
}

function faults(error: z.ZodError): string {
  const named = error.issues.slice(0, mostFaults).map((issue, index) => {
    const field = index === 0 || issue.path.length === 0 ? '' : `'${z.core.toDotPath(issue.path)}': `
    return `${field}${issue.message}`
  })
  const more = error.issues.length - named.length
  return `${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

function toProbe(line: ProbeLine, place: LinePlace, folder: string): Probe {
  const request = toRequest(line, place)
  if (JSON.stringify(request).length > mostRequestCharacters) {
    throw new OutcomeDataError('bad_value', place, `the request is above ${mostRequestCharacters} characters`)
  }
  return {
    id: line.id,
    task: line.task,
    template: line.template,
    request,
    grader: withPlacedDatabase(line.grader, folder),
    reference: line.reference,
  }
}

function toRequest(line: ProbeLine, place: LinePlace): ChatRequest {
  const { tools, tool_choice, response_format, max_output_tokens } = line
  return {
    messages: toMessages(line, place),
    ...(tools === undefined ? {} : { tools }),
    ...(tool_choice === undefined ? {} : { tool_choice }),
    ...(response_format === undefined ? {} : { response_format }),
    ...(max_output_tokens === undefined ? {} : { max_tokens: max_output_tokens }),
  }
}

function toMessages({ prompt, system, messages, document }: ProbeLine, place: LinePlace): readonly ChatMessage[] {
  if (messages !== undefined) {
    const beside = Object.entries({ prompt, system, document }).find(([, value]) => value !== undefined)
    if (beside === undefined) return messages
    throw new OutcomeDataError('bad_value', { ...place, field: beside[0] }, 'cannot stand beside messages')
  }
  if (prompt === undefined) {
    throw new OutcomeDataError('missing_field', { ...place, field: 'prompt' }, 'is missing, and there are no messages')
  }
  const content = document === undefined ? prompt : `${longDocument(document)}\n\n${prompt}`
  const user = { role: 'user', content }
  return system === undefined ? [user] : [{ role: 'system', content: system }, user]
}

/** Databases are named relative to their probes. */
function withPlacedDatabase(grader: GraderSpec, folder: string): GraderSpec {
  return grader.kind === 'sql' ? { ...grader, database: path.resolve(folder, grader.database) } : grader
}
