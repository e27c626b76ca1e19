import { type Command, InvalidArgumentError } from 'commander'
import type { Environment } from '../../config/environment.ts'
import { type ConfigFlags, loadConfig } from '../../config/load-config.ts'
import { GatewayError } from '../../gateway/gateway-error.ts'
import { resolveModelName } from '../../gateway/wire/model-name.ts'
import { joinPreferences, type PreferenceLayer, parsePreferenceBody } from '../../routing/decision/parse-preference.ts'
import type { CandidateTerms, RoutingDecision } from '../../routing/decision.ts'
import { RoutingError } from '../../routing/errors.ts'
import type { LlmRegistry } from '../../routing/registry/llm-registry.ts'
import { plainRequest } from '../../routing/request.ts'
import type { Router } from '../../routing/router.ts'
import { withConfigFlags } from '../config-flags.ts'
import { counted } from '../counted.ts'
import { openPool } from '../open-pool.ts'
import { openRouter } from '../open-router.ts'
import { openStorage, restorePool } from '../open-service.ts'
import { plainError } from '../plain-error.ts'
import { renderTable } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { warmUp } from '../warm-up.ts'

interface RouteFlags extends ConfigFlags {
  readonly model: string
  readonly lambda?: number
  readonly maxCostUsd?: number
  readonly maxLatencyMs?: number
  readonly minQuality?: number
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
  readonly json?: boolean
}

/** What the command works with. */
export interface RouteSurroundings {
  readonly environment: Environment
  readonly terminal: Terminal
  readonly folder: string
}

/** Adds `route`: decides one prompt without calling anybody, and shows why. */
export function addRouteCommand(program: Command, around: RouteSurroundings): void {
  withConfigFlags(program.command('route'))
    .description('show where a prompt would go, and why; calls no LLM')
    .argument('<prompt>', 'the text of the user’s turn')
    .option('--model <name>', 'auto, auto:cost, auto:quality, auto:<λ>, or an alias of one', 'auto')
    .option('--lambda <number>', 'willingness to pay', decimal)
    .option('--max-cost-usd <usd>', 'ceiling on the predicted cost', decimal)
    .option('--max-latency-ms <ms>', 'ceiling on the predicted completion time', decimal)
    .option('--min-quality <number>', 'floor on the predicted quality', decimal)
    .option('--allow <pattern...>', 'only these LLMs: ids with *, or tag:<word>')
    .option('--deny <pattern...>', 'not these LLMs')
    .option('--json', 'print the decision as JSON')
    .action(async (prompt: string, flags: RouteFlags) => {
      const config = loadConfig({ environment: around.environment, flags, folder: around.folder })
      const storage = await openStorage(config)
      const pool = await openPool(config, around.environment)
      try {
        const runtimePool = await restorePool(config, around.environment, pool, storage, (llm, error) =>
          around.terminal.note(`warning: ${llm} was added to the pool and cannot serve: ${messageOf(error)}`),
        )
        const onError = (error: unknown) => around.terminal.note(String(error))
        // A look must not write: another configuration's state would be saved over the gateway's.
        const { router } = await openRouter(config, pool, storage, {
          onError,
          onStarterError: (error) => around.terminal.note(`Without the starter policy: ${messageOf(error)}`),
          onShortcoming: (shortcoming) => around.terminal.note(`warning: ${shortcoming}`),
          saveEvery: Number.POSITIVE_INFINITY,
        })
        runtimePool.serve(router.pool)
        await warmUp(router, storage.decisions)
        const decision = await router.route(
          plainRequest(prompt, {
            preference: joinPreferences(layersOf(flags, router.pool), { lambda: config.routing.lambda }),
          }),
          { keyId: undefined, budgetUsd: undefined },
        )
        around.terminal.out(flags.json ? toJson(decision) : explain(decision, router, around.terminal))
      } finally {
        await pool.close()
        await storage.close()
      }
    })
}

function layersOf(flags: RouteFlags, pool: LlmRegistry): PreferenceLayer[] {
  const { lambda, maxCostUsd, maxLatencyMs, minQuality, allow, deny } = flags
  const given = {
    lambda,
    max_cost_usd: maxCostUsd,
    max_latency_ms: maxLatencyMs,
    min_quality: minQuality,
    allow,
    deny,
  }
  const body = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const named = namedPreference(flags.model, pool)
  try {
    return [parsePreferenceBody(body), named]
  } catch (error) {
    if (!(error instanceof RoutingError)) throw error
    throw plainError(
      error.message.replace(/'pointsman\.(\w+)'/, (_, field: string) => `--${field.replaceAll('_', '-')}`),
    )
  }
}

/** As a request's `model`, but for the names of LLMs, which leave nothing to decide. */
function namedPreference(model: string, pool: LlmRegistry): PreferenceLayer {
  try {
    const { pinnedLlm, preference } = resolveModelName(model, pool)
    if (pinnedLlm === undefined) return preference
    throw plainError(
      `--model takes auto, auto:cost, auto:quality, auto:<λ> or an alias of one; to look at one LLM say --allow ${pinnedLlm}`,
    )
  } catch (error) {
    if (!(error instanceof GatewayError || error instanceof RoutingError)) throw error
    throw plainError(`--model: ${error.message}`)
  }
}

function toJson(decision: RoutingDecision): string {
  const { context, ...rest } = decision
  return JSON.stringify({ ...rest, embedderId: context.embedderId }, undefined, 2)
}

function explain(decision: RoutingDecision, router: Router, terminal: Terminal): string {
  const { colours } = terminal
  const ranked = [...decision.candidates].sort((a, b) => b.utility - a.utility)
  const lines = [
    renderTable(
      columns,
      ranked.map((candidate) => rowOf(candidate, decision)),
      colours,
    ),
    '',
    `drawn: ${colours.strong(decision.drawn)} with probability ${percent(decision.propensity)}`,
    formulaOf(decision, router),
    `policy ${decision.policyVersion}, ${counted(decision.labelSequence, 'label')} in the log${decision.cold ? `; cold: ${coldWords(decision)}` : ''}`,
  ]
  for (const { llm, reason, detail = '' } of decision.excluded)
    lines.push(colours.dim(`not asked: ${llm} (${`${reason.replaceAll('_', ' ')} ${detail}`.trim()})`))
  return lines.join('\n')
}

const columns = [
  { title: '' },
  { title: 'LLM' },
  { title: 'quality', align: 'right' },
  { title: '±', align: 'right' },
  { title: 'start' },
  { title: 'cost', align: 'right' },
  { title: 'time', align: 'right' },
  { title: 'late', align: 'right' },
  { title: 'utility', align: 'right' },
  { title: 'chance', align: 'right' },
] as const

/** Each label moves the estimates; where they start, until enough have come, says the most. */
function coldWords({ candidates, labelSequence }: RoutingDecision): string {
  const byStarter = candidates.some(({ qualitySource }) => qualitySource !== 'prior')
  const start = byStarter
    ? 'qualities start from the starter policy, from siblings or from prices'
    : 'qualities start as guesses from prices'
  return labelSequence === 0 ? start : `${start}, and few labels have moved them yet`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** With it, each utility can be computed from its row. */
function formulaOf({ rule, candidates, preference: { lambda } }: RoutingDecision, { options, policy }: Router): string {
  const late = ` − ${options.latencyPenaltyWeight}·late`
  const scale = dollars(policy.costReferenceUsd)
  if (rule === 'cheapest') return `utility = −cost/${scale}${late}: no quality to choose by, so the cheapest`
  const [quality, cost] = [lambda / (1 + lambda), 1 / (1 + lambda)].map((weight) => weight.toFixed(3))
  const width = `${options.explorationWidth}·±${hasHope(candidates, policy) ? `, of those known by probes ${options.newcomerWidth}·±` : ''}`
  const formula = `utility = ${quality}·(quality + ${width}) − ${cost}·cost/${scale}${late} at λ = ${lambda}`
  return rule === 'hull'
    ? `${formula}; quality and cost by the LLMs' means, as predictions did worse at this λ`
    : formula
}

/** Whether the choice was made with the hope of mathematics §21 for one of them. */
function hasHope(candidates: RoutingDecision['candidates'], policy: Router['policy']): boolean {
  return policy.fitted?.isStarter === false && candidates.some(({ llm }) => policy.isDescribed(llm))
}

function rowOf(candidate: CandidateTerms, decision: RoutingDecision) {
  const chosen = candidate.llm === decision.drawn
  return [
    chosen ? { text: '▸', tone: 'good' as const } : '',
    chosen ? { text: candidate.llm, tone: 'strong' as const } : candidate.llm,
    candidate.quality.toFixed(3),
    candidate.uncertainty.toFixed(3),
    candidate.qualitySource === 'prior' ? 'price' : candidate.qualitySource,
    candidate.costUsd === undefined ? 'unknown' : dollars(candidate.costUsd),
    `${(candidate.completionMs / 1000).toFixed(1)} s`,
    penalty(candidate.latencyPenalty),
    candidate.utility.toFixed(4),
    percent(candidate.probability),
  ]
}

/** Two digits; next to nothing is nothing, and fits the column. */
function penalty(late: number): string {
  return late < 0.005 ? '0.0' : late.toPrecision(2)
}

function dollars(usd: number): string {
  return `$${usd === 0 ? '0' : usd.toPrecision(3)}`
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function decimal(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.')
  return value
}
