import { setImmediate } from 'node:timers/promises'
import type { ChoiceRules } from '../../proof/off-policy/decide-again.ts'
import type { UtilityScale } from '../../proof/off-policy/estimate-target.ts'
import { type ReplayReport, replayLog } from '../../proof/off-policy/replay-log.ts'
import {
  explorationTarget,
  fixedTarget,
  lambdaTarget,
  priceTarget,
  type TargetPolicy,
  withoutTarget,
} from '../../proof/off-policy/target-policy.ts'
import { versionTarget } from '../../proof/off-policy/version-target.ts'
import { noExploration } from '../../routing/decision/choice.ts'
import type { DecisionStore } from '../../routing/decision-store.ts'
import type { PolicyStore, PolicyVersionSummary } from '../../routing/policy-store.ts'
import type { Llm, LlmId } from '../../routing/registry/llm.ts'
import type { TokenPrice } from '../../routing/registry/token-price.ts'
import type { RouterOptions } from '../../routing/router.ts'
import { loadPolicyVersion } from '../../training/load-policy.ts'
import { GatewayError } from '../gateway-error.ts'

/** Which policies to judge by the log. */
export interface ReplayQuestion {
  /** Another λ for every request; with `policy`, that version's λ. */
  readonly lambda?: number | undefined
  /** One LLM for everything. */
  readonly llm?: LlmId | undefined
  /** A saved version. */
  readonly policy?: string | undefined
  /** The pool without an LLM. */
  readonly without?: LlmId | undefined
  /** The pool with an LLM at another price. */
  readonly price?: { readonly llm: LlmId; readonly price: TokenPrice } | undefined
  /** No exploration, a lower and a higher λ, each LLM alone, the pool without each, and the saved versions. */
  readonly all?: boolean | undefined
  /** Milliseconds since the epoch; default: everything that is kept. */
  readonly sinceMs?: number | undefined
}

/** What a replay works with. */
export interface ReplayDeskParts {
  readonly decisions: Pick<DecisionStore, 'logged'>
  readonly policies: PolicyStore
  readonly pool: () => readonly Llm[]
  /** Of the version that serves now: its C_ref is what utility is measured in. */
  readonly serving: () => { readonly version: string; readonly costReferenceUsd: number }
  readonly options: RouterOptions
  /** The owner's. */
  readonly lambda: number
  /** The smallest id a decision could have got at that time. */
  readonly idAt: (ms: number) => string
}

/** A decision gets its id a moment before its time. */
const idsAheadMs = 1_000

/** By what factor the λ of {@link ReplayQuestion.all} lie apart. */
const lambdaStep = 4

/** Of {@link ReplayQuestion.all}: the newest ones. */
const versionsJudged = 5

/** How one replay is watched and ended. */
export interface ReplayRun {
  /** Told after each page of the log: decisions read so far, and when the last of them was made. */
  readonly onPage?: ((read: number, atMs: number) => void) | undefined
  /** An abort ends it before the next page or policy. */
  readonly signal?: AbortSignal | undefined
}

/** Whatever judges policies by the log. */
export interface Replays {
  /** @throws as {@link ReplayDesk.replay} */
  replay(question: ReplayQuestion, run?: ReplayRun): Promise<ReplayReport>
}

/**
 * Judges policies by the log, on the thread that asks: 12 s of it for 27 policies, 12 LLMs and 50,000 decisions, in pieces of some 20 ms and at most
 * 0.4 s (bench/replay.ts). A gateway may serve from the same database meanwhile, from another thread.
 */
export class ReplayDesk implements Replays {
  readonly #parts: ReplayDeskParts

  constructor(parts: ReplayDeskParts) {
    this.#parts = parts
  }

  /**
   * @throws {GatewayError} `invalid_request` when nothing is asked, or of an LLM that is not known; {RolloutError} `unknown_version`;
   *   {RoutingError} `embedder_mismatch`, `unknown_snapshot_format`; the signal's reason
   */
  async replay(question: ReplayQuestion, { onPage, signal }: ReplayRun = {}): Promise<ReplayReport> {
    const { decisions, lambda, serving, idAt } = this.#parts
    const scale: UtilityScale = { lambda, costReferenceUsd: serving().costReferenceUsd }
    const targets = await this.#targets(question, scale)
    if (targets.length === 0) {
      throw new GatewayError(
        'invalid_request',
        'Say which policy to judge: another lambda, an llm, a saved policy version, the pool without an LLM, an LLM at another price, or all',
      )
    }
    const pause = async () => {
      await setImmediate()
      signal?.throwIfAborted()
    }
    const { sinceMs } = question
    const afterId = sinceMs === undefined ? '' : idAt(Math.max(0, sinceMs - idsAheadMs))
    return replayLog({ decisions, targets, scale, sinceMs, afterId, onPage, pause })
  }

  async #targets(question: ReplayQuestion, scale: UtilityScale): Promise<TargetPolicy[]> {
    const { lambda, llm, policy, without, price, all } = question
    const rules = this.#rules(scale)
    const targets: TargetPolicy[] = []
    if (lambda !== undefined && policy === undefined) targets.push(lambdaTarget(lambda, rules))
    if (policy !== undefined) targets.push(await this.#version(policy, lambda))
    if (llm !== undefined) targets.push(fixedTarget(this.#known(llm, 'llm').id))
    if (without !== undefined) targets.push(withoutTarget(this.#known(without, 'without').id, rules))
    if (price !== undefined) {
      const member = this.#known(price.llm, 'price.llm')
      if (member.price === undefined) {
        throw new GatewayError('invalid_request', `The present price of '${member.id}' is not known`, {
          param: 'price.llm',
        })
      }
      targets.push(priceTarget(member.id, member.price, price.price, rules))
    }
    if (all === true) targets.push(...(await this.#all(rules)))
    return targets
  }

  async #all(rules: ChoiceRules): Promise<TargetPolicy[]> {
    const { policies, pool, serving, lambda } = this.#parts
    const llms = pool()
    const servingId = serving().version
    const versions = (await policies.listVersions()).filter(({ id }) => id !== servingId).slice(-versionsJudged)
    return [
      explorationTarget('no exploration', { ...rules, exploration: noExploration }),
      lambdaTarget(lambda / lambdaStep, rules),
      lambdaTarget(lambda * lambdaStep, rules),
      ...llms.map(({ id }) => fixedTarget(id)),
      ...llms.map(({ id }) => withoutTarget(id, rules)),
      ...(await Promise.all(versions.map(({ id }) => this.#version(id, undefined)))),
    ]
  }

  async #version(id: string, lambda: number | undefined): Promise<TargetPolicy> {
    const { policies, pool, options } = this.#parts
    const llms = pool()
    const policy = await loadPolicyVersion(policies, id, llms)
    const summary = (await policies.listVersions()).find((version) => version.id === id)
    return versionTarget(policy, { rules: options, pool: llms, lambda, judgedSinceMs: summary && judgedSince(summary) })
  }

  #rules(scale: UtilityScale): ChoiceRules {
    return { ...this.#parts.options, costReferenceUsd: scale.costReferenceUsd }
  }

  #known(id: LlmId, param: string): Llm {
    const llm = this.#parts.pool().find((member) => member.id === id)
    if (llm !== undefined) return llm
    throw new GatewayError('invalid_request', `There is no LLM '${id.slice(0, 100)}' in the pool, or it is paused`, {
      param,
    })
  }
}

/** What a version was fitted on must not judge it: labels up to some sequence were given to decisions before it. */
function judgedSince({ origin, throughSequence = 0, createdAtMs }: PolicyVersionSummary): number {
  return origin === 'refit' || throughSequence > 0 ? createdAtMs : 0
}
