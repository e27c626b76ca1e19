import { z } from 'zod'
import type { DeclaredMetric } from '../gateway/feedback/declared-metric.ts'
import { defaultFeedbackOptions, type FeedbackOptions } from '../gateway/feedback/feedback-options.ts'

const { influence } = defaultFeedbackOptions
const onOff = z.enum(['on', 'off'], { error: "'on' or 'off'" }).default('off')

const metricSchema = z
  .strictObject({
    type: z.enum(['boolean', 'number']).describe('What its values are.'),
    min: z.number().default(0).describe('Of a number: what stands for quality 0, or 1 where lower is better.'),
    max: z.number().default(1).describe('Of a number: the other end.'),
    better: z.enum(['higher', 'lower']).default('higher').describe('Of a boolean: higher means that true is good.'),
    weight: z.number().gt(0).max(10).default(1).describe('How many labels one value counts for.'),
    noise: z
      .number()
      .min(0.01)
      .max(10)
      .optional()
      .describe(
        'Standard deviation of one value around the quality, which goes from 0 to 1. Default: as of thumbs or scores.',
      ),
  })
  .refine(({ min, max }) => min < max, { path: ['max'], error: 'max must be above min' })

/** `feedback` of the file. */
export const feedbackSchema = z.strictObject({
  metrics: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, 'a name is lower-case letters, digits, - and _, at most 64'),
      metricSchema,
    )
    .default({})
    .describe('What you measure answers by, and post as feedback by name.'),
  influence: z
    .strictObject({
      window: z
        .int()
        .min(1)
        .max(10_000)
        .default(influence.window)
        .describe('Labels of others that credit is saved up from, where that is more than `burst`.'),
      free: z.number().min(0).default(influence.free).describe('Labels of an LLM that every key has a day.'),
      burst: z
        .number()
        .min(0)
        .default(influence.burst)
        .describe(
          'Labels of an LLM that a key may give at once where others have spoken of it too: no more of `free` is saved up.',
        ),
      share: z
        .number()
        .min(0)
        .max(1)
        .default(influence.share)
        .describe('Share of what is said of an LLM that a key may come to beyond that; 1: no cap.'),
    })
    .prefault({})
    .describe(
      'How much one key may say of one LLM. Binds keys without the admin scope where there are several; `keys create --feedback-share` is a share of its own.',
    ),
  implicit: z
    .strictObject({
      retry: onOff.describe(
        'The same request again within ten minutes of its answer counts against the LLM that gave it, a little.',
      ),
      abort: onOff.describe('A stream that its caller left counts against the LLM, a little.'),
    })
    .prefault({})
    .describe(
      'What callers do, taken as feedback. Off: machines repeat themselves and hang up for reasons of their own.',
    ),
})

/** From the file's terms to the gateway's. */
export function toFeedbackOptions({
  metrics,
  influence: cap,
  implicit,
}: z.output<typeof feedbackSchema>): FeedbackOptions {
  const declared = Object.entries(metrics).map(([name, metric]): [string, DeclaredMetric] => [
    name,
    { ...metric, noise: metric.noise },
  ])
  return {
    metrics: new Map(declared),
    influence: cap,
    implicit: { retry: implicit.retry === 'on', abort: implicit.abort === 'on' },
  }
}
