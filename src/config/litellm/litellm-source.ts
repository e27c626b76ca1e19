import type { ConfigOrigin, ConfigProblem } from '../config-error.ts'
import { type ConfigPath, type ConfigSource, dottedPath, setAt } from '../config-source.ts'
import type { LiteLlmImport } from './import-litellm.ts'

/** A LiteLLM file read as settings of ours, which still knows where in that file each of them stood. */
export class LiteLlmSource {
  readonly problems: readonly ConfigProblem[]
  readonly #file: ConfigSource
  readonly #imported: LiteLlmImport
  readonly #overridden = new Map<string, ConfigOrigin>()
  #value: { [key: string]: unknown }

  constructor(file: ConfigSource, imported: LiteLlmImport) {
    this.#file = file
    this.#imported = imported
    this.#value = structuredClone(imported.value) as { [key: string]: unknown }
    this.problems = imported.problems.map(({ path, message }) => ({
      code: message.endsWith('is not set') ? 'config_missing_secret' : 'config_invalid',
      key: dottedPath(path),
      origin: file.originOf(path),
      message,
    }))
  }

  get value(): { readonly [key: string]: unknown } {
    return this.#value
  }

  override(path: ConfigPath, value: unknown, origin: ConfigOrigin): void {
    setAt(this.#value, path, value)
    this.#overridden.set(dottedPath(path), origin)
  }

  originOf(path: readonly PropertyKey[]): ConfigOrigin {
    return this.#overridden.get(dottedPath(path)) ?? this.#file.originOf(this.#placeOf(path))
  }

  originOfKey(path: readonly PropertyKey[]): ConfigOrigin {
    return this.originOf(path)
  }

  /** What people read of a place: the LiteLLM file's own path. */
  nameOf(path: readonly PropertyKey[]): string {
    const name = dottedPath(path)
    return this.#overridden.has(name) ? name : dottedPath(this.#placeOf(path))
  }

  #placeOf(path: readonly PropertyKey[]): ConfigPath {
    for (let length = path.length; length > 0; length--) {
      const place = this.#imported.places.get(dottedPath(path.slice(0, length)))
      if (place !== undefined) return place
    }
    return []
  }
}
