import { z } from 'zod'
import type { RefitOptions } from '../training/refit-scheduler.ts'

/** The section `training`. */
export const trainingSchema = z.strictObject({
  refit_after_labels: z
    .int()
    .nonnegative()
    .default(2000)
    .describe(
      'Fit anew from the log when so many labels came since the last time. 0: the number of labels does not matter.',
    ),
  refit_every_hours: z
    .number()
    .nonnegative()
    .default(24)
    .describe(
      'Fit anew after so many hours, when at least 100 labels came. 0: time does not matter; with both 0 nothing is fitted by itself.',
    ),
  promotion: z
    .enum(['proof', 'immediate'])
    .default('proof')
    .describe(
      '`proof`: a version fitted from the log first has to prove itself beside the one that serves. `immediate`: it serves at once.',
    ),
  keep_versions: z
    .int()
    .min(2)
    .max(1000)
    .default(20)
    .describe('Policy versions kept to roll back to, beside those in use.'),
})

/** When versions are fitted from the log, and what becomes of them. */
export type TrainingConfig = RefitOptions

export function toTrainingConfig(section: z.output<typeof trainingSchema>): TrainingConfig {
  return {
    afterLabels: section.refit_after_labels,
    everyHours: section.refit_every_hours,
    promotion: section.promotion,
    keepVersions: section.keep_versions,
  }
}
