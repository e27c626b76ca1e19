import type { ChatRequest } from '../providers/chat-provider.ts'

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

/** What graders need from outside. */
export interface GradingServices {
  /** Absolute path; where relative paths of databases begin. */
  readonly folder: string
  /** Default: `off`. */
  readonly code?: CodeIsolation | undefined
  /** Whether graders of kind `command` may run. Default: no. */
  readonly commands?: boolean | undefined
  /** Left out: graders of kind `judge` are unavailable. */
  readonly judge?: JudgeLlm | undefined
}
