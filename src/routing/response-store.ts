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

/** More turns than any conversation has; {@link ResponseStore.chain} reads one beyond it at most. */
export const maxChainedResponses = 2_000

/** What reading a chain would bring. */
export interface ChainSize {
  readonly responses: number
  /** Of all input and responses together. */
  readonly bytes: number
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
   * is broken: what came before was removed, or is beyond {@link maxChainedResponses}. Look at {@link chainSize} first: chains
   * grow without end.
   */
  chain(id: string, keyId: string | undefined): Promise<readonly StoredResponse[]>
  /** Looks at no content, however much there is. */
  chainSize(id: string, keyId: string | undefined): Promise<ChainSize>
  /** JSON: the item under an id, of the latest response that holds it. */
  item(itemId: string, keyId: string | undefined): Promise<string | undefined>
  /** False when it is not there. Those that continue it stay. */
  delete(id: string, keyId: string | undefined): Promise<boolean>
}
