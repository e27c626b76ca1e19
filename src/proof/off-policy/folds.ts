import type { OffPolicyLog } from './off-policy-log.ts'

/** K of every cross-fit here. */
export const foldCount = 5

/** Conversations stay together: no row is judged by a model that saw another turn of its own. */
export function foldOf(log: OffPolicyLog, row: number): number {
  return log.cluster[row]! % foldCount
}
