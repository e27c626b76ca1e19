import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument, visit } from 'yaml'
import type { ConfigOrigin, ConfigProblem } from './config-error.ts'

const quoteAsterisks = "put names with an asterisk in quotes, as in '*'"

/** Whether a word on the line begins with an asterisk. */
function hasBareAsterisk(text: string, offset: number): boolean {
  const end = text.indexOf('\n', offset)
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, end < 0 ? undefined : end)
  return /(?:^|[\s,[{])\*/.test(line)
}

/** Keys and indexes from the root of the document. */
export type ConfigPath = readonly (string | number)[]

/** Dotted form of a path: `llms[2].price.input`. */
export function dottedPath(path: readonly PropertyKey[]): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += text === '' ? String(step) : `.${String(step)}`
  }
  return text
}

/**
 * Settings in the file's own terms, each remembering where it came from: the parsed YAML, and whatever was laid over it.
 */
export class ConfigSource {
  readonly #file: string | undefined
  readonly #document: Document | undefined
  readonly #lines = new LineCounter()
  readonly #overridden = new Map<string, ConfigOrigin>()
  #value: { [key: string]: unknown } = {}
  readonly problems: readonly ConfigProblem[]

  /** @param text YAML, or undefined where there is no file. Its faults are in `problems`. */
  constructor(file: string | undefined, text: string | undefined) {
    this.#file = file
    if (text === undefined) {
      this.problems = []
      return
    }
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, merge: true })
    this.problems = this.#document.errors.map(({ message, pos: [offset] }) =>
      this.#syntaxProblem(hasBareAsterisk(text, offset) ? `${message}; ${quoteAsterisks}` : message, offset),
    )
    if (this.problems.length === 0) this.problems = this.#aliasProblems(this.#document)
    if (this.problems.length > 0) return
    let data: unknown
    try {
      data = this.#document.toJS()
    } catch (error) {
      // Aliases of aliases would fill the memory: that is a ReferenceError.
      const tooMany = 'its aliases (*name) stand for too many values'
      const message = error instanceof ReferenceError || !(error instanceof Error) ? tooMany : error.message
      this.problems = [this.#syntaxProblem(message, 0)]
      return
    }
    const value = dropNulls(data)
    if (value === null || value === undefined) return
    if (typeof value === 'object' && !Array.isArray(value)) this.#value = value as { [key: string]: unknown }
    else this.problems = [this.#syntaxProblem('the document must be a mapping of keys to values', 0)]
  }

  /** Plain data, overrides included. */
  get value(): { readonly [key: string]: unknown } {
    return this.#value
  }

  /** Lays one setting over the file. */
  override(path: ConfigPath, value: unknown, origin: ConfigOrigin): void {
    setAt(this.#value, path, value)
    this.#overridden.set(dottedPath(path), origin)
  }

  /** Where the value at `path` was set; for a missing one, the nearest thing around it that is there. */
  originOf(path: readonly PropertyKey[]): ConfigOrigin {
    for (let length = path.length; length > 0; length--) {
      const origin = this.#overridden.get(dottedPath(path.slice(0, length)))
      if (origin !== undefined) return origin
    }
    for (let length = path.length; length >= 0; length--) {
      const node = this.#document?.getIn(path.slice(0, length), true)
      if (isNode(node) && node.range) return this.#place(node.range[0])
    }
    return { kind: 'none' }
  }

  /** Where the key itself stands, for keys that should not be there. */
  originOfKey(path: readonly PropertyKey[]): ConfigOrigin {
    const parent: unknown =
      path.length === 1 ? this.#document?.contents : this.#document?.getIn(path.slice(0, -1), true)
    if (isMap(parent)) {
      for (const pair of parent.items) {
        const key: unknown = isPair(pair) ? pair.key : undefined
        if (isScalar(key) && String(key.value) === String(path.at(-1)) && key.range) return this.#place(key.range[0])
      }
    }
    return this.originOf(path)
  }

  /** What people read of a place. */
  nameOf(path: readonly PropertyKey[]): string {
    return dottedPath(path)
  }

  /** What stands for other values and cannot: YAML takes a word that begins with an asterisk for the name of an earlier value. */
  #aliasProblems(document: Document): readonly ConfigProblem[] {
    const problems: ConfigProblem[] = []
    visit(document, {
      Alias: (_, alias, path) => {
        const value = alias.resolve(document)
        const offset = alias.range?.[0] ?? 0
        if (value === undefined) {
          problems.push(this.#syntaxProblem(`nothing is called &${alias.source}; ${quoteAsterisks}`, offset))
        } else if (path.includes(value)) {
          problems.push(this.#syntaxProblem(`*${alias.source} stands within itself`, offset))
        }
      },
    })
    return problems
  }

  #syntaxProblem(message: string, offset: number): ConfigProblem {
    return { code: 'config_syntax', key: '', origin: this.#place(offset), message }
  }

  #place(offset: number): ConfigOrigin {
    const { line, col } = this.#lines.linePos(offset)
    return { kind: 'file', file: this.#file ?? '', line: Math.max(1, line), column: Math.max(1, col) }
  }
}

/** Sets one value in place, making what is missing on the way to it. */
export function setAt(settings: { [key: string]: unknown }, path: ConfigPath, value: unknown): void {
  let holder = settings
  for (const step of path.slice(0, -1)) {
    const next = holder[step]
    const copy = typeof next === 'object' && next !== null ? { ...next } : {}
    holder[step] = copy
    holder = copy as { [key: string]: unknown }
  }
  holder[path.at(-1) ?? ''] = value
}

/** `key:` with nothing behind it means the default, as if the line were not there. */
function dropNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dropNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, dropNulls(item)]),
  )
}
