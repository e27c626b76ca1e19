import { z } from 'zod'
import { isJsonObject, type JsonObject } from '../providers/chat-provider.ts'
import type { GraderSpec } from './grader-spec.ts'

const phrase = z.string().refine((text) => text.trim() !== '', { error: 'an empty answer says nothing' })
const answers = z.array(phrase).min(1)
const jsonObject = z.custom<JsonObject>(isJsonObject, { error: 'a JSON object' })

const exactSchema = z
  .strictObject({ kind: z.literal('exact'), answers: answers.describe('Any of them will do.') })
  .describe('The whole answer, trimmed, is one of these.')

const textSchema = z
  .strictObject({
    kind: z.literal('text'),
    answers: answers.describe('Any of them will do.'),
    contains: z.boolean().default(false).describe('An answer within a longer text counts.'),
  })
  .describe('The same after Unicode, case, articles, punctuation and white space are evened out.')

const numberSchema = z
  .strictObject({
    kind: z.literal('number'),
    answer: z.number(),
    absolute: z.number().nonnegative().default(0).describe('Off by no more than this is right.'),
    relative: z
      .number()
      .nonnegative()
      .default(1e-6)
      .describe('Off by no more than this share of the answer is right; the wider of the two counts.'),
  })
  .describe('The number the answer ends on.')

const choiceSchema = z
  .strictObject({
    kind: z.literal('choice'),
    answer: z.string().regex(/^[A-Z]$/, { error: 'a letter from A to Z' }),
    options: z.array(phrase).min(2).max(26).describe('The texts of A, B, C, … in order.'),
  })
  .refine(({ answer, options }) => answer.charCodeAt(0) - 65 < options.length, {
    path: ['answer'],
    error: 'there are fewer options than that',
  })
  .describe('The letter, or the text of its option.')

const regexSchema = z
  .strictObject({
    kind: z.literal('regex'),
    pattern: z.string().min(1),
    flags: z
      .string()
      .regex(/^[imsu]*$/, { error: 'some of i, m, s, u' })
      .default(''),
  })
  .superRefine(({ pattern, flags }, context) => {
    try {
      new RegExp(pattern, flags)
    } catch (error) {
      context.addIssue({ code: 'custom', path: ['pattern'], message: (error as Error).message })
    }
  })
  .describe('The answer matches somewhere; ^ and $ make it the whole.')

const jsonSchema = z
  .strictObject({
    kind: z.literal('json'),
    schema: jsonObject.optional().describe('JSON Schema, draft 7 or 2020-12 by its $schema; default: 2020-12.'),
    answer: z.unknown().optional().describe('The value has to equal this one.'),
  })
  .describe('The answer, or its first fenced block, is JSON.')

const toolCallSchema = z
  .strictObject({
    kind: z.literal('tool_call'),
    name: z.string().min(1),
    arguments: jsonObject.optional().describe('Equal by value, whatever the order of the keys. Left out: any.'),
  })
  .describe('A call of that tool is the only one in the answer.')

const codeSchema = z
  .strictObject({
    kind: z.literal('code'),
    language: z.enum(['python', 'javascript']),
    tests: z
      .array(phrase)
      .min(1)
      .max(100)
      .describe('Each runs after the code in a process of its own; it fails by throwing.'),
  })
  .describe('The share of tests that the code of the answer passes. Off by default.')

const sqlSchema = z
  .strictObject({
    kind: z.literal('sql'),
    database: z
      .string()
      .min(1)
      .describe('A SQLite file, or a script (.sql) that makes one, relative to the folder of the probes.'),
    query: phrase.describe('The query whose rows are right.'),
    ordered: z.boolean().default(false).describe('Whether the order of the rows counts.'),
  })
  .describe("The answer's query returns the same rows.")

const judgeSchema = z
  .strictObject({
    kind: z.literal('judge'),
    rubric: phrase.optional().describe('What makes an answer good.'),
    reference: phrase.optional().describe('A good answer.'),
    against: phrase.optional().describe('An answer to compare with; both orders are asked.'),
  })
  .describe('An LLM says how good it is.')

const commandSchema = z
  .strictObject({
    kind: z.literal('command'),
    command: z.array(z.string()).min(1).describe('Program and arguments; no shell.'),
  })
  .describe('A program of your own. Off by default.')

/** Any grader, as files write it: snake_case, unknown keys refused, defaults filled in. */
export const graderSpecSchema = z
  .discriminatedUnion(
    'kind',
    [
      exactSchema,
      textSchema,
      numberSchema,
      choiceSchema,
      regexSchema,
      jsonSchema,
      toolCallSchema,
      codeSchema,
      sqlSchema,
      judgeSchema,
      commandSchema,
    ],
    { error: 'kind is one of exact, text, number, choice, regex, json, tool_call, code, sql, judge, command' },
  )
  .transform((file): GraderSpec => {
    switch (file.kind) {
      case 'tool_call':
        return { kind: 'tool-call', name: file.name, arguments: file.arguments }
      case 'json':
        return { kind: 'json', schema: file.schema, answer: file.answer }
      case 'judge':
        return { kind: 'judge', rubric: file.rubric, reference: file.reference, against: file.against }
      default:
        return file
    }
  })
