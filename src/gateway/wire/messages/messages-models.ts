import type { IncomingHttpHeaders } from 'node:http'
import type { ModelBody } from '../model-body.ts'

/** Whether a request for the list of models comes from a client of Anthropic's API, which shares its path with OpenAI's. */
export function wantsMessagesModels(headers: IncomingHttpHeaders): boolean {
  return headers['anthropic-version'] !== undefined
}

/** A model with the fields of Anthropic's models API beside the others. What it says of its own models alone is null. */
export function toMessagesModel(model: ModelBody) {
  const { pointsman } = model
  const capabilities = pointsman.kind === 'llm' ? pointsman.capabilities : undefined
  return {
    ...model,
    type: 'model' as const,
    display_name: model.id,
    created_at: `${new Date(model.created * 1000).toISOString().slice(0, 19)}Z`,
    lifecycle: 'active' as const,
    max_input_tokens: capabilities?.context_window_tokens ?? null,
    max_tokens: capabilities?.max_output_tokens ?? null,
    capabilities: null,
    line: null,
    deprecated_at: null,
    retires_at: null,
  }
}

/** All of them on one page, whatever `limit` asks: a client that follows pages ends here. */
export function toMessagesModelPage(models: readonly ModelBody[]) {
  return {
    object: 'list' as const,
    data: models.map(toMessagesModel),
    has_more: false,
    first_id: models[0]?.id ?? null,
    last_id: models.at(-1)?.id ?? null,
  }
}
