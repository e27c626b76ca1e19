import type { ConfigPath } from '../config-source.ts'
import type { Environment } from '../environment.ts'

/** Something to say about a place of the LiteLLM file. Holds no secret. */
export interface ImportRemark {
  readonly path: ConfigPath
  readonly message: string
}

/** What one import has read so far beside the settings themselves. */
export class ImportDesk {
  /** Why the file cannot be used. */
  readonly problems: ImportRemark[] = []
  /** What serves differently here, or not at all. */
  readonly notes: ImportRemark[] = []
  readonly #environment: Environment
  readonly #refusal: (variable: string) => string | undefined
  readonly #literals = new Map<string, string>()

  /**
   * @param environment where `os.environ/NAME` of addresses and the like is looked up.
   * @param refusal why a variable's value may not be read, for people; undefined: it may.
   */
  constructor(environment: Environment, refusal: (variable: string) => string | undefined = () => undefined) {
    this.#environment = environment
    this.#refusal = refusal
  }

  /** Secrets that stood in the file itself, under the names that the settings now give them. */
  get literals(): Environment {
    return Object.fromEntries(this.#literals)
  }

  problem(path: ConfigPath, message: string): undefined {
    this.problems.push({ path, message })
    return undefined
  }

  note(path: ConfigPath, message: string): undefined {
    this.notes.push({ path, message })
    return undefined
  }

  isSet(variable: string): boolean {
    return (this.#literals.get(variable) ?? this.#environment[variable] ?? '') !== ''
  }

  /** A variable that the file itself sets. */
  define(name: string, value: string): void {
    this.#literals.set(name, value)
  }

  /**
   * A reference to a secret, as our settings take it.
   *
   * @param name for the variable that a secret in the file itself is to move to.
   */
  secret(value: unknown, name: string, path: ConfigPath): string | undefined {
    // LiteLLM takes an empty key for none.
    if (value === undefined || value === '') return undefined
    if (typeof value !== 'string') return this.problem(path, 'must be a text, or os.environ/NAME')
    const variable = variableOf(value)
    if (variable !== undefined) return `env:${variable}`
    if (value.startsWith('os.environ/')) return this.problem(path, 'names no environment variable')
    for (let count = 1; ; count++) {
      const free = count === 1 ? name : `${name}_${count}`
      const taken = this.#literals.get(free) ?? this.#environment[free]
      if (taken !== undefined && taken !== value) continue
      if (!this.#literals.has(free)) {
        this.define(free, value)
        this.note(path, `is a secret in the file itself; better an environment variable: os.environ/${free}`)
      }
      return `env:${free}`
    }
  }

  /** A text that may stand in the environment. */
  text(value: unknown, path: ConfigPath): string | undefined {
    if (value === undefined) return undefined
    if (typeof value === 'number') return String(value)
    if (typeof value !== 'string' || value === '') return this.problem(path, 'must be a text, or os.environ/NAME')
    const variable = variableOf(value)
    if (variable === undefined) return value
    const refusal = this.#refusal(variable)
    if (refusal !== undefined) return this.problem(path, refusal)
    const found = this.#literals.get(variable) ?? this.#environment[variable]
    if (found !== undefined && found !== '') return found
    return this.problem(path, `the environment variable ${variable} is not set`)
  }

  /** A number, also where it is written as a text: YAML readers differ in what `1e-6` is. */
  number(value: unknown, path: ConfigPath): number | undefined {
    if (value === undefined) return undefined
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (typeof number === 'number' && Number.isFinite(number) && number >= 0) return number
    return this.problem(path, 'must be a number of at least 0')
  }
}

function variableOf(value: string): string | undefined {
  return /^os\.environ\/([A-Za-z_][A-Za-z0-9_]*)$/.exec(value)?.[1]
}

/** A plain value as text; what is none has no text to show. */
export function plainText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? `${value}`
    : typeof value
}

/** A mapping of keys to values, or undefined. */
export function mappingOf(value: unknown): { readonly [key: string]: unknown } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return value as { readonly [key: string]: unknown }
}
