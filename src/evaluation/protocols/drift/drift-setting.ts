import type { SettingValue } from '../../evaluation-result.ts'
import type { OnlineGoal } from '../../online/online-policy.ts'

/** What happens during a stream. `variant` tells apart settings of one scenario. */
export type DriftScenario =
  | {
      readonly scenario: 'stationary'
      readonly variant?: 'feedback 100 requests late' | 'told 25 % too many requests' | 'told 25 % too few requests'
    }
  | { readonly scenario: 'quality-drop'; readonly variant?: 'feedback on 20 %' }
  | { readonly scenario: 'price-change'; readonly variant: 'cut to a quarter' | 'four times' }
  | { readonly scenario: 'newcomer'; readonly variant: NewcomerVariant }
  | { readonly scenario: 'removal' }

export type NewcomerVariant = 'quarter price' | 'quarter price, feedback on 20 %' | 'four times price' | 'worse by .2'

/** A scenario and what routing is to achieve in it. */
export interface DriftSetting {
  readonly change: DriftScenario
  readonly goal: OnlineGoal
}

/** The LLMs that the scenarios are about, as indices into the data set's. */
export interface DriftCast {
  /** Joins in `newcomer`; absent everywhere else. */
  readonly newcomer: number
  /** All others. */
  readonly incumbents: readonly number[]
  /** Whose quality drops, or who leaves. */
  readonly workhorse: number
  /** Whose price changes. */
  readonly dearest: number
}

/** Requests that feedback is behind in the late variant. */
export const feedbackDelay = 100

/** One answer in so many is judged in the variants with feedback on 20 %: the order of the prompts is random, so that every fifth is any. */
export const judgedEvery = 5

/** Whether only every fifth answer is judged. */
export function isPartlyJudged(variant: SettingValue | undefined): boolean {
  return typeof variant === 'string' && variant.endsWith('feedback on 20 %')
}

/** How much worse an LLM silently becomes, and the poor newcomer is. */
export const qualityLoss = 0.2

/** Places of a budget between the cheapest and the dearest LLM's mean bill, on a log scale. */
const budgetPlaces = [3 / 8, 1 / 2, 2 / 3] as const

/** λ of an unbudgeted stream: the product's default, and one that hardly minds cost. */
export const driftLambdas = [1.4, 200] as const

/**
 * Three budgets per request, c_min^(1−s)·c_max^s with s = 3/8, 1/2, 2/3, to two digits but never rounded below c_min, which
 * nobody could keep to. On the set of ParetoBandit's authors
 * (arXiv:2604.00136) that makes the three that they use: 3e-4, 6.6e-4 and 1.9e-3 USD.
 *
 * @param cheapestUsd and @param dearestUsd mean bills, > 0.
 */
export function driftBudgets(cheapestUsd: number, dearestUsd: number): [low: number, middle: number, high: number] {
  const at = (place: number) => {
    const budget = cheapestUsd ** (1 - place) * dearestUsd ** place
    const rounded = Number(budget.toPrecision(2))
    return rounded < cheapestUsd
      ? Number((rounded + 10 ** (Math.floor(Math.log10(budget)) - 1)).toPrecision(2))
      : rounded
  }
  return [at(budgetPlaces[0]), at(budgetPlaces[1]), at(budgetPlaces[2])]
}

/**
 * All settings, in the order of the tables; those that equal budgets would make twice, once.
 *
 * @param requests length of the stream. @param newcomerPrice whether the newcomer's is listed: without, nobody could be told
 *   that it joins at a quarter or four times of it, and those settings are left out.
 */
export function driftSettings(
  budgets: readonly [low: number, middle: number, high: number],
  costReferenceUsd: number,
  requests: number,
  newcomerPrice: 'listed' | 'unlisted',
): DriftSetting[] {
  const [low, middle, high] = budgets
  const rest = { costReferenceUsd, expectedRequests: requests }
  const spending = (budgetUsd: number): OnlineGoal => ({ lambda: undefined, budgetUsd, ...rest })
  const paying = (lambda: number): OnlineGoal => ({ lambda, budgetUsd: undefined, ...rest })
  const [usual, unhurried] = driftLambdas
  const settings: readonly DriftSetting[] = [
    { change: { scenario: 'stationary' }, goal: spending(low) },
    { change: { scenario: 'stationary' }, goal: spending(middle) },
    { change: { scenario: 'stationary' }, goal: spending(high) },
    { change: { scenario: 'stationary' }, goal: paying(usual) },
    { change: { scenario: 'stationary' }, goal: paying(unhurried) },
    { change: { scenario: 'stationary', variant: 'feedback 100 requests late' }, goal: spending(middle) },
    {
      change: { scenario: 'stationary', variant: 'told 25 % too many requests' },
      goal: { ...spending(middle), expectedRequests: Math.round(1.25 * requests) },
    },
    {
      change: { scenario: 'stationary', variant: 'told 25 % too few requests' },
      goal: { ...spending(middle), expectedRequests: Math.round(0.75 * requests) },
    },
    { change: { scenario: 'quality-drop' }, goal: paying(usual) },
    { change: { scenario: 'quality-drop', variant: 'feedback on 20 %' }, goal: paying(usual) },
    { change: { scenario: 'quality-drop' }, goal: spending(middle) },
    { change: { scenario: 'price-change', variant: 'cut to a quarter' }, goal: spending(middle) },
    { change: { scenario: 'price-change', variant: 'four times' }, goal: spending(high) },
    { change: { scenario: 'newcomer', variant: 'quarter price' }, goal: paying(usual) },
    { change: { scenario: 'newcomer', variant: 'quarter price, feedback on 20 %' }, goal: paying(usual) },
    { change: { scenario: 'newcomer', variant: 'quarter price' }, goal: spending(middle) },
    { change: { scenario: 'newcomer', variant: 'four times price' }, goal: spending(low) },
    { change: { scenario: 'newcomer', variant: 'worse by .2' }, goal: spending(middle) },
    { change: { scenario: 'removal' }, goal: paying(usual) },
    { change: { scenario: 'removal' }, goal: spending(middle) },
  ]
  const ids = settings.map(settingId)
  return settings.filter(({ change }, index) => {
    const needsPrice = change.scenario === 'newcomer' && change.variant !== 'worse by .2'
    return ids.indexOf(ids[index]!) === index && (newcomerPrice === 'listed' || !needsPrice)
  })
}

/** What distinguishes the rows of one policy in `result.json`. */
export function settingValues({ change, goal }: DriftSetting): Record<string, SettingValue> {
  const values: Record<string, SettingValue> = {
    scenario: change.scenario,
    budgetUsd: goal.budgetUsd ?? null,
    lambda: goal.lambda ?? null,
  }
  if ('variant' in change && change.variant !== undefined) values.variant = change.variant
  return values
}

/** One line for people. */
export function settingTitle({ change, goal }: DriftSetting): string {
  const variant = 'variant' in change && change.variant !== undefined ? `, ${change.variant}` : ''
  const aim = goal.budgetUsd === undefined ? `λ = ${goal.lambda}` : `budget ${goal.budgetUsd} USD a request`
  return `${change.scenario}${variant}; ${aim}`
}

/** Stable and fit for an anchor. */
export function settingId(setting: DriftSetting): string {
  const words = settingTitle(setting).toLowerCase().replaceAll('λ = ', 'lambda ')
  return words.replace(/[^a-z0-9.]+/g, '-')
}
