import type { OperationArgs, OperationName, OperationResult, ReadName, WriteName } from './operations.ts'

type Call<Allowed extends OperationName> = <Name extends Allowed>(
  operation: Name,
  ...args: OperationArgs<Name>
) => Promise<OperationResult<Name>>

/** The calls that stores are made of; each rejects with a `StorageError`. */
export interface StorageCalls {
  /** Resolves after the commit. */
  readonly write: Call<WriteName>
  /** The same for what nobody waits for yet: goes along with the next call, or alone after a few milliseconds. */
  readonly writeSoon: Call<WriteName>
  /** Sends what lingers ahead of it, so that a read as a rule sees that too. */
  readonly read: Call<ReadName>
}
