import { RoutingError } from '../routing/errors.ts'
import type { SnapshotData } from '../routing/policy-store.ts'
import { stackEmbeddings, type TrainingRows } from '../routing/prediction/training-rows.ts'
import type { RowLlm, RowSource } from './fit-rows.ts'

/** Rows as they are kept and sent to a worker: flat arrays, cells in 32 bits. */
export interface SavedRows {
  readonly llms: readonly RowLlm[]
  readonly embedderId: string
  readonly count: number
  /** Row-major, [count × d]. */
  readonly embeddings: Float32Array
  /** Row-major, [count × explicit features]. */
  readonly explicit: Float32Array
  /** Row-major, [count × llms], NaN unknown; so the others. */
  readonly quality: Float32Array
  readonly costUsd: Float32Array
  readonly inputTokens: Float32Array
  readonly outputTokens: Float32Array
  /** Rows of one group are near-duplicates or of one conversation. */
  readonly groupOf: Int32Array
}

const matrices = ['quality', 'costUsd', 'inputTokens', 'outputTokens'] as const

/** @param source at least one row. */
export function packRows({ llms, rows, groupOf }: RowSource): SavedRows {
  const { contexts } = rows
  const features = contexts[0]!.explicit.length
  const explicit = new Float32Array(contexts.length * features)
  contexts.forEach((context, row) => {
    explicit.set(context.explicit, row * features)
  })
  return {
    llms: llms.map(({ id, price, base }) => ({ id, price, base })),
    embedderId: contexts[0]!.embedderId,
    count: contexts.length,
    embeddings: stackEmbeddings(contexts),
    explicit,
    quality: Float32Array.from(rows.quality),
    costUsd: Float32Array.from(rows.costUsd),
    inputTokens: Float32Array.from(rows.inputTokens),
    outputTokens: Float32Array.from(rows.outputTokens),
    groupOf: groupOf.slice(),
  }
}

/** The inverse of {@link packRows}, up to the rounding of the cells. Contexts share the arrays. */
export function unpackRows(saved: SavedRows): RowSource {
  const { llms, embedderId, count, embeddings, explicit, groupOf } = saved
  const d = embeddings.length / count
  const features = explicit.length / count
  const rows: TrainingRows = {
    llms: llms.map(({ id }) => id),
    contexts: Array.from({ length: count }, (_, row) => ({
      embedderId,
      embedding: embeddings.subarray(row * d, (row + 1) * d),
      explicit: explicit.subarray(row * features, (row + 1) * features),
    })),
    quality: Float64Array.from(saved.quality),
    costUsd: Float64Array.from(saved.costUsd),
    inputTokens: Float64Array.from(saved.inputTokens),
    outputTokens: Float64Array.from(saved.outputTokens),
  }
  return { llms, rows, groupOf }
}

/** As the policy store keeps it. */
export function savedRowsData({ llms, ...arrays }: SavedRows): SnapshotData {
  return {
    formatVersion: 1,
    kind: 'training-rows',
    ...arrays,
    llms: llms.map(({ id, base, price }) => ({ id, base, price: price as SnapshotData | undefined })),
  }
}

/** @throws {RoutingError} `unknown_snapshot_format` */
export function readSavedRows(data: SnapshotData): SavedRows {
  const fields = data as unknown as Partial<SavedRows> & { readonly formatVersion?: unknown; readonly kind?: unknown }
  if (fields?.formatVersion !== 1 || fields.kind !== 'training-rows') throw unreadable()
  const { llms, embedderId, count, embeddings, explicit, groupOf } = fields
  const isWhole =
    llms !== undefined &&
    embedderId !== undefined &&
    count !== undefined &&
    embeddings instanceof Float32Array &&
    explicit instanceof Float32Array &&
    groupOf?.length === count &&
    matrices.every((name) => fields[name]?.length === count * llms.length)
  if (!isWhole) throw unreadable()
  return fields as SavedRows
}

function unreadable(): RoutingError {
  return new RoutingError(
    'unknown_snapshot_format',
    'The training rows in the database were written by another version of Pointsman: run `pointsman fit` again',
  )
}
