import { BoundedChecks } from './bounded-checks.ts'
import type { CodeIsolation, GradingServices } from './grading-services.ts'

/** Grading, with what it holds open. */
export interface OpenGrading extends GradingServices {
  /** Idempotent. */
  close(): Promise<void>
}

/** What graders need from outside; a thread starts with the first regular expression or JSON schema. */
export function openGrading(options: Omit<GradingServices, 'checks'>): OpenGrading {
  const checks = new BoundedChecks()
  return { ...options, checks, close: () => checks.close() }
}

/** What the owner should hear at the start of how code of answers is run; undefined: nothing. */
export function describeCodeIsolation(isolation: CodeIsolation): string | undefined {
  return isolation === 'unprotected'
    ? 'grading.code is unprotected: code that LLMs write is run on this machine with your rights, and there is no security boundary'
    : undefined
}
