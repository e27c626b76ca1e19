import type { ChatAsk } from '../providers/chat-provider.ts'
import type { RequestParameters } from '../providers/parameters/request-parameters.ts'
import type { RoutingRequest } from '../routing/request.ts'

/** A chat request, parsed, whatever dialect it came in. */
export interface ChatToServe extends ChatAsk {
  readonly routing: RoutingRequest
  /** What `request` says beyond text to text. */
  readonly parameters: RequestParameters
  readonly stream: boolean
  readonly receivedAtMs: number
  /** The longest time the caller gives the answer; the gateway's own limit holds all the same. Default: that limit. */
  readonly deadlineMs?: number | undefined
}
