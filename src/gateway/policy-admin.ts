import type { PolicyDesk } from '../training/policy-desk.ts'
import type { RefitScheduler } from '../training/refit-scheduler.ts'

/** What is asked of policy versions over HTTP. */
export interface PolicyAdmin {
  readonly desk: PolicyDesk
  readonly refits: Pick<RefitScheduler, 'progress' | 'last' | 'foreseenRefusal' | 'run'>
}
