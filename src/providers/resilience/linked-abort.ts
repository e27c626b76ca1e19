/** An abort controller of our own that the caller's signal aborts too. */
export interface LinkedAbort {
  readonly controller: AbortController
  /** Lets go of the caller's signal, which may live for the whole process. Idempotent. */
  release(): void
}

/** Unlike `AbortSignal.any`, leaves nothing behind on a long-lived signal once released. */
export function linkAbort(signal: AbortSignal): LinkedAbort {
  const controller = new AbortController()
  const onAbort = () => controller.abort(signal.reason)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return { controller, release: () => signal.removeEventListener('abort', onAbort) }
}
