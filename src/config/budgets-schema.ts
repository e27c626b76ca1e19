import { z } from 'zod'

/** The section `budgets`. */
export const budgetsSchema = z.strictObject({
  pacing: z
    .boolean()
    .default(true)
    .describe(
      'Spread what a daily cap allows over the day: the shorter the money, the more cost weighs in the choice. False: caps are hard stops alone.',
    ),
})

/** The section `teams`. */
export const teamsSchema = z.record(
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, { error: 'letters, digits, dots, dashes, underscores' }),
  z.strictObject({
    daily_cap_usd: z
      .number()
      .nonnegative()
      .optional()
      .describe('Hard stop on what the keys of the team spend together per UTC day.'),
  }),
)

export interface BudgetsConfig {
  readonly pacing: boolean
}

export interface TeamConfig {
  readonly name: string
  /** Undefined: none. */
  readonly dailyCapUsd: number | undefined
}
