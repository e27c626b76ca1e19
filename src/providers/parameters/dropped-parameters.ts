import { isNative, type ParameterSupport } from '../../routing/registry/parameter-support.ts'
import type { ForeignDialect } from '../chat-provider.ts'
import type { RequestParameters } from './request-parameters.ts'

/** A header holds no more of them; whoever sends more has made them up. */
const maxUnknown = 16

/** What of a request an LLM's answer comes without, by name; empty where its API takes all. */
export function droppedParameters(
  support: ParameterSupport | undefined,
  { names, unknown }: RequestParameters,
  dialect: ForeignDialect | undefined,
): readonly string[] {
  if (support === undefined || (names.length === 0 && unknown.length === 0)) return none
  if (isNative(support, { dialect })) {
    const { droppedOfOwn } = support
    return droppedOfOwn === undefined ? none : names.filter((name) => droppedOfOwn.has(name))
  }
  const isForeign = dialect !== undefined
  const dropped: string[] = names.filter(
    (name) => support.dropped.has(name) || (isForeign && support.strippedOfOthers?.has(name) === true),
  )
  // Names are the caller's own: those that no header may hold are left out.
  if (support.dropsUnknown || isForeign)
    dropped.push(...unknown.filter((name) => /^[\w.:-]{1,64}$/.test(name)).slice(0, maxUnknown))
  return dropped
}

const none: readonly string[] = []
