import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const repository = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))))

// A compiler that takes a moment, counts its runs and writes the program that `serve` starts.
const fakeCompiler = `
const fs = require('node:fs')
fs.appendFileSync('builds.log', 'build\\n')
if (fs.readFileSync('src/main.ts', 'utf8').includes('BROKEN')) {
  console.log('src/main.ts(1,1): error TS0000: broken')
  process.exit(2)
}
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
fs.mkdirSync('dist/cli', { recursive: true })
fs.copyFileSync('src/main.ts', 'dist/cli/main.js')
`

const fakeProgram = `
const args = process.argv.slice(2)
if (args[0] === 'serve') {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => { console.log(signal); process.exit(7) })
  console.log('ready ' + args.slice(1).join(' '))
  setInterval(() => {}, 1000)
} else if (args[0] === 'die') process.kill(process.pid, 'SIGKILL')
else {
  console.log(JSON.stringify({ args, cwd: process.cwd(), node: process.versions.node }))
  process.exitCode = Number(args[1] ?? 0)
}
`

const fakeTestRunner = `
console.log(JSON.stringify({ args: process.argv.slice(2), names: Object.keys(process.env), cwd: process.cwd() }))
`

let folder: string
let running: ChildProcess[]

/** A checkout in small: the real scripts, and tools of its own as local packages, so that npm needs no registry. */
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-bootstrap-'))
  running = []
  cpSync(path.join(repository, 'scripts'), path.join(folder, 'scripts'), { recursive: true })
  write('scripts/write-config-schema.mjs', '')
  write('src/main.ts', fakeProgram)
  writeTool('typescript', 'bin/tsc', fakeCompiler)
  writeTool('vitest', 'vitest.mjs', fakeTestRunner)
  writeManifest(['typescript', 'vitest'])
})

afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
  writeFileSync(path.join(folder, file), text)
}

function writeTool(name: string, file: string, text: string): void {
  write(`tools/${name}/package.json`, JSON.stringify({ name, version: '1.0.0' }))
  write(`tools/${name}/${file}`, text)
}

function writeManifest(tools: readonly string[]): void {
  const scripts = { start: 'node scripts/bootstrap.mjs serve' }
  const devDependencies = Object.fromEntries(tools.map((name) => [name, `file:tools/${name}`]))
  const packages: { [place: string]: unknown } = { '': { name: 'small', version: '1.0.0', devDependencies } }
  for (const name of tools) {
    packages[`tools/${name}`] = { name, version: '1.0.0', dev: true }
    packages[`node_modules/${name}`] = { resolved: `tools/${name}`, link: true }
  }
  write('package.json', JSON.stringify({ name: 'small', version: '1.0.0', type: 'commonjs', scripts, devDependencies }))
  write('package-lock.json', JSON.stringify({ name: 'small', version: '1.0.0', lockfileVersion: 3, packages }))
}

function bootstrap(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: { [name: string]: string | undefined } } = {},
) {
  return spawnSync(process.execPath, [path.join(folder, 'scripts', 'bootstrap.mjs'), ...args], {
    cwd: options.cwd ?? folder,
    env: { ...process.env, ...options.env },
    encoding: 'utf8',
  })
}

function builds(): number {
  const log = path.join(folder, 'builds.log')
  return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').length : 0
}

function start(
  args: readonly string[],
  program?: 'npm',
): { child: ChildProcess; output: () => string; until: (text: string) => Promise<void> } {
  const own = [path.join(folder, 'scripts', 'bootstrap.mjs'), ...args]
  const child = spawn(program ?? process.execPath, program === undefined ? own : args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.push(child)
  let text = ''
  let notify = () => {}
  const add = (chunk: Buffer) => {
    text += chunk
    notify()
  }
  child.stdout.on('data', add)
  child.stderr.on('data', add)
  const until = (wanted: string) =>
    new Promise<void>((resolve, reject) => {
      notify = () => {
        if (text.includes(wanted)) resolve()
      }
      child.once('close', () => reject(new Error(`ended before it said '${wanted}': ${text}`)))
      notify()
    })
  return { child, output: () => text, until }
}

function ended(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })))
}

describe('a bare checkout', () => {
  test('is installed, built and run, each step named once; the second start says nothing of its own', () => {
    const first = bootstrap(['run', 'route', '3'])
    expect(first.stderr).toBe('Installing packages from package-lock.json …\nBuilding …\n')
    expect(JSON.parse(first.stdout).args).toEqual(['route', '3'])
    expect(first.status).toBe(3)

    const second = bootstrap(['run', 'route', '0', 'two words'])
    expect(second.stderr).toBe('')
    expect(JSON.parse(second.stdout).args).toEqual(['route', '0', 'two words'])
    expect(builds()).toBe(1)
  })

  test('is set up with its build tools although NODE_ENV says production', () => {
    expect(bootstrap(['setup'], { env: { NODE_ENV: 'production', npm_config_omit: 'dev' } }).status).toBe(0)
    expect(builds()).toBe(1)
  })

  test('is set up once when two start at the same time', async () => {
    const both = [start(['run', 'a']), start(['run', 'b'])]
    const results = await Promise.all(both.map(({ child }) => ended(child)))
    expect(results).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ])
    expect(builds()).toBe(1)
  })
})

describe('a checkout that was set up', () => {
  beforeEach(() => {
    expect(bootstrap(['setup']).status).toBe(0)
  })

  test('is built again after a source changed, and not after a test did', () => {
    write('src/main.test.ts', 'a test')
    expect(bootstrap(['setup']).stderr).toBe('')
    write('src/main.ts', `${fakeProgram}\n// changed`)
    expect(bootstrap(['setup']).stderr).toBe('Building …\n')
    rmSync(path.join(folder, 'src', 'main.ts'))
    write('src/other.ts', '')
    expect(bootstrap(['setup']).stderr).toContain('Building …')
  })

  test('is installed again after the lock file changed', () => {
    writeTool('extra', 'index.js', '')
    writeManifest(['typescript', 'vitest', 'extra'])
    expect(bootstrap(['setup']).stderr).toContain('Installing')
    expect(existsSync(path.join(folder, 'node_modules', 'extra'))).toBe(true)
    expect(bootstrap(['setup']).stderr).toBe('')
  })

  test('shows what the compiler said when the build fails, and tries again next time', () => {
    write('src/main.ts', 'BROKEN')
    for (let round = 0; round < 2; round++) {
      const { status, stderr } = bootstrap(['run', 'route'])
      expect(status).toBe(1)
      expect(stderr).toContain('error TS0000: broken')
      expect(stderr).toContain('failed (exit code 2)')
    }
  })

  test('takes over the lock of a process that died', () => {
    const died = spawnSync(process.execPath, ['--eval', ''])
    write('.pointsman/bootstrap.lock', JSON.stringify({ host: hostname(), pid: died.pid, nonce: 'x' }))
    write('src/main.ts', `${fakeProgram}\n// changed`)
    expect(bootstrap(['setup']).status).toBe(0)
    expect(existsSync(path.join(folder, '.pointsman', 'bootstrap.lock'))).toBe(false)
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('passes %s on and keeps the exit code', async (signal) => {
    const { child, output, until } = start(['serve', '--port', '9000'])
    await until('ready --port 9000')
    const end = ended(child)
    child.kill(signal)
    expect(await end).toEqual({ code: 7, signal: null })
    expect(output()).toContain(signal)
  })

  test.each(['SIGTERM', 'SIGKILL'] as const)('ends its program when npm above it dies of %s', async (signal) => {
    const { child, until } = start(['start', '--', '--port', '9000'], 'npm')
    await until('ready --port 9000')
    child.kill(signal)
    await until('SIGTERM')
  })

  test('dies of the signal its program died of', () => {
    expect(bootstrap(['run', 'die']).signal).toBe('SIGKILL')
  })

  test('runs commands where they were typed, tests in the checkout', () => {
    const elsewhere = path.join(folder, 'src')
    expect(JSON.parse(bootstrap(['run', 'x'], { cwd: elsewhere }).stdout).cwd).toBe(elsewhere)
    expect(JSON.parse(bootstrap(['test'], { cwd: elsewhere }).stdout).cwd).toBe(folder)
  })

  test("keeps the person's settings and keys from the tests", () => {
    const env = { POINTSMAN_PORT: '1', POINTSMAN_REQUIRE: 'redis', OPENAI_API_KEY: 'sk-x' }
    const { args, names } = JSON.parse(bootstrap(['test', '--project', 'unit'], { env }).stdout)
    expect(args).toEqual(['run', '--project', 'unit'])
    expect(names).toContain('POINTSMAN_REQUIRE')
    expect(names).not.toContain('POINTSMAN_PORT')
    expect(names).not.toContain('OPENAI_API_KEY')
  })

  describe('with official clients to test', () => {
    const writeClients = (resolved: string) => {
      const name = 'small-clients'
      write('test/clients/package.json', JSON.stringify({ name, version: '1.0.0', dependencies: { client: resolved } }))
      const packages = {
        '': { name, version: '1.0.0', dependencies: { client: resolved } },
        'node_modules/client': { version: '1.0.0', resolved, integrity: 'sha512-AAAA' },
      }
      const lock = { name, version: '1.0.0', lockfileVersion: 3, packages }
      write('test/clients/package-lock.json', JSON.stringify(lock))
    }

    test('tries to install them where tests mean them, and runs the other tests without', () => {
      writeClients('file:nowhere.tgz')
      expect(bootstrap(['test', '--project', 'unit']).stderr).toBe('')
      const all = bootstrap(['test'])
      expect(all.stderr).toContain('Installing the official clients for test/clients …')
      expect(all.stderr).toContain('The official clients could not be installed.')
      expect(all.status).toBe(0)
      expect(JSON.parse(all.stdout).args).toEqual(['run'])
    })
  })

  test('answers a command it does not know with its usage', () => {
    const { status, stderr } = bootstrap(['fly'])
    expect(status).toBe(2)
    expect(stderr).toContain('Usage:')
  })
})
