import type { SettingValue } from '../../evaluation-result.ts'
import type { PolicyName } from '../../policy-names.ts'
import type { StaticChoices, StaticPrompts, StaticTraining } from './static-policy.ts'

/** A policy on the bench, and the setting its row carries. */
export interface StaticEntrant {
  /** A `StaticPolicy`, or one whose choice takes a promise. */
  readonly policy: {
    readonly name: PolicyName
    fit(training: StaticTraining): Promise<{ choose(prompts: StaticPrompts): StaticChoices | Promise<StaticChoices> }>
  }
  readonly setting: Readonly<Record<string, SettingValue>>
  /** Expected time of fit and choice relative to the others. */
  readonly weight: number
}
