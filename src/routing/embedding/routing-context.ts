/** What the predictors see of one request. Stored with its decision, so that learning later sees the very same. */
export interface RoutingContext {
  readonly embedderId: string
  /** e, shape [d], L2 norm 1. */
  readonly embedding: Float32Array
  /** Raw explicit features in the order of `explicitFeatureNames`; not standardised. */
  readonly explicit: Float32Array
}
