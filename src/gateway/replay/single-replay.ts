import type { ReplayReport } from '../../proof/off-policy/replay-log.ts'
import { GatewayError } from '../gateway-error.ts'
import type { ReplayQuestion, ReplayRun, Replays } from './replay-desk.ts'

/** Seconds at least: whoever waits for his turn need not ask more often. */
const retryAfterMs = 5_000

/** One replay at a time: each holds a core and the whole log's outcomes while it lasts, and a second would take from the requests too. */
export class SingleReplay implements Replays {
  readonly #replays: Replays
  #isBusy = false

  constructor(replays: Replays) {
    this.#replays = replays
  }

  /** @throws {GatewayError} `too_many_concurrent_requests` while another one is under way. */
  async replay(question: ReplayQuestion, run?: ReplayRun): Promise<ReplayReport> {
    if (this.#isBusy) {
      throw new GatewayError(
        'too_many_concurrent_requests',
        'Another replay is under way, and one at a time is judged: ask again when it has ended, or run pointsman replay beside the gateway',
        { retryAfterMs },
      )
    }
    this.#isBusy = true
    try {
      return await this.#replays.replay(question, run)
    } finally {
      this.#isBusy = false
    }
  }
}
