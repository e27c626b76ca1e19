import type { Clock } from '../routing/clock.ts'
import type { DecisionStore } from '../routing/decision-store.ts'
import { RoutingError } from '../routing/errors.ts'
import type { PolicyRollout, PolicyStore, PolicyVersionSummary } from '../routing/policy-store.ts'
import type { FittedPolicy } from '../routing/prediction/fitted-policy.ts'
import type { Llm } from '../routing/registry/llm.ts'
import type { RoutingPolicy } from '../routing/routing-policy.ts'
import { loadPolicyVersion } from './load-policy.ts'
import { type ChoiceAgreement, compareChoices, diffLlms, type LlmDiff } from './policy-diff.ts'
import { listPolicies, type PolicyList, type PolicyReport, reportPolicy } from './policy-report.ts'
import { discardCandidate, isOnTrial, releaseVersion, rollbackTo, unfittedVersion } from './rollout.ts'
import { RolloutError } from './rollout-error.ts'

export interface PolicyDeskParts {
  readonly policies: PolicyStore
  readonly decisions: Pick<DecisionStore, 'recentSettlements'>
  /** The LLMs registered now. */
  readonly pool: () => readonly Llm[]
  readonly clock: Clock
  /** The rollout has changed: whoever serves in this process looks at once. */
  readonly changed: () => Promise<unknown>
}

export interface PolicyDiff {
  readonly before: PolicyReport
  readonly after: PolicyReport
  readonly llms: readonly LlmDiff[]
  readonly choices: ChoiceAgreement
}

/** Requests of the log that choices are compared on. */
const comparedRequests = 1_000

/** What people ask of versions and do with them, by command or over HTTP. A version is named by its id or by a beginning that no other has. */
export class PolicyDesk {
  readonly #parts: PolicyDeskParts

  constructor(parts: PolicyDeskParts) {
    this.#parts = parts
  }

  list(): Promise<PolicyList> {
    return listPolicies(this.#parts.policies)
  }

  /** @throws {RolloutError} `unknown_version`, `version_not_loadable` */
  async show(name: string): Promise<PolicyReport> {
    const { summary, policy } = await this.#load(name)
    return reportPolicy(this.#parts.policies, summary, fittedOf(policy))
  }

  /** @throws as {@link show} */
  async diff(before: string, after: string): Promise<PolicyDiff> {
    const { policies, decisions, pool } = this.#parts
    const [first, second] = [await this.#load(before), await this.#load(after)]
    const log = await decisions.recentSettlements(comparedRequests)
    return {
      before: await reportPolicy(policies, first.summary, fittedOf(first.policy)),
      after: await reportPolicy(policies, second.summary, fittedOf(second.policy)),
      llms: diffLlms(fittedOf(first.policy), fittedOf(second.policy)),
      choices: compareChoices(first.policy, second.policy, pool(), log),
    }
  }

  /**
   * @param name undefined: the version that served before. @param by who does it, for the record.
   * @throws {RolloutError} as `rollbackTo`
   */
  async rollback(name: string | undefined, by: string): Promise<PolicyRollout> {
    const { policies } = this.#parts
    const id = name === undefined || name === unfittedVersion ? name : (await this.#load(name)).summary.id
    const rollout = await rollbackTo(policies, id, this.#step(`rolled back ${by}`))
    await this.#parts.changed()
    return rollout
  }

  /** Lets a version serve without waiting for proof. @throws {RolloutError} `already_serving`, and as `releaseVersion` */
  async promote(name: string, by: string): Promise<PolicyRollout> {
    const { policies } = this.#parts
    const { id } = (await this.#load(name)).summary
    const { servingId, versions } = await this.list()
    if (servingId === id) throw new RolloutError('already_serving', `Version ${id} serves already`)
    const onTrial = versions.find(({ candidate }) => candidate !== undefined)
    if (onTrial !== undefined && onTrial.id !== id && onTrial.candidate?.phase !== 'held') {
      const message = `Version ${onTrial.id} is on trial: promote that one, or discard it first`
      throw new RolloutError('candidate_on_trial', message)
    }
    const rollout = await releaseVersion(policies, id, this.#step(`promoted ${by}`))
    await this.#parts.changed()
    return rollout
  }

  /** Ends a trial. @throws {RolloutError} `no_candidate` */
  async discard(name: string | undefined, by: string): Promise<PolicyRollout> {
    const { policies } = this.#parts
    const id = name === undefined ? undefined : (await this.#find(name)).id
    const rollout = await discardCandidate(policies, id, this.#step(`discarded ${by}`))
    await this.#parts.changed()
    return rollout
  }

  /** Whether a version is being tried, which a new candidate would have to wait for. */
  async isTrying(): Promise<boolean> {
    return isOnTrial((await this.#parts.policies.rollout()).candidate)
  }

  #step(detail: string) {
    return { atMs: Math.floor(this.#parts.clock.now()), detail }
  }

  async #find(name: string): Promise<PolicyVersionSummary> {
    const versions = await this.#parts.policies.listVersions()
    const exact = versions.find(({ id }) => id === name)
    const begun = versions.filter(({ id }) => name !== '' && id.startsWith(name))
    const found = exact ?? (begun.length === 1 ? begun[0] : undefined)
    if (found !== undefined) return found
    throw new RolloutError('unknown_version', notFound(name.slice(0, 100), begun.length))
  }

  /** With what it has learned, as last saved. */
  async #load(name: string): Promise<{ readonly summary: PolicyVersionSummary; readonly policy: RoutingPolicy }> {
    const { policies, pool } = this.#parts
    const summary = await this.#find(name)
    const policy = await loadPolicyVersion(policies, summary.id, pool()).catch((cause: unknown) => {
      if (!(cause instanceof RoutingError)) throw cause
      throw new RolloutError('version_not_loadable', cause.message)
    })
    const learned = await policies.learnedState(summary.id)
    if (learned !== undefined) policy.restoreLearnedState(learned.state)
    return { summary, policy }
  }
}

function notFound(name: string, begun: number): string {
  if (begun > 1) return `${begun} policy versions begin with ${name}: name one in full`
  if (name === unfittedVersion)
    return `'${name}' is no version: nothing is saved of it, and one can only roll back to it`
  return `There is no policy version ${name}: \`pointsman policies list\` names them`
}

function fittedOf({ fitted }: RoutingPolicy): FittedPolicy {
  // Every saved version is a fitted one.
  return fitted!
}
