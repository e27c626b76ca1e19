import type { GraderSpec } from './grader-spec.ts'

export type CodeLanguage = Extract<GraderSpec, { kind: 'code' }>['language']

/** What a harness reads from standard input. */
export interface HarnessInput {
  readonly code: string
  readonly test: string
  /** Written when the test has come to its end; code that ends the process early, or prints what it likes, does not know it. */
  readonly token: string
}

/** A harness writes this first: from there on every fault is the code's. */
export const harnessReady = 'ready\n'

/**
 * Runs the code, then the test, in one module; what they print is thrown away, and there is nothing to read. `__name__` is not
 * `__main__`, so that scripts only define what they have.
 */
const python = `import json, os, sys
def main():
    given = json.load(sys.stdin)
    out = os.dup(1)
    os.write(out, b"ready\\n")
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    token, code, test = given["token"], given["code"], given["test"]
    del given
    module = {"__name__": "answer", "__builtins__": __builtins__}
    try:
        exec(compile(code, "answer.py", "exec"), module)
        exec(compile(test, "test.py", "exec"), module)
    except BaseException:
        os._exit(1)
    os.write(out, token.encode())
    os._exit(0)
main()`

/** The same in an async function; \`assert\` is node:assert/strict, \`export\` is passed over. */
const javascript = `let text = ''
process.stdin.on('data', (piece) => { text += piece }).on('end', async () => {
  const { code, test, token } = JSON.parse(text)
  text = ''
  const write = process.stdout.write.bind(process.stdout)
  await new Promise((done) => write('ready\\n', done))
  process.stdout.write = () => true
  process.stderr.write = () => true
  const source = code.replace(/^export\\s+(?:default\\s+)?/gm, '') + '\\n;\\n' + test
  const module = { exports: {} }
  try {
    const AsyncFunction = (async () => {}).constructor
    await new AsyncFunction('require', 'module', 'exports', 'assert', source)(require, module, module.exports, require('node:assert/strict'))
    write(token, () => process.exit(0))
  } catch {
    process.exit(1)
  }
})`

/** Arguments of the interpreter. Python: isolated from the user's own settings and packages; Node: no files, no other processes. */
export function harnessArguments(language: CodeLanguage): readonly string[] {
  if (language === 'python') return ['-I', '-B', '-c', python]
  const permission = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission'
  return [
    '--disable-warning=ExperimentalWarning',
    permission,
    '--max-old-space-size=256',
    '--input-type=commonjs',
    '-e',
    javascript,
  ]
}
