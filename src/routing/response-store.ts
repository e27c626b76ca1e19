/** A response that its caller asked to keep, under the id of its decision. */
export interface StoredResponse {
  /** The decision's id. */
  readonly id: string
  readonly createdAtMs: number
  /** Whose it is; undefined: it came without a key. */
  readonly keyId: string | undefined
  /** Shared with the responses that continue it. */
  readonly conversationId: string
  /** Which response it continues. */
  readonly previousId: string | undefined
  /** JSON: the list of its own input items, without those of the responses it continues. */
  readonly input: string
  /** JSON: the response as its caller got it. */
  readonly response: string
  /** Ids of its own input and output items, by which later requests may name them. */
  readonly itemIds: readonly string[]
}

/**
 * Responses kept with their input. They are the only prompts and answers that are stored, and only when asked for. They
 * leave with their decision when it is pruned. A key sees its own ones alone, whatever its scopes.
 */
export interface ResponseStore {
  /** Resolves after the commit; rejects when there is no such decision, or a response under that id. */
  save(response: StoredResponse): Promise<void>
  get(id: string, keyId: string | undefined): Promise<StoredResponse | undefined>
  /**
   * A response and those it continues, oldest first; empty when it is not there. One whose first response has a `previousId`
   * is broken: what came before was removed.
   */
  chain(id: string, keyId: string | undefined): Promise<readonly StoredResponse[]>
  /** The latest response that holds an item. */
  holderOf(itemId: string, keyId: string | undefined): Promise<StoredResponse | undefined>
  /** False when it is not there. Those that continue it stay. */
  delete(id: string, keyId: string | undefined): Promise<boolean>
}
