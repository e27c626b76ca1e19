import { requireScope } from '../authenticate.ts'
import { readJsonBody } from '../json-body.ts'
import { serveEmbeddings } from '../serve-embeddings.ts'
import { toEmbeddingsBody } from '../wire/embeddings/embeddings-body.ts'
import { dearEmbeddingNanoUsd, resolveEmbeddingModel } from '../wire/embeddings/embeddings-intake.ts'
import { maxEmbeddingValues, parseEmbeddingsRequest } from '../wire/embeddings/embeddings-request.ts'
import { takeInForeignHeaders } from '../wire/foreign-headers.ts'
import { formatUsd, headerText } from '../wire/header-values.ts'
import type { Route } from './route-handler.ts'

/** `POST /v1/embeddings`. */
export const embeddingsRoute: Route = {
  name: 'embeddings',
  method: 'POST',
  access: 'key',
  callsLlm: true,
  errors: 'openai',
  async handle(services, { exchange, caller, share, time }) {
    requireScope(caller, 'inference')
    const { parts, options } = services
    const sent = await readJsonBody(exchange.request, options.maxBodyBytes, share, maxEmbeddingValues)
    const { body: placed, deadlineMs } = takeInForeignHeaders(exchange, sent, parts.router.pool)
    const request = parseEmbeddingsRequest(placed)
    const models = parts.embeddings?.list() ?? []
    const model = resolveEmbeddingModel(request.model, models, parts.router.pool, caller)
    const { input, user, base64 } = request
    const dimensions = request.dimensions ?? model.dimensions
    const { id, receivedAtMs } = exchange
    const served = await serveEmbeddings(
      services,
      parts.embeddings!,
      caller,
      {
        model,
        call: { upstreamModel: model.upstreamModel, input, dimensions, user },
        dearNanoUsd: dearEmbeddingNanoUsd(request, model, models),
        id,
        receivedAtMs,
        deadlineMs,
      },
      time,
    )
    const { answer, costUsd, overheadMs } = served
    const body = toEmbeddingsBody(answer, model.id, costUsd, base64)
    exchange.sendJson(200, body, embeddingHeaders(model.id, id, costUsd, overheadMs))
  },
}

function embeddingHeaders(model: string, id: string, costUsd: number | undefined, overheadMs: number) {
  const llm = headerText(model)
  const overhead = overheadMs.toFixed(3)
  const cost = costUsd === undefined ? undefined : formatUsd(costUsd)
  return {
    'x-pointsman-llm': llm,
    'x-pointsman-overhead-ms': overhead,
    'x-litellm-call-id': id,
    'x-litellm-model-id': llm,
    'x-litellm-overhead-duration-ms': overhead,
    ...(cost === undefined ? {} : { 'x-pointsman-cost-usd': cost, 'x-litellm-response-cost': cost }),
  }
}
