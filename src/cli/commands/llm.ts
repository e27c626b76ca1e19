import { type Command, InvalidArgumentError } from 'commander'
import type { ConfigFlags } from '../../config/load-config.ts'
import type { ProbeOrder } from '../../gateway/onboarding/onboarding-desk.ts'
import { OutcomeDataError } from '../../outcomes/outcome-data-error.ts'
import { OnboardingError } from '../../probing/onboarding-error.ts'
import type { TokenPrice } from '../../routing/registry/token-price.ts'
import { withConfigFlags } from '../config-flags.ts'
import type { LlmsSession } from '../open-llms.ts'
import { plainError } from '../plain-error.ts'
import { listLlms, priceText } from './llm-list.ts'
import { probeLlms } from './llm-probe.ts'

/** What the commands work with. */
export interface LlmSurroundings {
  readonly open: (flags: ConfigFlags) => Promise<LlmsSession>
  /** Resolves when the process is asked to stop. */
  readonly stopped: () => Promise<unknown>
}

interface ProbeFlags {
  readonly probes?: string
  readonly cap?: number
  readonly concurrency?: number
  readonly anew?: boolean
  readonly json?: boolean
}

interface AddFlags extends ConfigFlags, ProbeFlags {
  readonly provider: string
  readonly model?: string
  readonly priceInput?: number
  readonly priceOutput?: number
  readonly tag?: readonly string[]
  readonly quality?: number
  readonly probe?: boolean
}

type During = <T>(flags: ConfigFlags, work: (session: LlmsSession) => Promise<T>) => Promise<T>

const id = ['<id>', 'its name in requests'] as const

/** Adds `llm list|add|remove|pause|resume|price|probe`: the pool, changed while a gateway serves or while none does. */
export function addLlmCommand(program: Command, around: LlmSurroundings): void {
  const llm = program
    .command('llm')
    .description('the pool: list, add, remove, pause, price and probe LLMs, without a restart')
  const during: During = async (flags, work) => {
    const session = await around.open(flags)
    try {
      return await work(session)
    } finally {
      await session.close()
    }
  }
  withConfigFlags(llm.command('list'))
    .description('all LLMs, their prices and what is known of them')
    .action((flags: ConfigFlags) => during(flags, listLlms))
  addAddCommand(llm, during, around)
  withConfigFlags(llm.command('remove'))
    .description('take an LLM that was added out of the pool; what was learned of it is kept')
    .argument(...id)
    .action((name: string, flags: ConfigFlags) => during(flags, (session) => removeLlm(session, name)))
  addPauseCommand(llm, during, 'pause')
  addPauseCommand(llm, during, 'resume')
  addPriceCommand(llm, during)
  addProbeCommand(llm, during, around)
}

function addAddCommand(llm: Command, during: During, around: LlmSurroundings): void {
  withProbeFlags(withConfigFlags(llm.command('add')))
    .description('take an LLM into the pool; with --probe it serves once its probes have admitted it')
    .argument(...id)
    .requiredOption('--provider <name>', 'a provider of the configuration, or a known service such as openai')
    .option('--model <name>', 'its name at that provider (default: the id)')
    .option('--price-input <usd>', 'per million input tokens (default: the price table’s)', notNegative)
    .option('--price-output <usd>', 'per million output tokens', notNegative)
    .option('--tag <word...>', 'words that allow and deny can name as tag:<word>')
    .option('--quality <number>', 'your own estimate of its mean quality, 0 to 1', notNegative)
    .option('--probe', 'probe it first: until it is admitted it serves nobody')
    .action(async (name: string, flags: AddFlags) => {
      requireProbe(flags)
      const serves = await during(flags, (session) => addLlm(session, name, flags, around))
      if (!serves) process.exitCode = 1
    })
}

/** Whoever says how to probe means to probe: unprobed the LLM would serve at once. */
function requireProbe({ probe, probes, cap, concurrency, anew }: AddFlags): void {
  if (probe === true) return
  const said = Object.entries({ probes, cap, concurrency, anew }).find(([, value]) => value !== undefined)
  if (said !== undefined) throw plainError(`--${said[0]} says how to probe: add --probe`)
}

function addPauseCommand(llm: Command, during: During, verb: 'pause' | 'resume'): void {
  const isPause = verb === 'pause'
  withConfigFlags(llm.command(verb))
    .description(isPause ? 'let an LLM serve nobody until it is resumed' : 'let a paused LLM serve again')
    .argument(...id)
    .action((name: string, flags: ConfigFlags) =>
      during(flags, async ({ pool, terminal }) => {
        if (!(await pool.setPaused(name, isPause))) throw unknown(name)
        terminal.note(`${name} ${isPause ? 'is paused' : 'serves'}.`)
      }),
    )
}

interface PriceFlags extends ConfigFlags {
  readonly input?: number
  readonly output?: number
  readonly cachedInput?: number
}

function addPriceCommand(llm: Command, during: During): void {
  withConfigFlags(llm.command('price'))
    .description('another price from the next decision on; without figures: the list price again')
    .argument(...id)
    .option('--input <usd>', 'per million input tokens', notNegative)
    .option('--output <usd>', 'per million output tokens', notNegative)
    .option('--cached-input <usd>', 'per million input tokens read from the cache', notNegative)
    .action((name: string, flags: PriceFlags) =>
      during(flags, async ({ pool, terminal }) => {
        const price = priceOf(flags.input, flags.output, '--input and --output')
        const cached = flags.cachedInput === undefined ? {} : { cached_input: flags.cachedInput }
        if (!(await pool.setPrice(name, price && { ...price, ...cached }))) throw unknown(name)
        terminal.note(`${name}: ${priceText(pool.member(name)?.llm.price)} from the next decision on.`)
      }),
    )
}

function addProbeCommand(llm: Command, during: During, around: LlmSurroundings): void {
  withProbeFlags(withConfigFlags(llm.command('probe')))
    .description('probe an LLM of the pool and take it in; goes on where it was stopped')
    .argument('[id]', 'its name in requests')
    .option('--all', 'every LLM of the pool, one after the other')
    .action(async (name: string | undefined, flags: ConfigFlags & ProbeFlags & { readonly all?: boolean }) => {
      if ((name === undefined) === (flags.all !== true)) throw plainError('Name one LLM, or say --all')
      const admitted = await during(flags, (session) => {
        const { pool } = session
        if (name !== undefined && pool.member(name) === undefined) throw unknown(name)
        const ids = name === undefined ? pool.members().map((member) => member.llm.id) : [name]
        const orders = ids.map((one) => orderOf(one, flags))
        return probeLlms(session, orders, { stopped: around.stopped, json: flags.json === true })
      })
      if (!admitted) process.exitCode = 1
    })
}

function withProbeFlags(command: Command): Command {
  return command
    .option('--probes <folder>', 'probe set (default: the built-in one)')
    .option('--cap <usd>', 'most that its probes may cost', positive)
    .option('--concurrency <number>', 'calls under way at the same time (default: 8)', positive)
    .option('--anew', 'forget what it answered before')
    .option('--json', 'print the report as JSON')
}

function orderOf(llm: string, { probes, cap, concurrency, anew }: ProbeFlags): ProbeOrder {
  return {
    llm,
    set: probes,
    capUsd: cap,
    concurrency: concurrency === undefined ? undefined : Math.ceil(concurrency),
    anew,
  }
}

/** @returns whether it serves now. */
async function addLlm(session: LlmsSession, id: string, flags: AddFlags, around: LlmSurroundings): Promise<boolean> {
  const { pool, terminal } = session
  const { provider, model, tag, quality } = flags
  const price = priceOf(flags.priceInput, flags.priceOutput, '--price-input and --price-output')
  const given = { id, provider, model, price, tags: tag, quality }
  const added = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const there = flags.probe === true ? pool.member(id) : undefined
  const isThere = there?.source === 'added'
  // The same command again goes on with a run that was stopped.
  if (!isThere) await pool.addOwn(added, flags.probe === true)
  else if (there.llm.upstreamModel !== (model ?? id) || (price !== undefined && !isPrice(price, there.listPrice))) {
    throw plainError(`${id} is there with another model or price: pointsman llm remove ${id} before it is added anew`)
  }
  if (flags.probe !== true) {
    terminal.note(`${id} serves.`)
    return true
  }
  const order = { ...orderOf(id, flags), isNew: !isThere }
  try {
    return await probeLlms(session, [order], { stopped: around.stopped, json: flags.json === true })
  } catch (error) {
    // Nothing of a command that is refused stays behind.
    if (!isThere && (error instanceof OnboardingError || error instanceof OutcomeDataError)) await pool.remove(id)
    throw error
  }
}

function isPrice(said: { readonly input: number; readonly output: number }, known: TokenPrice | undefined): boolean {
  return known?.inputPerMillionTokensUsd === said.input && known.outputPerMillionTokensUsd === said.output
}

async function removeLlm({ pool, terminal }: LlmsSession, id: string): Promise<void> {
  if (await pool.remove(id)) return terminal.note(`${id} left the pool; what was learned of it is kept.`)
  if (pool.member(id) === undefined) throw unknown(id)
  throw plainError(`${id} is in the configuration: take it out there, or say: pointsman llm pause ${id}`)
}

function priceOf(input: number | undefined, output: number | undefined, flags: string) {
  if (input === undefined && output === undefined) return undefined
  if (input === undefined || output === undefined) throw plainError(`A price has two parts: give ${flags}`)
  return { input, output }
}

function unknown(id: string) {
  return plainError(`There is no LLM '${id}' in the pool: pointsman llm list`)
}

function notNegative(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('It must be a number of at least 0.')
  return value
}

function positive(text: string): number {
  const value = notNegative(text)
  if (value === 0) throw new InvalidArgumentError('It must be a number above 0.')
  return value
}
