/** The few names from outside ECMAScript that the domain mentions, at their smallest. */

interface AbortSignal {
  readonly aborted: boolean
  readonly reason: unknown
  throwIfAborted(): void
}
