import type { BudgetLease } from '../accounts/lease-store.ts'
import { storedInteger } from './stored-integer.ts'

/** Money drawn from a budget, as its table holds it. */
export interface LeaseRow {
  readonly id: string
  readonly scope: string
  readonly day: number
  readonly nano_usd: number
}

/** @throws {StorageError} `storage_conflict` for a day or an amount that cannot be. */
export function encodeLease({ id, scope, day, nanoUsd }: BudgetLease): LeaseRow {
  return { id, scope, day: storedInteger('day', day), nano_usd: storedInteger('amount', nanoUsd) }
}

export function decodeLease({ id, scope, day, nano_usd }: LeaseRow): BudgetLease {
  return { id, scope, day, nanoUsd: nano_usd }
}
