import { readdir, readFile } from 'node:fs/promises'

const bytesPerPage = 4_096
/** Of processes in a tree: more than this many are too many, whatever they hold. */
const maxProcesses = 256

/**
 * Resident memory of a process and all that descend from it, in bytes: what they share is counted for each. Infinity where they are more
 * than 256; 0 where there is no /proc. Limits on data segments see neither shared memory nor how many processes there are.
 */
export async function processTreeBytes(pid: number): Promise<number> {
  let bytes = 0
  const found = [pid]
  for (const each of found) {
    if (found.length > maxProcesses) return Number.POSITIVE_INFINITY
    bytes += await residentBytes(each)
    found.push(...(await childrenOf(each)))
  }
  return bytes
}

async function residentBytes(pid: number): Promise<number> {
  const statm = await readOrNothing(`/proc/${pid}/statm`)
  return Number(statm.split(' ')[1] ?? 0) * bytesPerPage
}

/** Each thread has children of its own. */
async function childrenOf(pid: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
  const lists = await Promise.all(threads.map((thread) => readOrNothing(`/proc/${pid}/task/${thread}/children`)))
  return lists.flatMap((list) => list.split(' ').filter((child) => child.trim() !== '')).map(Number)
}

/** It may have ended since it was found. */
function readOrNothing(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '')
}
