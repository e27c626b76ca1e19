import { z } from 'zod'
import { graderSpecSchema } from '../grading/grader-spec-schema.ts'
import { longDocumentSchema } from './long-document.ts'

const name = z.string().min(1).max(200)

/** Messages in the form of chat completions; what else they say travels on untouched. */
const message = z.looseObject({ role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']) })

/** Enough for an answer that thinks aloud; a probe that asks for more is no probe. */
const mostOutputTokens = 65_536

/** One line of a probe file, as docs/probes.md describes it. Strict: an unknown field is a fault, as a misspelt one would be ignored. */
export const probeLineSchema = z.strictObject({
  id: name,
  task: name,
  template: name.optional(),
  /** For readers of the file; nothing is decided by it. */
  difficulty: z.enum(['easy', 'medium', 'hard']).optional(),
  prompt: z.string().min(1).optional(),
  system: z.string().min(1).optional(),
  messages: z.array(message).min(1).max(100).optional(),
  document: longDocumentSchema.optional(),
  tools: z
    .array(z.looseObject({ type: z.string() }))
    .min(1)
    .max(128)
    .optional(),
  tool_choice: z.unknown().optional(),
  response_format: z.looseObject({ type: z.string() }).optional(),
  max_output_tokens: z.int().min(1).max(mostOutputTokens).optional(),
  grader: graderSpecSchema,
  reference: z
    .union([z.string().min(1), z.strictObject({ name, arguments: z.record(z.string(), z.unknown()) })])
    .optional(),
})

export type ProbeLine = z.output<typeof probeLineSchema>
