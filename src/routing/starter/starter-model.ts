import type { SnapshotData } from '../policy-store.ts'
import { ClusterMap } from '../prediction/cluster-map.ts'
import {
  arrayField,
  numberField,
  objectField,
  requireSnapshot,
  type SnapshotFields,
  stringField,
} from '../prediction/snapshot-fields.ts'

/** A set of outcomes that a starter was built from. */
export interface StarterSet {
  readonly name: string
  /** SHA-256 of its files: by it a set is known under any name. */
  readonly sha256: string
  readonly prompts: number
  readonly llms: number
}

/** One LLM that was measured. Abilities are logits (mathematics §22). */
export interface StarterLlm {
  /** As the set wrote it. */
  readonly name: string
  readonly ability: number
  /** USD per million output tokens when measured; NaN where unknown. */
  readonly outputPrice: number
  /** log of its answers' length over that of the other LLMs of its set on the same prompts. */
  readonly verbosity: number
  readonly labels: number
  /** Over the sets that measured it, as they scored. */
  readonly meanQuality: number
}

/** ability = intercept + slope·log₁₀(output price) + N(0, deviation²). */
export interface PriceLine {
  readonly intercept: number
  readonly slope: number
  readonly deviation: number
  /** Mean log₁₀ price, for an LLM without one. */
  readonly centre: number
}

/** What the starter policy is made of: numbers derived from outcomes, no text of any prompt. */
export interface StarterModel {
  /** `starter-` and a hash of all the rest. */
  readonly id: string
  readonly sets: readonly StarterSet[]
  /** A set it is to be tried on: none of its prompts, nor any near one, is in what it was built from. */
  readonly withheld: StarterSet | null
  /** Of a hashed n-gram embedder. */
  readonly embedder: SnapshotData
  readonly llms: readonly StarterLlm[]
  readonly priceLine: PriceLine
  /** Share of what a sibling has over its price that an LLM inherits, [0, 1]. */
  readonly siblingShare: number
  /** Deviation of an LLM's ability from one kind of prompt to another, logits. */
  readonly transferDeviation: number
  /** Root mean square of label − q̂. */
  readonly noise: number
  /** Mean ease over the sets, logits: where an ability's level comes from when there is no prompt. */
  readonly meanEase: number
  /** One column: the ease of a request, logits. */
  readonly map: ClusterMap
}

export function snapshotStarter(model: StarterModel): SnapshotData {
  return {
    formatVersion: 1,
    kind: 'starter',
    ...model,
    sets: model.sets.map((set) => ({ ...set })),
    withheld: model.withheld === null ? null : { ...model.withheld },
    llms: model.llms.map((llm) => ({ ...llm, outputPrice: Number.isNaN(llm.outputPrice) ? null : llm.outputPrice })),
    priceLine: { ...model.priceLine },
    map: model.map.snapshot(),
  }
}

/** @throws {RoutingError} `unknown_snapshot_format` */
export function restoreStarter(data: SnapshotData): StarterModel {
  const fields = requireSnapshot(data, 'starter')
  const line = objectField(fields, 'priceLine')
  return {
    id: stringField(fields, 'id'),
    sets: entries(fields, 'sets').map(restoreSet),
    withheld: fields.withheld === null ? null : restoreSet(objectField(fields, 'withheld')),
    embedder: objectField(fields, 'embedder'),
    llms: entries(fields, 'llms').map((llm) => ({
      name: stringField(llm, 'name'),
      ability: numberField(llm, 'ability'),
      outputPrice: llm.outputPrice === null ? Number.NaN : numberField(llm, 'outputPrice'),
      verbosity: numberField(llm, 'verbosity'),
      labels: numberField(llm, 'labels'),
      meanQuality: numberField(llm, 'meanQuality'),
    })),
    priceLine: {
      intercept: numberField(line, 'intercept'),
      slope: numberField(line, 'slope'),
      deviation: numberField(line, 'deviation'),
      centre: numberField(line, 'centre'),
    },
    siblingShare: numberField(fields, 'siblingShare'),
    transferDeviation: numberField(fields, 'transferDeviation'),
    noise: numberField(fields, 'noise'),
    meanEase: numberField(fields, 'meanEase'),
    map: ClusterMap.restore(objectField(fields, 'map')),
  }
}

function restoreSet(set: SnapshotFields): StarterSet {
  return {
    name: stringField(set, 'name'),
    sha256: stringField(set, 'sha256'),
    prompts: numberField(set, 'prompts'),
    llms: numberField(set, 'llms'),
  }
}

function entries(fields: SnapshotFields, name: string): SnapshotFields[] {
  return arrayField(fields, name).map((entry) => objectField({ entry }, 'entry'))
}
