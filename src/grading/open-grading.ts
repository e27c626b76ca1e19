import { BoundedChecks } from './bounded-checks.ts'
import type { GradingServices } from './grading-services.ts'

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
