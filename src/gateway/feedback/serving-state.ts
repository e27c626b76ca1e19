/** What learning stands at. */
export interface ServingState {
  readonly policyVersion: string
  readonly embedderId: string
  /** The last label folded in. */
  readonly labelSequence: number
}
