import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { ChargeSettlement } from '../accounts/charge-store.ts'
import type { Attempt } from '../providers/resilience/attempt.ts'
import type { FeedbackReceipt } from '../routing/feedback-store.ts'
import type { Settlement } from '../routing/outcome.ts'
import type { JudgementOutcome } from './live-judge/answer-judge.ts'

/** LLMs that get a time series of their own; the rest share `other`, so that a changing pool cannot grow the scrape. */
const maxLlmLabels = 200

export interface LabelledFigure<Label extends string> {
  readonly labels: Readonly<Record<Label, string>>
  readonly value: number
}

/** What is read when scraped. */
export interface LiveFigures {
  readonly inFlight: () => number
  readonly spentTodayUsd: () => number
  readonly budgets: () => readonly LabelledFigure<'budget'>[]
  readonly duals: () => readonly LabelledFigure<'budget'>[]
  /** What the trial of a policy version has come to; none where none is on trial. */
  readonly trial: () => readonly LabelledFigure<'figure'>[]
  readonly recentAlarms: () => readonly LabelledFigure<'llm' | 'kind' | 'direction'>[]
}

/** Prometheus metrics of one gateway, in a registry of its own. */
export class GatewayMetrics {
  readonly #registry = new Registry()
  readonly #llmLabels = new Set<string>()
  readonly #requests = this.#counter('requests_total', 'Requests by route and status', ['route', 'status'])
  readonly #answers = this.#counter('answers_total', 'Answers by LLM and how they ended', ['llm', 'outcome'])
  readonly #tokens = this.#counter('tokens_total', 'Tokens as the upstreams counted them', ['llm', 'direction'])
  readonly #costUsd = this.#counter('cost_usd_total', 'Billed cost', ['llm'])
  readonly #unknownCosts = this.#counter('unknown_costs_total', 'Whole answers whose cost is not known', ['llm'])
  readonly #failedCalls = this.#counter('upstream_errors_total', 'Failed upstream calls', ['llm', 'code'])
  readonly #fallbacks = this.#counter('fallbacks_total', 'Answers by another LLM than the drawn one', [])
  readonly #feedback = this.#counter('feedback_total', 'Feedback by what became of it', ['status'])
  readonly #withheld = this.#counter(
    'feedback_withheld_total',
    'Labels, by weight, that a cap on the influence of their keys kept from being learned',
    [],
  )
  readonly #judged = this.#counter('judged_answers_total', 'Answers drawn to be judged, by what became of it', [
    'outcome',
  ])
  readonly #storeFailures = this.#counter('store_failures_total', 'Commits that failed or took too long', [])
  readonly #overhead = this.#histogram(
    'overhead_seconds',
    'From the request to the first upstream call',
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1],
    [],
  )
  readonly #firstToken = this.#histogram(
    'time_to_first_token_seconds',
    'From the upstream call to its first content, streams only',
    [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    ['llm'],
  )
  readonly #completion = this.#histogram(
    'completion_seconds',
    'From the upstream call to the end of the answer',
    [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
    ['llm'],
  )

  /** @param live read when scraped. */
  constructor(live: LiveFigures) {
    this.#gauge('in_flight_requests', 'Requests under way that call an LLM', live.inFlight)
    this.#gauge('spent_today_usd', 'Booked or reserved in this UTC day', live.spentTodayUsd)
    this.#labelledGauge('budget_spent_usd', 'Booked or reserved today, of each capped budget', ['budget'], live.budgets)
    this.#labelledGauge(
      'budget_dual',
      'What a budget that runs short puts on prices, utility per C_ref',
      ['budget'],
      live.duals,
    )
    this.#labelledGauge(
      'policy_trial',
      'The policy version on trial: shadow_decisions, agreement, share, units, e_value, e_value_needed, failed',
      ['figure'],
      live.trial,
    )
    this.#labelledGauge(
      'recent_alarms',
      'Unannounced changes of an LLM noticed in the last 24 hours: of quality, cost or latency',
      ['llm', 'kind', 'direction'],
      live.recentAlarms,
    )
    this.#gauge('resident_memory_bytes', 'Memory of the process', () => process.memoryUsage.rss())
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** Names, kinds and meanings, for the reference. */
  async describe(): Promise<readonly { readonly name: string; readonly type: string; readonly help: string }[]> {
    const metrics = await this.#registry.getMetricsAsJSON()
    return metrics.map(({ name, type, help }) => ({ name, type: String(type), help }))
  }

  /** The exposition format. */
  scrape(): Promise<string> {
    return this.#registry.metrics()
  }

  /** @param route one of our own names, never a path that a client made up. */
  requestEnded(route: string, status: number): void {
    this.#requests.inc({ route, status })
  }

  /** @param drawn the LLM that was drawn, for answers that fell back. */
  answerEnded(settlement: Settlement, drawn: string): void {
    this.#overhead.observe(settlement.overheadMs / 1_000)
    for (const attempt of settlement.attempts) {
      if (attempt.error !== undefined) this.#failedCalls.inc({ llm: this.#label(attempt.llm), code: attempt.error })
    }
    const llm = this.#label(settlement.answered ?? drawn)
    this.#answers.inc({ llm, outcome: settlement.status })
    if (settlement.answered === undefined) return
    if (settlement.answered !== drawn) this.#fallbacks.inc()
    if (settlement.status === 'completed') this.#completion.observe({ llm }, settlement.completionMs / 1_000)
    if (settlement.timeToFirstTokenMs !== undefined) {
      this.#firstToken.observe({ llm }, settlement.timeToFirstTokenMs / 1_000)
    }
    if (settlement.usage !== undefined) {
      this.#tokens.inc({ llm, direction: 'input' }, settlement.usage.inputTokens)
      this.#tokens.inc({ llm, direction: 'output' }, settlement.usage.outputTokens)
    }
    if (settlement.billedNanoUsd !== undefined) this.#costUsd.inc({ llm }, settlement.billedNanoUsd / 1e9)
    else if (settlement.status === 'completed') this.#unknownCosts.inc({ llm })
  }

  /** A call without a decision. */
  chargeEnded(model: string, { status, usage, costNanoUsd }: ChargeSettlement, attempts: readonly Attempt[]): void {
    const llm = this.#label(model)
    for (const { error } of attempts) if (error !== undefined) this.#failedCalls.inc({ llm, code: error })
    this.#answers.inc({ llm, outcome: status })
    if (usage !== undefined) this.#tokens.inc({ llm, direction: 'input' }, usage.inputTokens)
    if (costNanoUsd !== undefined) this.#costUsd.inc({ llm }, costNanoUsd / 1e9)
    else if (status === 'completed') this.#unknownCosts.inc({ llm })
  }

  /** @param asked what the label was to weigh. */
  feedbackEnded(receipt: FeedbackReceipt, asked: number): void {
    this.#feedback.inc({ status: receipt.status })
    if (receipt.status === 'accepted') this.#withheld.inc({}, Math.max(0, asked - receipt.label.weight))
  }

  judged(outcome: JudgementOutcome): void {
    this.#judged.inc({ outcome })
  }

  storeFailed(): void {
    this.#storeFailures.inc()
  }

  #label(llm: string): string {
    if (this.#llmLabels.has(llm)) return llm
    if (this.#llmLabels.size >= maxLlmLabels) return 'other'
    this.#llmLabels.add(llm)
    return llm
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name: `pointsman_${name}`, help, labelNames, registers: [this.#registry] })
  }

  #histogram<Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly Label[],
  ): Histogram<Label> {
    return new Histogram({ name: `pointsman_${name}`, help, buckets, labelNames, registers: [this.#registry] })
  }

  #labelledGauge<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: () => readonly LabelledFigure<Label>[],
  ): void {
    new Gauge({
      name: `pointsman_${name}`,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const { labels, value } of read()) this.set(labels, value)
      },
    })
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name: `pointsman_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read())
      },
    })
  }
}
