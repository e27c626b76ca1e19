import type { ResultRow } from '../evaluation-result.ts'

const toldPolicies = /^(oracle|task-oracle|full-information|clairvoyant-.*)$/

/** Whether a policy knows what no router can, by its name: being below it is no loss. */
export function isToldPolicy(policy: string): boolean {
  return toldPolicies.test(policy)
}

/**
 * Whether a row knows what no router can: that of a told policy, or of a cascade (AutoMix) whose verifier is simulated from the
 * recorded outcomes. It marks what could be reached and contends for nothing.
 */
export function isCeiling(row: ResultRow): boolean {
  return isToldPolicy(row.policy) || row.setting.simulatedVerifier === true
}

/** Whether a row contends with the others: it routes, and by nothing but what a router can know. */
export function isContender(row: ResultRow): boolean {
  return row.kind !== 'reference' && !isCeiling(row)
}
