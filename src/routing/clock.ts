/** The only way time enters the domain. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
}
