import { ConfigError } from '../config/config-error.ts'
import { importPoolEntry } from '../config/litellm/import-pool-entry.ts'
import { readPoolEntry } from '../config/pool-entry.ts'
import type { PoolEntryVariables } from '../config/pool-entry-variables.ts'
import { GatewayError } from '../gateway/gateway-error.ts'
import type { PoolEditor } from '../gateway/pool-editor.ts'
import type { Clock } from '../routing/clock.ts'
import type { Llm, LlmId } from '../routing/registry/llm.ts'
import type { LlmRegistry } from '../routing/registry/llm-registry.ts'
import type { PoolStore } from '../routing/registry/pool-store.ts'
import type { OpenPool } from './open-pool.ts'

/** LLMs that join while we serve: taken in, written down, and taken in again at the next start. */
export class RuntimePool implements PoolEditor {
  readonly #pool: Pick<OpenPool, 'llms' | 'join' | 'leave'>
  readonly #store: PoolStore
  readonly #variables: PoolEntryVariables
  readonly #clock: Clock
  /** Written down. */
  readonly #ids = new Set<LlmId>()
  /** Those of them that serve: the others lack something, or the configuration has an LLM of their name. */
  readonly #joined = new Set<LlmId>()
  #live: LlmRegistry | undefined
  #providers = 0
  /** One change at a time: two of one name would each find it free. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(
    pool: Pick<OpenPool, 'llms' | 'join' | 'leave'>,
    store: PoolStore,
    variables: PoolEntryVariables,
    clock: Clock,
  ) {
    this.#pool = pool
    this.#store = store
    this.#variables = variables
    this.#clock = clock
  }

  /**
   * Takes in what was written down before. What cannot serve now, such as for want of its key, stays written down.
   * @param onError told of each one that cannot.
   */
  async restore(onError: (id: LlmId, error: unknown) => void): Promise<void> {
    for (const { id, entry } of await this.#store.list()) {
      this.#ids.add(id)
      try {
        if (this.#pool.llms.some((llm) => llm.id === id)) throw new Error('the configuration has an LLM of that name')
        await this.#join(JSON.parse(entry))
        this.#joined.add(id)
      } catch (error) {
        onError(id, error)
      }
    }
  }

  /** From now on the pool that serves is kept in step. */
  serve(live: LlmRegistry): void {
    this.#live = live
  }

  has(id: LlmId): boolean {
    return this.#joined.has(id)
  }

  add(model: unknown): Promise<{ readonly llm: Llm; readonly notes: readonly string[] }> {
    return this.#inTurn(async () => {
      const { entry, notes } = this.#import(model)
      const { id } = entry.llm
      this.#requireFree(id)
      explained(() => readPoolEntry(entry, this.#variables))
      const llm = await this.#join(entry)
      const createdAtMs = Math.floor(this.#clock.now())
      try {
        await stored(this.#store.add({ id, createdAtMs, entry: JSON.stringify(entry) }))
      } catch (error) {
        this.#pool.leave(id)
        throw error
      }
      this.#ids.add(id)
      this.#joined.add(id)
      this.#live?.set(llm)
      return { llm, notes }
    })
  }

  remove(id: LlmId): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!this.#ids.has(id) || !(await stored(this.#store.remove(id)))) return false
      this.#ids.delete(id)
      if (!this.#joined.delete(id)) return true
      this.#live?.remove(id)
      this.#pool.leave(id)
      return true
    })
  }

  #import(model: unknown) {
    return explained(() => importPoolEntry(model, this.#variables))
  }

  /** Each joins with a provider of its own name: an LLM that left and came back may be elsewhere. */
  #join(entry: unknown): Promise<Llm> {
    const { provider, llm } = readPoolEntry(entry, this.#variables)
    this.#providers += 1
    const name = this.#providers === 1 ? provider.name : `${provider.name}~${this.#providers}`
    return this.#pool.join({ ...provider, name }, { ...llm, provider: name })
  }

  #requireFree(id: LlmId): void {
    const live = this.#live
    const alias = live?.aliases.some(([name]) => name === id) ?? false
    const embedding = live?.embeddingModels.includes(id) ?? false
    if (!this.#ids.has(id) && live?.get(id) === undefined && !alias && !embedding) return
    throw new GatewayError(
      'invalid_request',
      `There is a model named '${id.slice(0, 100)}' already; several behind one name are listed in the configuration`,
      { param: 'model_name' },
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
