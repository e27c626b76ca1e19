import { isDeepStrictEqual } from 'node:util'
import { ConfigError } from '../config/config-error.ts'
import { importPoolEntry } from '../config/litellm/import-pool-entry.ts'
import { readPoolEntry, readPrice, toPoolEntry } from '../config/pool-entry.ts'
import type { PoolEntryVariables } from '../config/pool-entry-variables.ts'
import { GatewayError } from '../gateway/gateway-error.ts'
import type { BrokenMember, PoolEditor, PoolMember } from '../gateway/pool-editor.ts'
import type { Clock } from '../routing/clock.ts'
import type { Llm, LlmId } from '../routing/registry/llm.ts'
import type { LlmRegistry } from '../routing/registry/llm-registry.ts'
import type { PoolOverride, PoolStore, StoredPoolEntry } from '../routing/registry/pool-store.ts'
import type { OpenPool } from './open-pool.ts'

/** The part of the pool that changes. */
type ChangingPool = Pick<OpenPool, 'llms' | 'providers' | 'join' | 'joinOpen' | 'leave'>

/**
 * What is changed of the pool while we serve: LLMs that join and leave, are paused and priced. All of it is written down, by this process
 * or another, and holds again at the next start.
 */
export class RuntimePool implements PoolEditor {
  readonly #pool: ChangingPool
  readonly #store: PoolStore
  readonly #variables: PoolEntryVariables
  readonly #clock: Clock
  /** Of the configuration, or found at the start: LLMs that join may be served by them. */
  readonly #ownProviders: ReadonlySet<string>
  /** Written down, as it is written. */
  readonly #entries = new Map<LlmId, string>()
  /** Those of them that can serve: the others lack something, or the configuration has an LLM of their name. */
  readonly #joined = new Set<LlmId>()
  readonly #faults = new Map<LlmId, string>()
  #overrides: ReadonlyMap<LlmId, PoolOverride> = new Map()
  #live: LlmRegistry | undefined
  #providers = 0
  /** One change at a time: two of one name would each find it free. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(pool: ChangingPool, store: PoolStore, variables: PoolEntryVariables, clock: Clock) {
    this.#pool = pool
    this.#store = store
    this.#variables = variables
    this.#clock = clock
    this.#ownProviders = new Set(pool.providers.map(({ name }) => name))
  }

  /**
   * Takes in what was written down before. What cannot serve now, such as for want of its key, stays written down.
   * @param onError told of each one that cannot.
   */
  restore(onError: (id: LlmId, error: unknown) => void): Promise<void> {
    return this.#inTurn(() => this.#follow(onError))
  }

  /** From now on the pool that serves is kept in step. */
  serve(live: LlmRegistry): void {
    this.#live = live
    for (const { id } of this.#pool.llms) this.#apply(id)
  }

  /**
   * Does what other processes have written down since.
   *
   * @param beforeServing awaited before an LLM begins to serve that did not, so that what is known of it is there first.
   */
  refresh(onError: (id: LlmId, error: unknown) => void, beforeServing?: () => Promise<unknown>): Promise<void> {
    return this.#inTurn(() => this.#follow(onError, beforeServing))
  }

  has(id: LlmId): boolean {
    return this.#joined.has(id)
  }

  add(model: unknown): Promise<{ readonly llm: Llm; readonly notes: readonly string[] }> {
    return this.#inTurn(async () => {
      const { entry, notes } = explained(() => importPoolEntry(model, this.#variables))
      return { llm: await this.#take(entry, false, 'model_name'), notes }
    })
  }

  addOwn(added: unknown, paused: boolean): Promise<Llm> {
    return this.#inTurn(() => {
      const entry = explained(() => toPoolEntry(added, (name) => this.#ownProviders.has(name)))
      return this.#take(entry, paused, 'id')
    })
  }

  remove(id: LlmId): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!this.#entries.has(id)) await stored(this.#follow(() => undefined))
      if (!this.#entries.has(id) || !(await stored(this.#store.remove(id)))) return false
      if (this.#overrides.has(id)) await this.#override(id, { paused: false, price: undefined })
      this.#drop(id)
      return true
    })
  }

  setPaused(id: LlmId, paused: boolean): Promise<boolean> {
    return this.#change(id, (override) => ({ ...override, paused }))
  }

  setPrice(id: LlmId, said: unknown): Promise<boolean> {
    return this.#change(id, (override) => {
      const price = said === undefined ? undefined : explained(() => readPrice(said))
      return { ...override, price }
    })
  }

  members(): readonly PoolMember[] {
    return this.#pool.llms.map((llm) => {
      const override = this.#overrides.get(llm.id)
      return {
        llm: this.#priced(llm),
        source: this.#joined.has(llm.id) ? 'added' : 'configuration',
        paused: override?.paused ?? false,
        listPrice: llm.price,
        isRepriced: override?.price !== undefined,
      }
    })
  }

  member(id: LlmId): PoolMember | undefined {
    return this.members().find(({ llm }) => llm.id === id)
  }

  broken(): readonly BrokenMember[] {
    return [...this.#faults].map(([id, reason]) => ({ id, reason }))
  }

  #change(
    id: LlmId,
    change: (override: Pick<PoolOverride, 'paused' | 'price'>) => Pick<PoolOverride, 'paused' | 'price'>,
  ) {
    return this.#inTurn(async () => {
      await stored(this.#follow(() => undefined))
      if (!this.#pool.llms.some((llm) => llm.id === id)) return false
      const { paused = false, price } = this.#overrides.get(id) ?? {}
      await this.#override(id, change({ paused, price }))
      return true
    })
  }

  async #override(id: LlmId, { paused, price }: Pick<PoolOverride, 'paused' | 'price'>): Promise<void> {
    const override: PoolOverride = { id, changedAtMs: Math.floor(this.#clock.now()), paused, price }
    await stored(this.#store.setOverride(override))
    const overrides = new Map(this.#overrides)
    if (paused || price !== undefined) overrides.set(id, override)
    else overrides.delete(id)
    this.#overrides = overrides
    this.#apply(id)
  }

  /** Checks, opens and writes down, in this order; nothing serves that would be gone after the next start. */
  async #take(entry: { readonly llm: { readonly id: string } }, paused: boolean, param: string): Promise<Llm> {
    const { id } = entry.llm
    await stored(this.#follow(() => undefined))
    this.#requireFree(id, param)
    explained(() => readPoolEntry(entry, this.#variables))
    if (paused) await this.#override(id, { paused, price: undefined })
    const llm = await this.#join(entry)
    const json = JSON.stringify(entry)
    try {
      await stored(this.#store.add({ id, createdAtMs: Math.floor(this.#clock.now()), entry: json }))
    } catch (error) {
      this.#pool.leave(id)
      if (paused) await this.#override(id, { paused: false, price: undefined }).catch(() => undefined)
      throw error
    }
    this.#entries.set(id, json)
    this.#joined.add(id)
    this.#apply(id)
    return llm
  }

  async #follow(onError: (id: LlmId, error: unknown) => void, beforeServing?: () => Promise<unknown>): Promise<void> {
    const [entries, overrides] = await Promise.all([this.#store.list(), this.#store.overrides()])
    const listed = new Map(entries.map((entry) => [entry.id, entry.entry]))
    for (const [id, entry] of this.#entries) if (listed.get(id) !== entry) this.#drop(id)
    this.#overrides = new Map(overrides.map((override) => [override.id, override]))
    for (const entry of entries) if (!this.#entries.has(entry.id)) await this.#rejoin(entry, onError)
    if (this.#live === undefined) return
    const serving = this.#pool.llms.filter(({ id }) => this.#overrides.get(id)?.paused !== true)
    if (serving.some(({ id }) => this.#live?.get(id) === undefined)) await beforeServing?.()
    for (const { id } of this.#pool.llms) this.#apply(id)
  }

  async #rejoin({ id, entry }: StoredPoolEntry, onError: (id: LlmId, error: unknown) => void): Promise<void> {
    this.#entries.set(id, entry)
    try {
      if (this.#pool.llms.some((llm) => llm.id === id)) throw new Error('the configuration has an LLM of that name')
      await this.#join(JSON.parse(entry))
      this.#joined.add(id)
    } catch (error) {
      this.#faults.set(id, error instanceof Error ? error.message : String(error))
      onError(id, error)
    }
  }

  #drop(id: LlmId): void {
    this.#entries.delete(id)
    this.#faults.delete(id)
    if (!this.#joined.delete(id)) return
    this.#live?.remove(id)
    this.#pool.leave(id)
  }

  /** Each that brings a provider joins with one of its own name: an LLM that left and came back may be elsewhere. */
  async #join(entry: unknown): Promise<Llm> {
    const { provider, llm } = readPoolEntry(entry, this.#variables)
    if (provider === undefined) {
      const joined = this.#ownProviders.has(llm.provider) ? this.#pool.joinOpen(llm) : undefined
      if (joined === undefined) throw new Error(`its provider '${llm.provider}' is not in the configuration`)
      return joined
    }
    this.#providers += 1
    const name = this.#providers === 1 ? provider.name : `${provider.name}~${this.#providers}`
    return this.#pool.join({ ...provider, name }, { ...llm, provider: name })
  }

  #priced(llm: Llm): Llm {
    const price = this.#overrides.get(llm.id)?.price
    return price === undefined ? llm : { ...llm, price }
  }

  /** Puts the pool that serves right; it changes only where something is another than before. */
  #apply(id: LlmId): void {
    const live = this.#live
    const llm = this.#pool.llms.find((one) => one.id === id)
    if (live === undefined) return
    if (llm === undefined || this.#overrides.get(id)?.paused === true) {
      live.remove(id)
      return
    }
    const wanted = this.#priced(llm)
    if (!isDeepStrictEqual(live.get(id), wanted)) live.set(wanted)
  }

  #requireFree(id: LlmId, param: string): void {
    const live = this.#live
    const alias = live?.aliases.some(([name]) => name === id) ?? false
    const embedding = live?.embeddingModels.includes(id) ?? false
    const isTaken = this.#entries.has(id) || this.#pool.llms.some((llm) => llm.id === id)
    if (!isTaken && !alias && !embedding) return
    throw new GatewayError(
      'invalid_request',
      `There is a model named '${id.slice(0, 100)}' already; several behind one name are listed in the configuration`,
      { param },
    )
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(change, change)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}

/** Nothing serves that would be gone after the next start. */
async function stored<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation
  } catch (cause) {
    throw new GatewayError('store_unavailable', 'The store did not take the change; try again later', { cause })
  }
}

/** What is wrong with a model is its sender's to mend. */
function explained<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const said = error.problems.map(({ key, message }) => (key === '' ? message : `${key}: ${message}`)).join('; ')
    const param = error.problems[0]?.key ?? ''
    throw new GatewayError('invalid_request', said, { cause: error, ...(param === '' ? {} : { param }) })
  }
}
