import { EvaluationError } from '../evaluation-error.ts'
import type { ProtocolName } from '../evaluation-result.ts'
import type { Protocol } from '../protocol.ts'

/** Loaded when asked for: one protocol's code is no use to another's worker. */
const loaders: Partial<Readonly<Record<ProtocolName, () => Promise<Protocol>>>> = {}

export const protocolNames = Object.keys(loaders) as readonly ProtocolName[]

export function loadProtocol(name: ProtocolName): Promise<Protocol> {
  const load = loaders[name]
  if (load === undefined) throw new EvaluationError('invalid_option', `There is no protocol ${name}`)
  return load()
}
