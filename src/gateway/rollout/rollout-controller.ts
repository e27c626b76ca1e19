import { type RolloutOptions, type RolloutStepTaken, RolloutTrial } from '../../proof/promotion/rollout-trial.ts'
import type { Clock } from '../../routing/clock.ts'
import type { TrialTerms } from '../../routing/decision/version-trial.ts'
import type { DecisionStore } from '../../routing/decision-store.ts'
import type { PolicyRollout, PolicyStore, RolloutCandidate, RolloutEvent } from '../../routing/policy-store.ts'
import type { Router } from '../../routing/router.ts'
import type { RoutingPolicy } from '../../routing/routing-policy.ts'
import type { LiveCandidate } from '../../training/live-policy.ts'
import { isOnTrial } from '../../training/rollout.ts'
import type { Logger } from '../logger.ts'
import { frozenPriors } from './frozen-priors.ts'
import type { RolloutView, RolloutWatch } from './rollout-view.ts'

export interface RolloutParts {
  readonly router: Pick<Router, 'policy' | 'trial' | 'tryOut'>
  readonly policies: PolicyStore
  readonly decisions: Pick<DecisionStore, 'logged'>
  /** The version on trial as this process has it; undefined while it is being loaded. */
  readonly candidate: () => LiveCandidate | undefined
  /** The rollout was changed here: the router is to follow at once. */
  readonly changed: () => Promise<unknown>
  /** The owner's λ. */
  readonly lambda: number
  readonly clock: Clock
  /** A new secret. */
  readonly newSalt: () => string
  /** Sorts before every decision made from that time on. */
  readonly idAt: (ms: number) => string
  readonly log: Logger
}

const pageSize = 500
/** Commits are shared and may come out of order within this. */
const settleMs = 2_000
/** Evidence since the last save is counted again after a crash. */
const saveEveryMs = 30_000
/** A version that fails in more than one decision of a hundred, and not by one accident, is held. */
const fewestFaults = 20
const largestFaultShare = 0.01
const shownEvents = 20

/**
 * Runs the trial of the candidate that the rollout names: in shadow, then as a canary, to a verdict. What it has counted is saved with the
 * place in the log up to which it counted, in one transaction: after a crash each unit still counts once.
 */
export class RolloutController implements RolloutWatch {
  readonly #parts: RolloutParts
  readonly #options: RolloutOptions
  #trial: RolloutTrial | undefined
  /** The log was read up to here. */
  #readAfter = ''
  #savedAtMs = Number.NEGATIVE_INFINITY
  #unsaved = false
  #stepping: Promise<void> | undefined

  constructor(parts: RolloutParts, options: RolloutOptions) {
    this.#parts = parts
    this.#options = options
  }

  /** Moves the trial on by what the log has now; calls that overlap share one move. Never throws. */
  step(): Promise<void> {
    this.#stepping ??= this.#step()
      .catch((error: unknown) => this.#told(error))
      .finally(() => {
        this.#stepping = undefined
      })
    return this.#stepping
  }

  async view(): Promise<RolloutView> {
    const [rollout, events] = await Promise.all([
      this.#parts.policies.rollout(),
      this.#parts.policies.rolloutEvents(shownEvents),
    ])
    const { candidate } = rollout
    const tally = this.#parts.router.trial?.tally
    return {
      rollout,
      trial: this.#trialOf(candidate) ?? this.#restored(candidate).trial,
      addedDecisionMs: tally === undefined || tally.asked === 0 ? undefined : tally.totalMs / tally.asked,
      events,
    }
  }

  figures(): readonly (readonly [name: string, value: number])[] {
    const trial = this.#trial
    const running = this.#parts.router.trial
    if (trial === undefined || running === undefined) return []
    const { shadow, test, phase, share } = trial
    return [
      ['shadow_decisions', shadow.decisions],
      ['agreement', shadow.agreement],
      ['share', phase === 'canary' ? share : 0],
      ['units', test.units],
      ['e_value', test.eValue],
      ['e_value_needed', test.eValueNeeded],
      ['failed', running.tally.failed],
    ]
  }

  /** Saves what was counted. */
  async close(): Promise<void> {
    await this.#stepping
    if (this.#unsaved) await this.#save(await this.#parts.policies.rollout()).catch((error) => this.#told(error))
  }

  async #step(): Promise<void> {
    const { policies, router, candidate: loaded } = this.#parts
    const rollout = await policies.rollout()
    const { candidate } = rollout
    const live = loaded()
    if (!isOnTrial(candidate) || live?.id !== candidate.id) {
      if (!isOnTrial(candidate)) this.#trial = undefined
      if (router.trial !== undefined) router.tryOut(undefined)
      return
    }
    if (live.policy === undefined) {
      await this.#hold(rollout, candidate, `it cannot be loaded: ${messageOf(live.fault)}`)
      return
    }
    const trial = this.#trialOf(candidate) ?? this.#begin(candidate)
    if ('fault' in trial) {
      await this.#hold(rollout, candidate, `its evidence cannot be read: ${messageOf(trial.fault)}`)
      return
    }
    this.#present(trial, live.policy)
    const fault = this.#faultOf()
    if (fault !== undefined) {
      await this.#hold(rollout, candidate, fault)
      return
    }
    await this.#read(trial, live.policy)
    this.#present(trial, live.policy)
    const { due } = trial
    if (due !== undefined) {
      await this.#take(due, rollout, candidate, trial)
      if (due.kind === 'canary') this.#present(trial, live.policy)
    } else if (this.#unsaved && this.#parts.clock.now() - this.#savedAtMs >= saveEveryMs) {
      await this.#save(rollout)
    }
  }

  #trialOf(candidate: RolloutCandidate | undefined): RolloutTrial | undefined {
    const identity = this.#trial?.identity
    return identity?.version === candidate?.id && identity?.trial === candidate?.trial ? this.#trial : undefined
  }

  /** From what was saved, or anew; the fault where what was saved cannot be read. */
  #begin(candidate: RolloutCandidate): RolloutTrial | { readonly fault: unknown } {
    const { router, lambda, newSalt, idAt } = this.#parts
    const { trial: saved, fault } = this.#restored(candidate)
    if (fault !== undefined) return { fault }
    const scale = { lambda, costReferenceUsd: router.policy.costReferenceUsd }
    const identity = { version: candidate.id, trial: candidate.trial, scale, salt: newSalt() }
    this.#trial = saved ?? new RolloutTrial(identity, idAt(candidate.sinceMs), this.#options)
    this.#readAfter = this.#trial.cursor
    this.#unsaved = candidate.evidence === undefined
    return this.#trial
  }

  #restored(candidate: RolloutCandidate | undefined): { readonly trial?: RolloutTrial; readonly fault?: unknown } {
    if (candidate?.evidence === undefined) return {}
    try {
      return { trial: RolloutTrial.restore(candidate.evidence, this.#options) }
    } catch (fault) {
      return { fault }
    }
  }

  /** Has the router try the version as the trial says. */
  #present(trial: RolloutTrial, policy: RoutingPolicy): void {
    const { router } = this.#parts
    const terms: TrialTerms = { policy, phase: trial.phase, share: trial.share, salt: trial.identity.salt }
    const now = router.trial?.terms
    if (now?.policy === policy && now.phase === terms.phase && now.share === terms.share) return
    router.tryOut(terms)
  }

  #faultOf(): string | undefined {
    const { asked, failed, lastFault } = this.#parts.router.trial!.tally
    if (failed < fewestFaults || failed < largestFaultShare * asked) return undefined
    return `it failed in ${failed} of ${asked} decisions: ${messageOf(lastFault)}`
  }

  async #read(trial: RolloutTrial, candidate: RoutingPolicy): Promise<void> {
    const { decisions, clock, router } = this.#parts
    const until = clock.now() - settleMs - trial.readDelayMs
    const priors = frozenPriors(router.policy, candidate)
    for (;;) {
      const page = await decisions.logged(this.#readAfter, pageSize)
      for (const logged of page) {
        if (logged.decision.createdAtMs >= until) {
          trial.countUntil(until)
          return
        }
        trial.add(logged, priors)
        this.#readAfter = logged.decision.id
        this.#unsaved = true
      }
      trial.countUntil(page.length < pageSize ? until : (page.at(-1)?.decision.createdAtMs ?? until))
      if (page.length < pageSize || trial.due !== undefined) return
    }
  }

  async #take(
    { kind, detail }: RolloutStepTaken,
    rollout: PolicyRollout,
    candidate: RolloutCandidate,
    trial: RolloutTrial,
  ): Promise<void> {
    if (kind === 'hold') {
      await this.#hold(rollout, candidate, detail)
      return
    }
    const { policies, log, changed } = this.#parts
    const atMs = this.#nowMs()
    if (kind === 'promote') {
      // Not whatever the rollout has become since the log was read: who discarded the version meanwhile has the last word.
      const next: PolicyRollout = { ...rollout, servingId: candidate.id, candidate: undefined }
      await policies.changeRollout(rollout, next, { atMs, version: candidate.id, kind: 'promoted', detail })
      log.info({ policy: candidate.id }, `a policy version is promoted: ${detail}`)
    } else {
      trial.beginCanary()
      const next: RolloutCandidate = { ...candidate, phase: 'canary', sinceMs: atMs, evidence: trial.snapshot() }
      const event: RolloutEvent = { atMs, version: candidate.id, kind: 'canary', detail }
      try {
        await policies.changeRollout(rollout, { ...rollout, candidate: next }, event)
      } catch (error) {
        // What is in the store is what holds.
        this.#trial = undefined
        throw error
      }
      this.#wasSaved()
      log.info({ policy: candidate.id }, `a policy version serves a part of the conversations: ${detail}`)
    }
    await changed()
  }

  async #hold(rollout: PolicyRollout, candidate: RolloutCandidate, reason: string): Promise<void> {
    const { policies, router, log, changed } = this.#parts
    const atMs = this.#nowMs()
    const evidence = this.#trialOf(candidate)?.snapshot() ?? candidate.evidence
    const held: RolloutCandidate = { ...candidate, phase: 'held', sinceMs: atMs, reason, evidence }
    const event: RolloutEvent = { atMs, version: candidate.id, kind: 'held', detail: reason }
    await policies.changeRollout(rollout, { ...rollout, candidate: held }, event)
    router.tryOut(undefined)
    this.#wasSaved()
    log.warn({ policy: candidate.id }, `a policy version on trial is held: ${reason}`)
    await changed()
  }

  async #save(rollout: PolicyRollout): Promise<void> {
    const trial = this.#trialOf(rollout.candidate)
    if (trial === undefined || !isOnTrial(rollout.candidate)) return
    const candidate = { ...rollout.candidate, evidence: trial.snapshot() }
    await this.#parts.policies.changeRollout(rollout, { ...rollout, candidate }, undefined)
    this.#wasSaved()
  }

  #wasSaved(): void {
    this.#savedAtMs = this.#parts.clock.now()
    this.#unsaved = false
  }

  #nowMs(): number {
    return Math.floor(this.#parts.clock.now())
  }

  /** Another process changed the rollout meanwhile: the next step sees what it is now. */
  #told(error: unknown): void {
    if ((error as { readonly code?: unknown }).code === 'storage_conflict') return
    this.#parts.log.error({ err: error }, 'the trial of a policy version cannot go on now')
  }
}

function messageOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault)
}
