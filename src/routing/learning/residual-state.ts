import type { SnapshotData } from '../policy-store.ts'
import type { LlmId } from '../registry/llm.ts'
import type { ChangeDetector, ChangeDirection } from './change-detector.ts'

/** How wrong the offline estimate may be, as standard deviations in quality units. Both > 0. */
export interface PriorDeviation {
  /** Of the level, coefficient 0. */
  readonly level: number
  /** Of each other coefficient. */
  readonly slope: number
}

/** Diagonal of Λ₀, shape [dimension]. */
export function priorPrecision({ level, slope }: PriorDeviation, dimension: number): Float64Array {
  const precision = new Float64Array(dimension).fill(1 / slope ** 2)
  precision[0] = 1 / level ** 2
  return precision
}

/** An LLM's quality left what was believed of it. */
export interface ChangeAlarm {
  readonly llm: LlmId
  /** The label that raised it; its time is that of the label. */
  readonly sequence: number
  readonly direction: ChangeDirection
  /** Mean residual of the offline estimate since the change began, quality units. */
  readonly residual: number
}

/** How many labels of an LLM can still be revised; older ones weigh next to nothing (.997^1024 < .05). */
export const revisableLabels = 1024

/** What one LLM's labels have taught. */
export interface LlmState {
  /** Labels folded in. */
  labels: number
  /** What they came to, each counted with its weight, at most 1: what came before fades by it. */
  heard: number
  /** q̂₀ that the residuals refer to where no fitted estimate does; fixed at the first label. */
  anchor: number | undefined
  /** Diagonal of Λ₀. */
  readonly prior: Float64Array
  /** Λ₀ was widened, as it was seen to change. */
  changed: boolean
  /** What had been heard when the latest change was noticed. */
  forgotten: number
  /** Labels before this count cannot be taken back: they are forgotten, whole, or their weights are not known. */
  revisableFrom: number
  readonly detector: ChangeDetector | undefined
  /** Discounted Σ w·z·zᵀ, row-major lower triangle in [d × d]. */
  readonly precision: Float64Array
  /** Discounted Σ w·z·r. */
  readonly moment: Float64Array
  /** Cholesky factor of A. */
  readonly factor: Float64Array
  /** δ = A⁻¹b. */
  readonly mean: Float64Array
  /** Sequence numbers of the latest labels, a ring indexed by label count. */
  readonly recent: Float64Array
  /** The weights they came with, before ageing; a revision takes back what was given, whatever their source counts for now. */
  readonly weights: Float64Array
  /** What had been heard with each of them. */
  readonly heardAt: Float64Array
}

/** All of it as the learner's snapshot writes it. */
export interface ResidualSnapshot {
  readonly formatVersion: number
  readonly kind: string
  readonly dimension: number
  readonly sequence: number
  /** From format 2 on, as are an LLM's optional fields. */
  readonly alarms?: readonly ChangeAlarm[]
  readonly llms: readonly {
    readonly id: LlmId
    readonly weights?: Float64Array
    /** Where they are absent every label counted 1. */
    readonly heard?: number
    readonly heardAt?: Float64Array
    readonly changed?: boolean
    readonly forgotten?: number
    /** Where it is absent: `forgotten`. */
    readonly revisableFrom?: number
    readonly detector?: SnapshotData
    readonly labels: number
    readonly anchor: number | undefined
    readonly precision: Float64Array
    readonly moment: Float64Array
    readonly recent: Float64Array
  }[]
}

/** Where the rings hold that label, or undefined when it has left them. */
export function placeOf(state: LlmState, sequence: number): number | undefined {
  const kept = Math.min(state.labels - state.revisableFrom, revisableLabels)
  for (let age = 0; age < kept; age++) {
    const place = (state.labels - 1 - age) % revisableLabels
    if (state.recent[place] === sequence) return place
  }
  return undefined
}

/** Of a state from before labels had weights: each counted 1. */
export function countHeard(state: LlmState): void {
  state.heard = state.labels
  for (let age = 0; age < Math.min(state.labels, revisableLabels); age++) {
    state.heardAt[(state.labels - 1 - age) % revisableLabels] = state.labels - age
  }
}
