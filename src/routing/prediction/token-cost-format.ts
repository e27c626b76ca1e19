import type { SnapshotData } from '../policy-store.ts'
import { AmountRegression } from './amount-regression.ts'
import { p90ToMean } from './bill-corrections.ts'
import { InputTokenScale } from './input-token-scale.ts'
import {
  integersField,
  objectField,
  requireSnapshot,
  type SnapshotFields,
  stringsField,
  vectorField,
} from './snapshot-fields.ts'

/**
 * The fields of a `token-cost` snapshot as format 2 has them. Format 1 regressed logarithms by two maps; of those the LLMs' mean
 * lengths and bills are kept, which is what they fell back on themselves where a prompt was not embedded.
 *
 * @throws {RoutingError} `unknown_snapshot_format`
 */
export function tokenCostFields(data: SnapshotData): SnapshotFields {
  const isOld = objectField({ data }, 'data').formatVersion === 1
  if (!isOld) return requireSnapshot(data, 'token-cost', 2)
  const fields = requireSnapshot(data, 'token-cost', 1)
  if (fields.fitted === null) return fields
  const fitted = objectField(fields, 'fitted')
  const count = stringsField(fitted, 'llms').length
  const lengths = objectField(fitted, 'lengths')
  const chosen = integersField(lengths, 'chosen', count)
  const knownLengths = (name: string) =>
    vectorField(lengths, name, count).map((tokens, llm) => (chosen[llm] === 0 ? Number.NaN : tokens))
  const bills = objectField(fitted, 'bills')
  const scale = vectorField(bills, 'scale', count)
  const meanUsd = vectorField(bills, 'meanUsd', count).map((usd, llm) => (Number.isNaN(scale[llm]!) ? Number.NaN : usd))
  return {
    ...fields,
    fitted: {
      ...fitted,
      inputs: InputTokenScale.identity(count).snapshot(),
      lengths: AmountRegression.ofMeans(knownLengths('meanTokens'), knownLengths('p90Tokens')).snapshot(),
      bills: AmountRegression.ofMeans(
        meanUsd,
        meanUsd.map((usd) => p90ToMean * usd),
      ).snapshot(),
    },
  }
}
