import { z } from 'zod'
import type { RolloutOptions } from '../proof/promotion/rollout-trial.ts'

/** The section `promotion`. */
export const promotionSchema = z
  .strictObject({
    mode: z
      .enum(['auto', 'manual'])
      .default('auto')
      .describe(
        '`auto`: a version that is shown to be better serves at once. `manual`: it waits to be promoted by hand.',
      ),
    shadow_decisions: z
      .int()
      .positive()
      .default(500)
      .describe('Requests that a version is asked about, and not followed in, before it serves any.'),
    canary_share: z
      .number()
      .gt(0)
      .max(0.5)
      .default(0.1)
      .describe('Share of conversations that a version on trial serves at first.'),
    proven_share: z
      .number()
      .gt(0)
      .max(0.5)
      .default(0.5)
      .describe(
        'The share it serves once it is known not to lose more than .05 of utility per answer: the verdict comes sooner. The same as canary_share: it never rises.',
      ),
    alpha: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.02)
      .describe('With what probability at most any version that is no better is ever promoted, all versions together.'),
    max_units: z
      .int()
      .positive()
      .default(20_000)
      .describe('Labelled conversations after which a version that was not shown to be better is held.'),
    max_silence_days: z
      .number()
      .positive()
      .max(3_650)
      .default(14)
      .describe('A version that serves a part of the conversations is held when so long nobody labelled any of them.'),
    label_window_minutes: z
      .number()
      .nonnegative()
      .default(60)
      .describe('How long feedback on an answer is waited for before its conversation counts, with or without.'),
    conversation_minutes: z
      .number()
      .nonnegative()
      .default(30)
      .describe(
        'How long after its first request a conversation may grow; later requests of it do not count. No verdict comes sooner than this and label_window_minutes together.',
      ),
  })
  .refine(({ canary_share, proven_share }) => proven_share >= canary_share, {
    path: ['proven_share'],
    message: 'is under canary_share',
  })

/** How a policy version has to prove itself. */
export type PromotionConfig = RolloutOptions

export function toPromotionConfig(section: z.output<typeof promotionSchema>): PromotionConfig {
  return {
    mode: section.mode,
    shadowDecisions: section.shadow_decisions,
    canaryShare: section.canary_share,
    provenShare: section.proven_share,
    alpha: section.alpha,
    maxUnits: section.max_units,
    labelWindowMs: 60_000 * section.label_window_minutes,
    conversationMs: 60_000 * section.conversation_minutes,
    maxSilenceMs: 86_400_000 * section.max_silence_days,
  }
}
