import type { Clock } from '../../routing/clock.ts'

/** Time for code that must wait or give up: a clock, and callbacks due after a while. */
export interface Timers extends Clock {
  /**
   * Runs `callback` once, `delayMs` from now.
   * @returns cancels it; harmless after it ran.
   */
  after(delayMs: number, callback: () => void): () => void
}

/** Of Node's timers: a longer one would fire at once. */
const longestDelayMs = 2 ** 31 - 1

/** The machine's time: monotonic within the process, with fractions of a millisecond. */
export const systemTimers: Timers = {
  now: () => performance.timeOrigin + performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, longestDelayMs))
    return () => clearTimeout(timer)
  },
}

/**
 * Resolves after `delayMs`.
 * @throws the signal's reason as soon as it aborts; the timer is then cleared.
 */
export function delay(timers: Timers, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    const onAbort = () => {
      cancel()
      reject(signal.reason)
    }
    const cancel = timers.after(delayMs, () => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    })
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
