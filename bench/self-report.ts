/**
 * Preloaded into a measured process (`node --import`): answers every message of its parent with what the process has
 * used so far, all of its threads included. With `--expose-gc` the heap is what a full collection leaves.
 */

/** CPU time since the process began, and memory now. */
export interface SelfReport {
  readonly cpuUs: number
  readonly rssBytes: number
  readonly heapBytes: number
  /** Buffers outside the heap. */
  readonly externalBytes: number
}

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  process.send?.({ cpuUs: user + system, rssBytes: rss, heapBytes: heapUsed, externalBytes: external })
})
process.on('disconnect', () => process.exit())
// The parent's channel must not keep a process alive that is told to stop; without a parent there is nobody to measure for.
process.channel?.unref()
