/** The only way time enters the domain. */
export interface Clock {
  /** Milliseconds since the Unix epoch; may have a fraction, which records leave out. */
  now(): number
}
