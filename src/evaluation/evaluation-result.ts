import type { CostQualityPoint } from '../routing/decision/cost-quality-hull.ts'

export type ProtocolName = 'static' | 'stream' | 'unseen' | 'drift' | 'pair' | 'start'

/** What an evaluation found: the content of `result.json`. Other tools read it; fields are only ever added to format 1. */
export interface EvaluationResult {
  readonly formatVersion: 1
  readonly protocol: ProtocolName
  readonly data: EvaluatedData
  /** One run of the protocol each; what a seed decides (order, split, algorithm) is the protocol's. */
  readonly seeds: readonly number[]
  readonly results: readonly ResultRow[]
  /** Paired differences between policies, with what is left of them after many comparisons. */
  readonly comparisons: readonly Comparison[]
  /** What the papers and we claim, and what these data say to it. */
  readonly findings: readonly Finding[]
  /** What the report draws, in its order. */
  readonly figures: readonly Figure[]
  /** What a reader must know to read the figures right: what was left out, which costs are derived, what is simulated. */
  readonly notes: readonly string[]
  readonly provenance: Provenance
}

/** The outcome data as they were evaluated: after equal prompts were merged and unusable LLMs left out. */
export interface EvaluatedData {
  readonly name: string
  readonly prompts: number
  readonly llms: number
  /** Known quality cells. */
  readonly outcomes: number
}

export interface Provenance {
  readonly version: string
  readonly node: string
  /** ISO 8601. */
  readonly createdAt: string
  /** SHA-256 of the three files read, in hexadecimal. */
  readonly dataSha256: string
  /** Wall time of all units of work, one after the other, seconds. */
  readonly workSeconds: number
}

/** `router`: routes by the prompt and is what we or the papers propose; `baseline`: what else there is; `reference`: marks the scale. */
export type PolicyKind = 'router' | 'baseline' | 'reference'

export type SettingValue = string | number | boolean | null

/** One policy under one setting. */
export interface ResultRow {
  readonly policy: string
  readonly kind: PolicyKind
  /** What distinguishes rows of one policy; empty where a policy has one row. */
  readonly setting: Readonly<Record<string, SettingValue>>
  /** By metric name; a metric that does not exist for the policy is left out. */
  readonly metrics: Readonly<Record<string, Interval>>
  /** The deferral curve by rising cost, mean over seeds; empty where there is none. */
  readonly curve: readonly CostQualityPoint[]
}

/** A mean and its 95 % interval; without enough runs to tell, `low` and `high` are null. */
export interface Interval {
  readonly mean: number
  readonly low: number | null
  readonly high: number | null
}

export interface Comparison {
  readonly policy: string
  readonly against: string
  readonly setting: Readonly<Record<string, SettingValue>>
  readonly metric: string
  /** Policy minus the other, paired. */
  readonly difference: Interval
  /** Two-sided; null where it cannot be told. */
  readonly p: number | null
  /** After Holm's correction over the comparisons of this policy, setting and metric. */
  readonly pHolm: number | null
}

export type Verdict = 'confirmed' | 'refuted' | 'undecided'

export interface Finding {
  /** Stable, such as `mixllm-online-lift-refined`. */
  readonly id: string
  /** Whose claim: a paper's name or `pointsman`. */
  readonly source: string
  readonly claim: string
  readonly verdict: Verdict
  /** One sentence with the figures and intervals it rests on. */
  readonly evidence: string
}

/** One chart: data only, the report decides how it looks. */
export interface Figure {
  /** Stable within a protocol; becomes the anchor in the report. */
  readonly id: string
  readonly kind: 'curves' | 'bars'
  readonly title: string
  /** Plain language: what to see in it. */
  readonly caption: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly FigureSeries[]
}

export interface Axis {
  readonly label: string
  readonly scale?: 'linear' | 'log'
  /** `share` is printed in per cent, `usd` in dollars. */
  readonly unit?: 'usd' | 'share'
}

export interface FigureSeries {
  /** Policy name, or what else it stands for. */
  readonly name: string
  /** `hull` and `oracle` are drawn as bounds, `point` as a marker, the others as lines (or bars). */
  readonly role: 'pointsman' | 'router' | 'baseline' | 'reference' | 'hull' | 'oracle' | 'point'
  /** `x` is a category where the figure is of kind `bars`. */
  readonly points: readonly FigurePoint[]
}

export interface FigurePoint {
  readonly x: number | string
  readonly y: number
  readonly low?: number | null
  readonly high?: number | null
}
