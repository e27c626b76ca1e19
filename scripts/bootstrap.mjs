// Behind `npm start` and `npm test`. Plain JavaScript with built-in modules only: it runs before anything is installed,
// on any Node from 18.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { chooseNode, isBuilt, isInstalled, markBuilt, oldestNode, sourceDigest } from './bootstrap/checkout-state.mjs'
import { withFolderLock } from './bootstrap/folder-lock.mjs'
import { endLike, runChild } from './bootstrap/run-child.mjs'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const usage = `Usage: node scripts/bootstrap.mjs COMMAND [ARGUMENT…]
  serve [ARGUMENT…]         start the gateway
  run COMMAND [ARGUMENT…]   any other command of pointsman
  test [ARGUMENT…]          the tests, with arguments for vitest
  exec FILE [ARGUMENT…]     a script on the Node of this checkout
  setup [clients]           install and build, nothing else; with the official clients that tests use
Each installs what the lock file says and builds first, where something changed.`

class SetupError extends Error {}

async function main() {
  const [command, ...args] = process.argv.slice(2)
  if (command === undefined || !['serve', 'run', 'test', 'exec', 'setup'].includes(command)) {
    process.stderr.write(`${usage}\n`)
    process.exitCode = 2
    return
  }
  const node = await prepare()
  if ((command === 'test' && meansClients(args)) || (command === 'setup' && args[0] === 'clients'))
    await prepareClients()
  if (command === 'setup') return
  const cli = path.join(root, 'dist', 'cli', 'main.js')
  const targets = {
    serve: [cli, 'serve', ...args],
    run: [cli, ...args],
    test: [path.join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...args],
    exec: args,
  }
  const isTest = command === 'test'
  endLike(
    await runChild(node.path, [...nodeFlags(node), ...targets[/** @type {keyof typeof targets} */ (command)]], {
      cwd: isTest ? root : process.cwd(),
      env: environmentFor(node, isTest),
    }),
  )
}

/** Installs and builds where needed, one process at a time, and says on which Node to go on. */
async function prepare() {
  if (!isInstalled(root) || !isBuilt(root)) {
    const lock = path.join(root, '.pointsman', 'bootstrap.lock')
    await withFolderLock(lock, installAndBuild, () => step('Waiting for another process to install and build …'))
  }
  return requireNode()
}

async function installAndBuild() {
  if (!isInstalled(root)) await install()
  if (!isBuilt(root)) await build(requireNode())
}

async function install() {
  step('Installing packages from package-lock.json …')
  // Build tools are development dependencies: NODE_ENV=production must not leave them out.
  requireSuccess(await cleanInstall(root, ['--include=dev', '--include=optional']), 'npm ci')
}

/** @param {string} folder @param {readonly string[]} options */
function cleanInstall(folder, options) {
  const npm = npmCommand()
  const args = ['ci', ...options, '--no-audit', '--no-fund', '--loglevel=error']
  return runChild(npm.command, [...npm.args, ...args], { cwd: folder, capture: true, shell: npm.shell })
}

/** All tests, or those of the official clients by name. */
function meansClients(/** @type {readonly string[]} */ args) {
  return args.length === 0 || args.some((argument) => argument.includes('clients'))
}

/**
 * The official clients that are tested against the gateway are a package of their own. Without them (no registry in
 * reach) the other tests still say something: theirs is then a named skip, or a failure where POINTSMAN_REQUIRE asks for them.
 */
async function prepareClients() {
  const folder = path.join(root, 'test', 'clients')
  if (!existsSync(path.join(folder, 'package-lock.json')) || isInstalled(folder)) return
  const lock = path.join(root, '.pointsman', 'clients.lock')
  const wait = () => step('Waiting for another process to install the official clients …')
  await withFolderLock(
    lock,
    async () => {
      if (isInstalled(folder)) return
      step('Installing the official clients for test/clients …')
      const result = await cleanInstall(folder, ['--ignore-scripts'])
      if (result.code !== 0)
        step(`${result.output.trimEnd()}\nThe official clients could not be installed.`.trimStart())
    },
    wait,
  )
}

/** @param {{ path: string, major: number }} node */
async function build(node) {
  step('Building …')
  const digest = sourceDigest(root)
  const env = environmentFor(node, false)
  for (const script of [['node_modules/typescript/bin/tsc', '-b'], ['scripts/write-config-schema.mjs']]) {
    requireSuccess(await runChild(node.path, script, { cwd: root, env, capture: true }), `node ${script.join(' ')}`)
  }
  markBuilt(root, digest)
}

/** The npm that runs us, else the one on the path. */
function npmCommand() {
  const own = process.env.npm_execpath
  if (own !== undefined && path.basename(own) === 'npm-cli.js' && existsSync(own)) {
    return { command: process.execPath, args: [own], shell: false }
  }
  const windows = process.platform === 'win32'
  return { command: windows ? 'npm.cmd' : 'npm', args: [], shell: windows }
}

/**
 * @param {{ path: string }} node
 * @param {boolean} isTest tests see neither settings nor keys of the person who runs them.
 */
function environmentFor(node, isTest) {
  const env = { ...process.env }
  const pathName = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH'
  env[pathName] = [path.dirname(node.path), path.join(root, 'node_modules', '.bin'), env[pathName]]
    .filter(Boolean)
    .join(path.delimiter)
  if (!isTest) return env
  for (const name of Object.keys(env)) {
    const ours = name.startsWith('POINTSMAN_') && name !== 'POINTSMAN_DATA' && name !== 'POINTSMAN_REQUIRE'
    if (ours || name.endsWith('_API_KEY')) delete env[name]
  }
  return env
}

/** @param {{ major: number }} node */
function nodeFlags(node) {
  // On Node 22 the built-in SQLite still announces itself as experimental, on every start.
  return node.major < 24 ? ['--disable-warning=ExperimentalWarning'] : []
}

function requireNode() {
  const node = chooseNode(root)
  if (node !== undefined) return node
  throw new SetupError(
    `Pointsman needs Node ${oldestNode.join('.')} or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
      'The checkout brings its own Node on 64-bit x86 Linux with glibc only. Install Node 24 (https://nodejs.org), then try again.',
  )
}

/** @param {{ code: number | null, signal: string | null, output: string }} result @param {string} what */
function requireSuccess(result, what) {
  if (result.code === 0) return
  const how = result.signal === null ? `exit code ${result.code}` : result.signal
  throw new SetupError(`${result.output.trimEnd()}\n${what} failed (${how}).`.trimStart())
}

/** @param {string} text */
function step(text) {
  process.stderr.write(`${text}\n`)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof SetupError ? error.message : error?.stack}\n`)
  process.exitCode = 1
}
