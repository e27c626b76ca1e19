import { defaultLambda } from '../routing/decision/routing-preference.ts'
import { defaultFeedbackOptions, type FeedbackOptions } from './feedback/feedback-options.ts'

/** Limits and names of one gateway. */
export interface GatewayOptions {
  /** Shown at `/`. */
  readonly version: string
  /** λ of requests where neither the caller nor the key's owner says. */
  readonly defaultLambda: number
  /** Asks for a key on loopback too, even before the first one was issued. Beyond loopback one is always needed. */
  readonly requireKey: boolean
  /** Host names that requests may be addressed to, beside the loopback names and the bound host. */
  readonly allowedHosts: readonly string[]
  /** The largest request body, bytes. */
  readonly maxBodyBytes: number
  /** All header lines of one request together, bytes. */
  readonly maxHeaderBytes: number
  readonly maxHeaderCount: number
  /** A client has so long to send its headers, and to send the whole request. */
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  /** How long an unused connection stays open. */
  readonly keepAliveTimeoutMs: number
  /** The request bodies of all requests under way together, bytes; more are answered 503. */
  readonly maxBufferedBytes: number
  /**
   * Requests that call an LLM at the same time; more are answered 503. Each key may have half of them: one caller cannot
   * shut out all others.
   */
  readonly maxConcurrentRequests: number
  /** From the request to its last byte; an answer that takes longer is ended. */
  readonly maxAnswerMs: number
  /** LLMs tried after the drawn one, before the first content event. */
  readonly maxFallbacks: number
  /** A store that takes longer to commit counts as failed: the answer goes out without learning. */
  readonly commitTimeoutMs: number
  /** How long feedback and readers of decisions wait for the store. */
  readonly storeTimeoutMs: number
  /** How long `close` waits for answers under way before it ends them. */
  readonly drainTimeoutMs: number
  /** What feedback may say, and how much it counts for. */
  readonly feedback: FeedbackOptions
}

export const defaultGatewayOptions: GatewayOptions = {
  version: '0.0.0',
  defaultLambda,
  requireKey: false,
  allowedHosts: [],
  maxBodyBytes: 10 * 1024 * 1024,
  maxHeaderBytes: 16 * 1024,
  maxHeaderCount: 100,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  keepAliveTimeoutMs: 75_000,
  maxBufferedBytes: 256 * 1024 * 1024,
  maxConcurrentRequests: 1_000,
  maxAnswerMs: 600_000,
  maxFallbacks: 3,
  commitTimeoutMs: 1_000,
  storeTimeoutMs: 5_000,
  drainTimeoutMs: 30_000,
  feedback: defaultFeedbackOptions,
}
