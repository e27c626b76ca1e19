import picocolors from 'picocolors'
import type { Environment } from '../../config/environment.ts'

/** What a piece of text means to its reader; what that looks like is decided in one place. */
export type Tone = 'plain' | 'strong' | 'dim' | 'good' | 'warning' | 'bad'

export type Colours = { readonly [tone in Tone]: (text: string) => string }

/**
 * Colours on a terminal, none elsewhere. NO_COLOR, when not empty, turns them off (no-color.org); FORCE_COLOR, when
 * neither empty nor 0, turns them on where no terminal is seen.
 */
export function terminalColours(isTerminal: boolean, environment: Environment): Colours {
  const isSet = (name: string): boolean => (environment[name] ?? '') !== ''
  const forced = isSet('FORCE_COLOR') && environment.FORCE_COLOR !== '0'
  const capable = isTerminal && environment.TERM !== 'dumb'
  return coloursOf(!isSet('NO_COLOR') && (forced || capable))
}

export const noColours: Colours = coloursOf(false)

function coloursOf(enabled: boolean): Colours {
  const { bold, dim, green, yellow, red } = picocolors.createColors(enabled)
  return { plain: (text) => text, strong: bold, dim, good: green, warning: yellow, bad: red }
}
