import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Runs a program to its end and passes our signals on to it.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: { [name: string]: string | undefined }, capture?: boolean, shell?: boolean }} options `capture` keeps its
 *   output instead of showing it.
 * @returns {Promise<{ code: number | null, signal: string | null, output: string }>} `output` holds what was
 *   captured, both streams in the order they came.
 */
export function runChild(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: options.capture ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      shell: options.shell ?? false,
    })
    /** @type {Buffer[]} */
    const chunks = []
    child.stdout?.on('data', (chunk) => chunks.push(chunk))
    child.stderr?.on('data', (chunk) => chunks.push(chunk))

    const forward = (/** @type {string} */ signal) => {
      // A terminal sends Ctrl-C to the child as well; a second SIGINT would read as "stop at once".
      if (signal === 'SIGINT' && process.stdin.isTTY) return
      child.kill(signal)
    }
    for (const signal of forwarded) process.on(signal, forward)
    const stopWatching = watchNpm(() => child.kill('SIGTERM'))
    const done = () => {
      stopWatching()
      for (const signal of forwarded) process.off(signal, forward)
    }
    child.on('error', (error) => {
      done()
      reject(error)
    })
    child.on('close', (code, signal) => {
      done()
      resolve({ code, signal, output: Buffer.concat(chunks).toString('utf8') })
    })
  })
}

/**
 * Calls `onGone` once when the npm that started us has died. npm passes signals to the shell between us and itself, and
 * most shells die of them without passing them on: the program would stay behind and keep its port.
 *
 * @param {() => void} onGone
 * @returns {() => void} stops watching.
 */
function watchNpm(onGone) {
  if (process.env.npm_lifecycle_event === undefined) return () => {}
  const before = ancestors()
  const timer = setInterval(() => {
    if (ancestors() === before) return
    clearInterval(timer)
    onGone()
  }, 500)
  timer.unref()
  return () => clearInterval(timer)
}

/** Our parent, the shell, and where Linux tells it, the shell's parent, npm: orphans get another one. */
function ancestors() {
  const shell = process.ppid
  try {
    const [, parent] = readFileSync(`/proc/${shell}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return `${shell} ${parent}`
  } catch {
    return `${shell}`
  }
}

/**
 * Ends this process the way its child ended, so that callers see the same exit code or signal.
 *
 * @param {{ code: number | null, signal: string | null }} result
 */
export function endLike(result) {
  if (result.signal === null) process.exitCode = result.code ?? 1
  else process.kill(process.pid, result.signal)
}
