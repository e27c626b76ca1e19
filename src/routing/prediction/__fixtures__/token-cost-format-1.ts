import type { SnapshotData } from '../../policy-store.ts'
import { BillCorrections } from '../bill-corrections.ts'

/** As format 1 was stored for three LLMs: a with lengths, b with bills alone, c with neither. The maps are left out. */
export function tokenCostFormat1(): { readonly [field: string]: SnapshotData } {
  return {
    formatVersion: 1,
    kind: 'token-cost',
    corrections: new BillCorrections().snapshot(),
    fitted: {
      llms: ['a', 'b', 'c'],
      lengths: {
        formatVersion: 1,
        kind: 'output-length',
        llms: ['a', 'b', 'c'],
        chosen: Int32Array.of(2, 0, 0),
        smearing: Float64Array.of(1.1, 0, 0),
        spread90: Float64Array.of(1.5, 0, 0),
        low: Float64Array.of(1, 0, 0),
        high: Float64Array.of(6, 0, 0),
        meanTokens: Float64Array.of(100, 0, 0),
        p90Tokens: Float64Array.of(250, 0, 0),
      },
      bills: {
        formatVersion: 1,
        kind: 'recorded-cost',
        scale: Float64Array.of(1, 1, Number.NaN),
        low: Float64Array.of(-9, -9, 0),
        high: Float64Array.of(-5, -5, 0),
        meanUsd: Float64Array.of(0.001, 0.004, Number.NaN),
      },
      inputPrice: Float64Array.of(1, 0, 1),
      outputPrice: Float64Array.of(10, 10, 10),
    },
  }
}
