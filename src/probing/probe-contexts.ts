import type { ChatRequest } from '../providers/chat-provider.ts'
import { buildContext } from '../routing/embedding/context-builder.ts'
import type { Embedder } from '../routing/embedding/embedder.ts'
import type { RoutingContext } from '../routing/embedding/routing-context.ts'
import type { RoutingRequest } from '../routing/request.ts'
import type { ProbeSet } from './probe.ts'

/** A chat request as the router would see it, had a caller sent it. */
export type ToRoutingRequest = (request: ChatRequest) => RoutingRequest

/** A probe as the router sees it. */
export interface SeenProbe {
  readonly id: string
  readonly task: string
  readonly request: RoutingRequest
  readonly context: RoutingContext
}

/** Every probe of a set in its order, as the policy that serves would see it as a request. */
export async function seeProbes(
  { probes }: Pick<ProbeSet, 'probes'>,
  embedder: Embedder,
  toRoutingRequest: ToRoutingRequest,
): Promise<readonly SeenProbe[]> {
  const seen: SeenProbe[] = []
  for (const { id, task, request } of probes) {
    const routing = toRoutingRequest(request)
    seen.push({ id, task, request: routing, context: await buildContext(embedder, routing) })
  }
  return seen
}
