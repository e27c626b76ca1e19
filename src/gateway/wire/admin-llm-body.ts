import { z } from 'zod'
import type { OnboardingReport } from '../../probing/onboard-llm.ts'
import type { ProbeRun } from '../../routing/probe-store.ts'
import type { TokenPrice, TokenRates } from '../../routing/registry/token-price.ts'
import type { OnboardingDesk, RunView } from '../onboarding/onboarding-desk.ts'
import type { PoolMember } from '../pool-editor.ts'
import { isoTime } from './iso-time.ts'
import { serviceOf } from './litellm/model-info.ts'

/** The body of `POST /admin/llms/{id}/probe`. */
export const probeBody = z.strictObject({
  set: z.string().min(1).max(100).optional(),
  cap_usd: z.number().positive().max(1e6).optional(),
  concurrency: z.int().min(1).max(256).optional(),
  anew: z.boolean().optional(),
})

/** The body of `POST /admin/llms`: beside `probe` an entry of `llms`, checked by whoever adds it. */
export const addBody = z.looseObject({
  probe: z
    .union([z.boolean(), probeBody], { error: 'true, or an object of set, cap_usd, concurrency and anew' })
    .optional(),
})

/** The body of `PATCH /admin/llms/{id}`; the price is checked by whoever sets it. */
export const changeBody = z
  .strictObject({ paused: z.boolean().optional(), price: z.unknown().optional() })
  .refine(({ paused, price }) => paused !== undefined || price !== undefined, {
    error: "say what to change: 'paused', 'price' (null: the list price), or both",
  })

/** Of an order, with what its sender left out as undefined. */
export function toProbeOrder({ set, cap_usd, concurrency, anew }: z.output<typeof probeBody>) {
  return { set, capUsd: cap_usd, concurrency, anew }
}

/** An LLM of the pool. What is not known is null; where and with which key it is called is not told. */
export function toMemberBody(
  { llm, source, paused, listPrice, isRepriced }: PoolMember,
  known: ReturnType<OnboardingDesk['knowledgeOf']>,
  lastRun: ProbeRun | undefined,
) {
  return {
    object: 'llm',
    id: llm.id,
    provider: serviceOf(llm),
    model: llm.upstreamModel,
    source,
    paused,
    price: toPriceBody(llm.price),
    list_price: toPriceBody(listPrice),
    repriced: isRepriced,
    tags: llm.tags,
    quality: known === undefined ? null : { source: known.source, labels: known.labels, level: known.quality },
    last_probe_run:
      lastRun === undefined
        ? null
        : { id: lastRun.id, status: lastRun.status, probe_set: lastRun.probeSet, ended_at: isoTime(lastRun.endedAtMs) },
  }
}

/** As entries of `llms` say it; null where it is not known. */
function toPriceBody(price: TokenPrice | undefined) {
  if (price === undefined) return null
  const tiers = price.tiers?.map((tier) => ({ above_input_tokens: tier.aboveInputTokens, ...toRatesBody(tier) }))
  return { ...toRatesBody(price), ...(tiers === undefined ? {} : { tiers }) }
}

function toRatesBody(rates: TokenRates) {
  return {
    input: rates.inputPerMillionTokensUsd,
    output: rates.outputPerMillionTokensUsd,
    cached_input: rates.cachedInputPerMillionTokensUsd,
    cache_write: rates.cacheWritePerMillionTokensUsd,
    cache_write_1h: rates.cacheWrite1hPerMillionTokensUsd,
    reasoning: rates.reasoningPerMillionTokensUsd,
    audio_input: rates.audioInputPerMillionTokensUsd,
    cached_audio_input: rates.cachedAudioInputPerMillionTokensUsd,
    audio_output: rates.audioOutputPerMillionTokensUsd,
  }
}

/** A run and how far it is. */
export function toRunBody({ run, tally, progress }: RunView) {
  const report = run.report === undefined ? undefined : (JSON.parse(run.report) as Partial<OnboardingReport>)
  return {
    object: 'probe_run',
    id: run.id,
    llm: run.llm,
    probe_set: run.probeSet,
    status: run.status,
    started_at: isoTime(run.startedAtMs),
    ended_at: isoTime(run.endedAtMs),
    cap_usd: run.capUsd ?? null,
    progress: {
      total: run.probes,
      done: tally.done,
      graded: tally.graded,
      failed: tally.failed,
      mean_quality: Number.isNaN(tally.meanQuality) ? null : tally.meanQuality,
      cost_usd: progress?.costUsd ?? report?.costUsd ?? null,
      ms_left: progress?.msLeft === undefined ? null : Math.round(progress.msLeft),
    },
    report: report === undefined ? null : toReportBody(report),
  }
}

/** Reports are kept in the program's terms, and told in those of the API; no key of theirs is data. */
export function toReportBody(report: Partial<OnboardingReport>): object {
  return snakeCased(report) as object
}

function snakeCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCased)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      snakeCased(field),
    ]),
  )
}
