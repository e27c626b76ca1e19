import type { Environment } from '../../config/environment.ts'
import type { Colours } from './colours.ts'
import { terminalColours } from './colours.ts'

/** Where a command writes: results to `out`, remarks for people to `note`. */
export interface Terminal {
  /** One line or several, without the last line end. */
  out(text: string): void
  note(text: string): void
  /** Colours of what goes to `out`. */
  readonly colours: Colours
  /** Of a line of what goes to `out`; undefined: it is no terminal. */
  readonly columns?: number | undefined
}

/** The part of a stream that a terminal needs. */
export interface TextStream {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

export function createTerminal(stdout: TextStream, stderr: TextStream, environment: Environment): Terminal {
  return {
    out: (text) => void stdout.write(`${text}\n`),
    note: (text) => void stderr.write(`${text}\n`),
    colours: terminalColours(stdout.isTTY === true, environment),
    columns: stdout.columns || undefined,
  }
}
