import type { ProtocolName } from '../evaluation-result.ts'
import type { Protocol } from '../protocol.ts'

/** Loaded when asked for: one protocol's code is no use to another's worker. */
const loaders: Readonly<Record<ProtocolName, () => Promise<Protocol>>> = {
  static: async () => (await import('./static/static-protocol.ts')).staticProtocol as Protocol,
  stream: async () => (await import('./stream/stream-protocol.ts')).streamProtocol as Protocol,
  unseen: async () => (await import('./unseen/unseen-protocol.ts')).unseenProtocol as Protocol,
  drift: async () => (await import('./drift/drift-protocol.ts')).driftProtocol as Protocol,
  pair: async () => (await import('./pair/pair-protocol.ts')).pairProtocol as Protocol,
  start: async () => (await import('./start/start-protocol.ts')).startProtocol as Protocol,
}

export const protocolNames = Object.keys(loaders) as readonly ProtocolName[]

export function loadProtocol(name: ProtocolName): Promise<Protocol> {
  return loaders[name]()
}
