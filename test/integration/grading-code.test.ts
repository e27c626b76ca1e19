import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createCodeGrader } from '../../src/grading/code-grader.ts'
import type { CodeLanguage } from '../../src/grading/code-harness.ts'
import { isolatedCommand } from '../../src/grading/isolated-command.ts'

const { signal } = new AbortController()
const environment = { path: process.env.PATH, home: process.env.HOME }
const hasPython = spawnSync('python3', ['--version']).status === 0
const [unshare = '', ...args] = isolatedCommand('namespace', ['true'])
const hasNamespaces = spawnSync(unshare, args).status === 0

async function gradeCode(
  isolation: 'namespace' | 'unprotected',
  language: CodeLanguage,
  text: string,
  tests: readonly string[],
  timeLimitMs?: number,
) {
  const grader = createCodeGrader({ kind: 'code', language, tests }, { isolation, environment, timeLimitMs })
  return (await grader.grade({ request: { messages: [] }, text, toolCalls: [] }, signal)).quality
}

describe.each(['namespace', 'unprotected'] as const)('code grader, %s', (isolation) => {
  const runs = isolation === 'unprotected' || hasNamespaces

  describe.skipIf(!hasPython || !runs)('Python', () => {
    const quality = (text: string, ...tests: string[]) => gradeCode(isolation, 'python', text, tests)

    it('grades by the share of tests passed', async () => {
      const text =
        'Here you are:\n\n```python\ndef add(a, b):\n    return a + b\n\nif __name__ == "__main__":\n    input()\n```\nIt adds.'
      expect(
        await quality(text, 'assert add(1, 2) == 3', 'assert add("a", "b") == "ab"', 'assert add(1, 1) == 3'),
      ).toBeCloseTo(2 / 3)
    })

    it('gives nothing for code that does not run', async () => {
      expect(await quality('```python\ndef add(a, b:\n```', 'pass')).toBe(0)
      expect(await quality('I cannot do that.', 'pass')).toBe(0)
      expect(await quality('raise ValueError', 'pass')).toBe(0)
    })

    it('is not deceived by code that ends early or prints', async () => {
      expect(await quality('import sys; sys.exit(0)', 'assert False')).toBe(0)
      expect(await quality('import os; os._exit(0)', 'assert False')).toBe(0)
      expect(await quality('print("ready"); print("passed")', 'assert False')).toBe(0)
      expect(await quality('print("x" * 10_000_000)', 'pass')).toBe(1)
    })

    it('shows an empty environment, an empty folder and no input', async () => {
      const tests = [
        'import os; assert set(os.environ) <= {"LC_CTYPE"}, os.environ',
        'import os; assert os.listdir(".") == []',
      ]
      expect(await quality('import sys', ...tests, 'assert sys.stdin.read() == ""')).toBe(1)
    })

    it('limits memory and time, and ends what was left behind', async () => {
      expect(await quality('x = bytearray(3 * 10**9)', 'pass')).toBe(0)
      expect(await gradeCode(isolation, 'python', 'while True: pass', ['pass'], 2_000)).toBe(0)
      const lingering = 'import subprocess\nsubprocess.Popen(["sleep", "31415"])'
      expect(await quality(lingering, 'pass')).toBe(1)
      await expect.poll(() => spawnSync('pgrep', ['-x', 'sleep', '-a']).stdout.toString()).not.toContain('31415')
    })
  })

  describe.skipIf(!hasPython || !runs || process.platform !== 'linux')('memory of Python', () => {
    const quality = (text: string) => gradeCode(isolation, 'python', text, ['pass'])

    it('is limited for shared memory too', async () => {
      const shared = (mebibytes: number) =>
        `import mmap, time\nsize = ${mebibytes} << 20\nheld = mmap.mmap(-1, size)\nfor i in range(0, size, 4096): held[i] = 1\ntime.sleep(0.5)`
      expect(await quality(shared(100))).toBe(1)
      expect(await quality(shared(1_200))).toBe(0)
    })

    it('is limited for all processes together', async () => {
      const children = (count: number, mebibytes: number) => `import os, time
children = []
for _ in range(${count}):
    child = os.fork()
    if child == 0:
        held = bytearray(${mebibytes} << 20)
        for i in range(0, len(held), 4096): held[i] = 1
        time.sleep(1)
        os._exit(0)
    children.append(child)
for child in children: assert os.waitpid(child, 0)[1] == 0`
      expect(await quality(children(4, 10))).toBe(1)
      expect(await quality(children(4, 300))).toBe(0)
    })
  })

  describe.skipIf(!runs)('JavaScript', () => {
    const quality = (text: string, ...tests: string[]) => gradeCode(isolation, 'javascript', text, tests)

    it('grades by the share of tests passed', async () => {
      const text = '```js\nexport function add(a, b) { return a + b }\nmodule.exports = { add }\n```'
      expect(
        await quality(
          text,
          'assert.equal(add(1, 2), 3)',
          'assert.equal(module.exports.add(1, 1), 2)',
          'assert.equal(add(1, 1), 3)',
        ),
      ).toBeCloseTo(2 / 3)
      expect(await quality('const later = async () => 4', 'assert.equal(await later(), 4)')).toBe(1)
    })

    it('gives nothing for code that does not run, ends early or prints', async () => {
      expect(await quality('function (', 'void 0')).toBe(0)
      expect(await quality('process.exit(0)', 'assert.fail()')).toBe(0)
      expect(await quality('console.log("ready")', 'assert.fail()')).toBe(0)
      expect(await quality('console.log("x")', 'assert.ok(true)')).toBe(1)
    })

    it('reads no files and starts no processes', async () => {
      expect(await quality('', 'require("fs").readFileSync("/etc/passwd")')).toBe(0)
      expect(await quality('', 'assert.equal(require("child_process").spawnSync("true").status, 0)')).toBe(0)
      expect(await quality('', 'assert.deepEqual(Object.keys(process.env), [])')).toBe(1)
    })

    it('limits memory', async () => {
      expect(
        await quality('const all = []; for (let i = 0; i < 40; i++) all.push(Buffer.alloc(1e8, 1))', 'void 0'),
      ).toBe(0)
    })
  })
})

describe.skipIf(!hasNamespaces || !hasPython)('code in a namespace', () => {
  const passes = async (test: string) =>
    (await gradeCode('namespace', 'python', 'import os, socket, subprocess', [test])) === 1

  it('has no network', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    expect(await passes(`socket.create_connection(("127.0.0.1", ${port}), 2)`)).toBe(false)
    expect(
      await gradeCode('unprotected', 'python', 'import socket', [
        `socket.create_connection(("127.0.0.1", ${port}), 2)`,
      ]),
    ).toBe(1)
    server.close()
  })

  it('writes nothing that is there afterwards', async () => {
    const file = path.resolve('written-by-code.txt')
    expect(await passes(`open(${JSON.stringify(file)}, "w")`)).toBe(false)
    expect(await passes('open("/tmp/written-by-code.txt", "w").write("x")')).toBe(true)
    expect(existsSync(file) || existsSync('/tmp/written-by-code.txt')).toBe(false)
    expect(await passes('open("/proc/sys/kernel/core_pattern", "w")')).toBe(false)
    expect(await passes('open("/tmp/large", "wb").write(bytes(64 * 2**20))')).toBe(false)
  })

  it('cannot undo its bounds', async () => {
    expect(await passes('subprocess.run(["mount", "-o", "remount,rw,bind", "/"], check=True)')).toBe(false)
    expect(await passes('subprocess.run(["unshare", "-rm", "mount", "-o", "remount,rw,bind", "/"], check=True)')).toBe(
      false,
    )
    expect(await passes('subprocess.run(["umount", "/tmp"], check=True)')).toBe(false)
  })

  it('sees none of the processes, devices and sockets of the machine', async () => {
    expect(await passes('assert len([name for name in os.listdir("/proc") if name.isdigit()]) <= 3')).toBe(true)
    expect(await passes('assert sorted(os.listdir("/dev")) == ["null", "random", "urandom", "zero"]')).toBe(true)
    expect(await passes('assert set(os.listdir("/run")) <= {"mount"}')).toBe(true)
  })
})
