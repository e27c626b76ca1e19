import { z } from 'zod'
import { highestUsdPerMillionTokens } from '../../routing/registry/token-price.ts'
import { RolloutError } from '../../training/rollout-error.ts'
import { GatewayError } from '../gateway-error.ts'
import { toReplayBody } from '../replay/replay-body.ts'
import type { ReplayQuestion } from '../replay/replay-desk.ts'
import { parseSince } from '../replay/since.ts'
import { adminRoute } from './admin-route.ts'
import { openedPart } from './opened-parts.ts'
import { validBody } from './valid-body.ts'

const maxBodyBytes = 4_096
const id = z.string().min(1).max(256)
const priceUsd = z.number().nonnegative().max(highestUsdPerMillionTokens)

const question = z.strictObject({
  lambda: z.number().nonnegative().optional(),
  llm: id.optional(),
  policy: id.optional(),
  without: id.optional(),
  price: z
    .strictObject({ llm: id, input_per_million_tokens_usd: priceUsd, output_per_million_tokens_usd: priceUsd })
    .optional(),
  all: z.boolean().optional(),
  since: z.string().max(64).optional(),
})

/** `POST /admin/replay`: what the log says of another policy. One replay at a time; it ends when its caller leaves. */
export const replayRoute = adminRoute('admin_replay', 'POST', async (services, request) => {
  const replay = openedPart(services, 'replay')
  const asked = toQuestion(await validBody(question, request, maxBodyBytes), services.parts.clock.now())
  try {
    const report = await replay.replay(asked, { signal: request.time.signal })
    request.exchange.sendJson(200, toReplayBody(report))
  } catch (error) {
    if (!(error instanceof RolloutError)) throw error
    throw new GatewayError('invalid_request', error.message, { param: 'policy', cause: error })
  }
})

function toQuestion({ since, price, ...rest }: z.infer<typeof question>, nowMs: number): ReplayQuestion {
  const sinceMs = since === undefined ? undefined : parseSince(since, nowMs)
  if (since !== undefined && sinceMs === undefined) {
    const message = "Invalid value for 'since': a date such as 2026-03-01, or how long ago, such as 90m, 24h, 7d, 2w"
    throw new GatewayError('invalid_request', message, { param: 'since' })
  }
  return {
    ...rest,
    sinceMs,
    price: price && {
      llm: price.llm,
      price: {
        inputPerMillionTokensUsd: price.input_per_million_tokens_usd,
        outputPerMillionTokensUsd: price.output_per_million_tokens_usd,
      },
    },
  }
}
