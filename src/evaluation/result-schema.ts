import { z } from 'zod'
import type { EvaluationResult } from './evaluation-result.ts'

const finite = z.number()
const maybeFinite = z.number().nullable()

const interval = z
  .object({
    mean: finite,
    low: maybeFinite.describe('Lower end of the 95 % interval; null where there are too few runs to tell.'),
    high: maybeFinite.describe('Upper end of the 95 % interval, or null.'),
  })
  .describe('A mean and its 95 % interval.')

const setting = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
  .describe('What distinguishes rows of one policy; empty where a policy has one row.')

const row = z.object({
  policy: z.string().min(1).describe('Name of the policy, as in docs/evaluation.md.'),
  kind: z.enum(['router', 'baseline', 'reference']).describe('What the policy is in this evaluation.'),
  setting,
  metrics: z.record(z.string(), interval).describe('By metric name; a metric that does not exist is left out.'),
  curve: z
    .array(z.object({ costUsd: finite, quality: finite }))
    .describe('The deferral curve by rising cost: mean USD per prompt and mean quality, averaged over seeds.'),
})

const comparison = z.object({
  policy: z.string(),
  against: z.string(),
  setting,
  metric: z.string(),
  difference: interval.describe('Policy minus the other, paired, with its 95 % interval.'),
  p: maybeFinite.describe('Two-sided; null where it cannot be told.'),
  pHolm: maybeFinite.describe('After Holm’s correction over the comparisons of this policy, setting and metric.'),
})

const finding = z.object({
  id: z.string().describe('Stable name of the claim.'),
  source: z.string().describe('Whose claim it is: a paper’s name or `pointsman`.'),
  claim: z.string(),
  verdict: z.enum(['confirmed', 'refuted', 'undecided']),
  evidence: z.string().describe('One sentence with the figures it rests on.'),
})

const axis = z.object({
  label: z.string(),
  scale: z.enum(['linear', 'log']).exactOptional(),
  unit: z.enum(['usd', 'share']).exactOptional(),
})

const point = z.object({
  x: z.union([z.number(), z.string()]),
  y: finite,
  low: maybeFinite.exactOptional(),
  high: maybeFinite.exactOptional(),
})

const figure = z.object({
  id: z.string(),
  kind: z.enum(['curves', 'bars']),
  title: z.string(),
  caption: z.string(),
  x: axis,
  y: axis,
  series: z.array(
    z.object({
      name: z.string(),
      role: z.enum(['pointsman', 'router', 'baseline', 'reference', 'hull', 'oracle', 'point']),
      points: z.array(point),
    }),
  ),
})

/** `result.json`, format 1. Fields that a later release adds to the format are passed over. */
export const resultSchema = z.object({
  formatVersion: z.literal(1),
  protocol: z.enum(['static', 'stream', 'unseen', 'drift', 'pair', 'start']),
  data: z
    .object({
      name: z.string(),
      prompts: z.number().int().min(0),
      llms: z.number().int().min(0),
      outcomes: z.number().int().min(0).describe('Known quality cells.'),
    })
    .describe('The data as evaluated: equal prompts merged, LLMs that cannot be used left out.'),
  seeds: z.array(z.number()),
  results: z.array(row),
  comparisons: z.array(comparison),
  findings: z.array(finding),
  figures: z.array(figure).describe('What the report draws, as data.'),
  notes: z.array(z.string()).describe('What one must know to read the figures right.'),
  provenance: z.object({
    version: z.string(),
    node: z.string(),
    createdAt: z.string().describe('ISO 8601.'),
    dataSha256: z.string().describe('Of the three files read, in hexadecimal.'),
    workSeconds: z.number().describe('Wall time of all units of work, one after the other.'),
  }),
}) satisfies z.ZodType<EvaluationResult>

/** JSON schema of `result.json`, for tools that read it. Draft 2020-12. */
export function resultJsonSchema(): { readonly [keyword: string]: unknown } {
  const { $schema, ...rest } = z.toJSONSchema(resultSchema, { io: 'input', target: 'draft-2020-12' })
  return { $schema, title: 'result.json', description: 'What `pointsman evaluate` found, format 1.', ...rest }
}
