import type { ChatRequest } from '../providers/chat-provider.ts'
import type { BoundedChecks } from './bounded-checks.ts'

/** How far code of answers is kept from the machine: not run at all, in Linux namespaces without network, or not at all kept from it. */
export type CodeIsolation = 'off' | 'namespace' | 'unprotected'

/** What a judge was asked and said. */
export interface JudgeAnswer {
  readonly text: string
  /** USD; undefined: not known. */
  readonly costUsd: number | undefined
}

/** Asks the LLM that judges. Who makes it answers for its price, and for `allow` and `deny` of the judged request. */
export interface JudgeLlm {
  /**
   * @throws {ProviderError} among others; graders make a {@link GradingError} of it.
   */
  ask(request: ChatRequest, signal: AbortSignal): Promise<JudgeAnswer>
}

/** Of the environment, what it takes to find and start programs. */
export interface ProgramEnvironment {
  /** PATH; undefined: the system's default. */
  readonly path?: string | undefined
  /** HOME. */
  readonly home?: string | undefined
}

/** What graders need from outside. */
export interface GradingServices {
  /** Runs regular expressions and JSON schemas; whoever opened it closes it. */
  readonly checks: BoundedChecks
  /** For `code` and `command`. Default: empty. */
  readonly environment?: ProgramEnvironment | undefined
  /** Absolute path; where relative paths of databases begin. */
  readonly folder: string
  /** Default: `off`. */
  readonly code?: CodeIsolation | undefined
  /** Whether graders of kind `command` may run. Default: no. */
  readonly commands?: boolean | undefined
  /** Left out: graders of kind `judge` are unavailable. */
  readonly judge?: JudgeLlm | undefined
}
