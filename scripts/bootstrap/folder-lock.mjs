import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const heartbeatMs = 2_000
/** A holder on another machine that has not touched its lock for so long is taken for dead. */
const abandonedMs = 60_000

/**
 * Does `work` while no other process that asks for the same lock file does.
 * The lock of a process that died is taken over.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {() => void} onWait called once when another process holds the lock.
 * @returns {Promise<T>}
 */
export async function withFolderLock(file, work, onWait) {
  const token = JSON.stringify({ host: hostname(), pid: process.pid, nonce: randomUUID() })
  mkdirSync(path.dirname(file), { recursive: true })
  for (let waited = false; !tryAcquire(file, token); waited = true) {
    if (takeOverAbandoned(file)) continue
    if (!waited) onWait()
    await sleep(200)
  }
  const heartbeat = setInterval(() => touch(file), heartbeatMs)
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
    if (readOrUndefined(file) === token) rmSync(file, { force: true })
  }
}

/** @param {string} file @param {string} token */
function tryAcquire(file, token) {
  try {
    writeFileSync(file, token, { flag: 'wx' })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/**
 * Moves a dead process's lock out of the way. Renaming decides between two that try at once; a lock that changed hands
 * between looking and renaming is put back.
 *
 * @param {string} file
 * @returns {boolean} whether it is worth trying to acquire again at once.
 */
function takeOverAbandoned(file) {
  const seen = readOrUndefined(file)
  if (seen === undefined) return true
  if (!isAbandoned(file, seen)) return false
  const aside = `${file}.${randomUUID()}`
  try {
    renameSync(file, aside)
  } catch {
    return true
  }
  if (readOrUndefined(aside) !== seen) putBack(aside, file)
  rmSync(aside, { force: true })
  return true
}

/**
 * Linking, unlike renaming, fails where a third process has taken the lock meanwhile.
 *
 * @param {string} aside @param {string} file
 */
function putBack(aside, file) {
  try {
    linkSync(aside, file)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

/** @param {string} file @param {string} content */
function isAbandoned(file, content) {
  try {
    const holder = JSON.parse(content)
    if (holder.host === hostname()) return !isAlive(holder.pid)
  } catch {
    // Half-written or foreign: only its age tells.
  }
  try {
    return Date.now() - statSync(file).mtimeMs > abandonedMs
  } catch {
    return false
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/** @param {string} file */
function touch(file) {
  try {
    utimesSync(file, new Date(), new Date())
  } catch {
    // The folder is gone: there is nothing left to guard.
  }
}

/** @param {string} file */
function readOrUndefined(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
