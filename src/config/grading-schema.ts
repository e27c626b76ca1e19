import { z } from 'zod'
import type { JudgeSettings } from '../gateway/live-judge/judge-settings.ts'
import type { CodeIsolation } from '../grading/grading-services.ts'

const isolations = ['off', 'namespace', 'unprotected'] as const satisfies readonly CodeIsolation[]

/** `grading` */
export const gradingSchema = z.strictObject({
  code: z
    .enum(isolations)
    .default('off')
    .describe(
      'Whether code of answers is run to grade it. namespace: in Linux namespaces without network, on a read-only file system. unprotected: with your rights, no security boundary.',
    ),
  command: z
    .boolean()
    .default(false)
    .describe('Whether graders may start the program that a probe names, with your rights.'),
})

/** `judge` */
export const judgeSchema = z.strictObject({
  llm: z
    .string()
    .min(1)
    .describe('The LLM that judges; it needs a price. Requests that do not allow it are not judged.'),
  share: z.number().min(0).max(1).default(0).describe('Share of live answers that are judged, in the background.'),
  daily_cap_usd: z
    .number()
    .nonnegative()
    .default(1)
    .describe('Hard stop on what judging live answers costs per UTC day. It counts for routing.daily_cap_usd too.'),
  rubric: z.string().min(1).optional().describe('What makes an answer good. Default: correct, complete, as asked.'),
  sources: z
    .array(z.enum(['routed', 'named']))
    .min(1)
    .default(['routed', 'named'])
    .describe('Whose answers: of requests that leave the choice to the router, of those that name an LLM.'),
})

/** What the owner should hear at every start. */
export function gradingNotices({ code }: z.output<typeof gradingSchema>): readonly string[] {
  if (code !== 'unprotected') return []
  return [
    'grading.code is unprotected: code that LLMs write is run on this machine with your rights, and there is no security boundary',
  ]
}

export interface GradingConfig {
  readonly code: CodeIsolation
  readonly commands: boolean
}

export function toGradingConfig(file: z.output<typeof gradingSchema>): GradingConfig {
  return { code: file.code, commands: file.command }
}

export function toJudgeSettings(file: z.output<typeof judgeSchema> | undefined): JudgeSettings | undefined {
  if (file === undefined) return undefined
  const { llm, share, daily_cap_usd: dailyCapUsd, rubric, sources } = file
  return { llm, share, dailyCapUsd, rubric, sources }
}
