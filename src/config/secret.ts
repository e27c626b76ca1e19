import { inspect } from 'node:util'

/** A value that must not be printed: whatever turns it into text by accident gets `[secret]`. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself, for the one place that sends it. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}

/**
 * A variable's value as a key: without the line end that files and commands leave behind it.
 *
 * @returns undefined where nothing is set.
 */
export function secretOf(value: string | undefined): Secret | undefined {
  const text = value?.trim() ?? ''
  return text === '' ? undefined : new Secret(text)
}

/** Whether a value can be sent in a header: no line ends within, no letters beyond Latin. */
export function fitsHeader(secret: Secret): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(secret.reveal())
}
