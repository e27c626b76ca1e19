import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type CodeLanguage, type HarnessInput, harnessArguments, harnessReady } from './code-harness.ts'
import { fencedBlock } from './fenced-block.ts'
import { withoutThinking } from './final-answer.ts'
import type { Grader } from './grader.ts'
import type { GraderSpec } from './grader-spec.ts'
import { GradingError } from './grading-error.ts'
import type { CodeIsolation, ProgramEnvironment } from './grading-services.ts'
import { isolatedCommand } from './isolated-command.ts'
import { runProcess } from './run-process.ts'

export interface CodeGraderOptions {
  readonly isolation: Exclude<CodeIsolation, 'off'>
  /** Finds python3 and unshare; the code itself sees none of it. */
  readonly environment: ProgramEnvironment
  /** Of each test, interpreter and isolation included. Default: 10,000. */
  readonly timeLimitMs?: number | undefined
}

const maxOutputBytes = 64 * 1024
/** Of all its processes, namespace and interpreter included; data segments of each are limited to the same by the kernel. */
const maxMemoryBytes = 1024 * 1024 * 1024
const languageNames: { readonly [language in CodeLanguage]: readonly string[] } = {
  python: ['python', 'py', 'python3'],
  javascript: ['javascript', 'js', 'node', 'mjs', 'cjs'],
}

/**
 * The share of the tests that pass. Each test runs in a process of its own behind the code of the answer (its fenced block, else the whole),
 * with an empty environment and an empty folder, within limits of time, memory and output; code that does not run passes none.
 * The grade is no defence against an answer that sets out to deceive the harness: it could look into the process it runs in.
 */
export function createCodeGrader(spec: Extract<GraderSpec, { kind: 'code' }>, options: CodeGraderOptions): Grader {
  const { language, tests } = spec
  let known: string | undefined
  return {
    async grade({ text }, signal) {
      const plain = withoutThinking(text)
      const code = fencedBlock(plain, languageNames[language]) ?? plain
      known ??= await interpreterOf(language, options.environment, signal)
      const program = [known, ...harnessArguments(language)]
      const folder = await mkdtemp(path.join(tmpdir(), 'pointsman-code-'))
      try {
        let passed = 0
        for (const test of tests) {
          const input = { code, test, token: randomUUID() }
          if (await passes(input, program, folder, options, signal)) passed++
        }
        return { quality: passed / tests.length, reason: `${passed} of ${tests.length} tests passed` }
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
}

/** @throws {GradingError} when the test did not come to run, which says nothing of the code. */
async function passes(
  input: HarnessInput,
  program: readonly string[],
  folder: string,
  { isolation, environment, timeLimitMs = 10_000 }: CodeGraderOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const command = isolatedCommand(isolation, program)
  const searching = isolation === 'namespace' ? pathOf(environment) : {}
  const limits = { timeLimitMs, maxOutputBytes, maxMemoryBytes }
  const run = { command, input: JSON.stringify(input), folder, environment: searching, ...limits }
  const { end, stdout, stderr } = await runProcess(run, signal)
  if (end === 'aborted') throw new GradingError('not_graded', 'Grading was stopped')
  if (stdout.startsWith(harnessReady)) return end === 'exited' && stdout === harnessReady + input.token
  if (end === 'too_slow') throw new GradingError('not_graded', 'The process that runs code did not start in time')
  const why = stderr.trim().split('\n')[0] ?? ''
  if (isolation === 'unprotected') throw new GradingError('grader_unavailable', `Code cannot be run: ${why}`)
  throw new GradingError(
    'grader_unavailable',
    `This machine does not let a process without rights have namespaces of its own, which grading.code: namespace takes (${why})`,
  )
}

/** Node is the one that runs us; python3 is found once and by its real path, because what is on the PATH may be a script that needs more. */
async function interpreterOf(
  language: CodeLanguage,
  environment: ProgramEnvironment,
  signal: AbortSignal,
): Promise<string> {
  if (language === 'javascript') return process.execPath
  const found = await runProcess(
    {
      command: ['python3', '-c', 'import os, sys; print(os.path.realpath(sys.executable))'],
      input: '',
      folder: tmpdir(),
      environment: pathOf(environment),
      timeLimitMs: 10_000,
      maxOutputBytes,
    },
    signal,
  )
  const file = found.stdout.trim()
  if (found.exitCode === 0 && path.isAbsolute(file)) return file
  throw new GradingError('grader_unavailable', 'There is no python3 on the PATH, which graders of Python code need')
}

function pathOf({ path: searched, home }: ProgramEnvironment): { readonly [name: string]: string } {
  return { ...(searched === undefined ? {} : { PATH: searched }), ...(home === undefined ? {} : { HOME: home }) }
}
