import { tmpdir } from 'node:os'
import { isJsonObject } from '../providers/chat-provider.ts'
import type { Grade, Grader } from './grader.ts'
import type { GraderSpec } from './grader-spec.ts'
import { GradingError } from './grading-error.ts'
import type { ProgramEnvironment } from './grading-services.ts'
import { messageText } from './message-text.ts'
import { type ProcessEnd, runProcess } from './run-process.ts'

export interface CommandGraderOptions {
  /** The working folder of the program. */
  readonly folder: string
  readonly environment: ProgramEnvironment
  /** Default: 30,000. */
  readonly timeLimitMs?: number | undefined
}

const maxOutputBytes = 1024 * 1024
const maxReasonCharacters = 300

/**
 * Asks the owner's own program. It gets one JSON object on standard input:
 *
 *     {"prompt": "…", "messages": […], "answer": "…", "tool_calls": [{"name": "…", "arguments": "…"}]}
 *
 * `prompt` is the text of the last user message. It writes `{"quality": 0…1}` with, if it likes, `"reason"` and `"cost_usd"`, and ends with 0.
 * It runs without a shell, with the owner's rights, and with PATH and HOME only of the environment: keys of providers are not
 * for it. Whatever else it does is a `not_graded`: never a 0.
 */
export function createCommandGrader(
  { command }: Extract<GraderSpec, { kind: 'command' }>,
  { folder, environment: own, timeLimitMs = 30_000 }: CommandGraderOptions,
): Grader {
  return {
    async grade({ request, text, toolCalls }, signal) {
      const { messages } = request
      const prompt = messageText(messages.findLast(({ role }) => role === 'user'))
      const input = JSON.stringify({ prompt, messages, answer: text, tool_calls: toolCalls })
      const environment = { PATH: own.path ?? '/usr/local/bin:/usr/bin:/bin', HOME: own.home ?? tmpdir() }
      const end = await runProcess({ command, input, folder, environment, timeLimitMs, maxOutputBytes }, signal)
      return gradeOf(end, command[0] ?? '', timeLimitMs)
    },
  }
}

function gradeOf(ended: ProcessEnd, program: string, timeLimitMs: number): Grade {
  const { end, exitCode, stdout, stderr } = ended
  if (end === 'not_started') throw new GradingError('grader_unavailable', `${program} could not be started`)
  const faults = { too_slow: `took longer than ${timeLimitMs / 1_000} s`, too_much_output: 'wrote too much' } as const
  if (end !== 'exited') throw notGraded(program, end in faults ? faults[end as keyof typeof faults] : 'was stopped')
  if (exitCode !== 0) {
    const said = stderr.trim().slice(-maxReasonCharacters)
    throw notGraded(program, `ended with ${exitCode ?? 'a signal'}${said === '' ? '' : `: ${said}`}`)
  }
  const written = parse(stdout)
  const quality = isJsonObject(written) ? written.quality : undefined
  if (!isJsonObject(written) || typeof quality !== 'number' || !(quality >= 0 && quality <= 1)) {
    throw notGraded(program, 'did not write {"quality": 0…1}')
  }
  const { reason, cost_usd: costUsd } = written
  return {
    quality,
    reason: typeof reason === 'string' ? reason.slice(0, maxReasonCharacters) : undefined,
    costUsd: typeof costUsd === 'number' && costUsd >= 0 && Number.isFinite(costUsd) ? costUsd : undefined,
  }
}

function notGraded(program: string, what: string): GradingError {
  return new GradingError('not_graded', `${program} ${what}`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
