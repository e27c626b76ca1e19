import type { FamilyName } from '../provider-families.ts'

/** What comes of a feature of a dialect at an API. Left out of the table: it works. */
export type Cell =
  /** The answer comes without it, and its header `x-pointsman-dropped-params` names the parameter. */
  | 'dropped'
  /** It works, but the API does not tell: what it thought, or how many tokens it took. */
  | 'hidden'
  /** The API cannot take it: 400, and the message names the parameter and the API. */
  | 'refused'
  /** Refused otherwise, with this status and words. */
  | { readonly status: number; readonly says: string }

export type Dialect = 'chat' | 'responses' | 'messages' | 'embeddings'

/** The rows of the published matrix, in order, with the cells in which a feature does not simply work. */
export type FeatureCells = { readonly [feature: string]: { readonly [family in FamilyName]?: Cell } }

export const dialectTitles: Readonly<Record<Dialect, string>> = {
  chat: 'Chat completions (`/v1/chat/completions`), by the `openai` package',
  responses: 'Responses (`/v1/responses`), by the `openai` package',
  messages: 'Messages (`/v1/messages`), by the `@anthropic-ai/sdk` package',
  embeddings: 'Embeddings (`/v1/embeddings`), by the `openai` package',
}

/** Not every API has embeddings; where it has, models are listed under `embeddings` in the configuration. */
const noEmbeddings: Cell = { status: 400, says: 'no embedding' }

export const cells: Readonly<Record<Dialect, FeatureCells>> = {
  chat: {
    text: {},
    'usage and cost': {},
    stream: {},
    'tools over two turns, parallel calls': {},
    'tools in a stream': {},
    'one tool call at a time': {},
    'a tool that must be called': {},
    'a custom tool': { anthropic: 'refused', gemini: 'refused', bedrock: 'refused' },
    'structured output (JSON schema)': {},
    'JSON object': { anthropic: 'refused', bedrock: 'refused' },
    image: {},
    'image by URL': { bedrock: 'refused' },
    PDF: {},
    'spoken input': { responses: 'refused', anthropic: 'refused' },
    'stop sequence': { responses: 'refused' },
    'cap on output': {},
    'reasoning effort': {},
    'reasoning shown': { openai: 'hidden', azure: 'hidden', responses: 'hidden' },
    'reasoning over a tool loop': {},
    'temperature, top_p': {},
    seed: { responses: 'dropped', anthropic: 'dropped', bedrock: 'dropped' },
    penalties: { responses: 'dropped', anthropic: 'dropped', bedrock: 'dropped' },
    'logit bias': { responses: 'refused', anthropic: 'refused', gemini: 'refused', bedrock: 'refused' },
    logprobs: { anthropic: 'refused', bedrock: 'refused' },
    'several answers (n)': { responses: 'refused', anthropic: 'refused', bedrock: 'refused' },
    'errors: refused by the upstream (400)': {},
    'errors: wrong key (401), unknown model (404)': {},
    'errors: rate limit (429) with its retry-after': {},
    'the client tries again after retry-after': {},
    'an abort closes the upstream connection': {},
    'a cut stream is an error, not an end': {},
  },
  responses: {
    text: {},
    'usage and cost': {},
    stream: {},
    'tools over two turns, parallel calls': {},
    'tools by previous_response_id (store)': {},
    'tools in a stream': {},
    'one tool call at a time': {},
    'a tool that must be called': {},
    'image in the output of a tool': {},
    'a custom tool': { anthropic: 'refused', gemini: 'refused', bedrock: 'refused' },
    'a tool that OpenAI runs (web search)': {
      openai: 'refused',
      azure: 'refused',
      anthropic: 'refused',
      gemini: 'refused',
      bedrock: 'refused',
    },
    'structured output (JSON schema)': {},
    image: {},
    PDF: {},
    'cap on output': {},
    'reasoning effort': {},
    'reasoning shown': { openai: 'hidden', azure: 'hidden' },
    'reasoning over a tool loop': {},
    logprobs: { anthropic: 'refused', bedrock: 'refused' },
    'errors: refused by the upstream (400)': {},
    'errors: wrong key (401), unknown model (404)': {},
    'errors: rate limit (429) with its retry-after': {},
    'the client tries again after retry-after': {},
    'an abort closes the upstream connection': {},
    'a cut stream is an error, not an end': {},
  },
  messages: {
    text: {},
    'usage and cost': {},
    stream: {},
    'tools over two turns, parallel calls': {},
    'tools in a stream': {},
    'one tool call at a time': {},
    'a tool that must be called': {},
    'a tool that failed (is_error)': {},
    'image in the result of a tool': {},
    'a tool that Anthropic runs (web search)': {
      openai: 'refused',
      responses: 'refused',
      azure: 'refused',
      gemini: 'refused',
      bedrock: 'refused',
    },
    'structured output (JSON schema)': {},
    image: {},
    'image by URL': { bedrock: 'refused' },
    PDF: {},
    'stop sequence': { responses: 'refused' },
    'cap on output': {},
    'cap above what the LLM can write': {},
    thinking: {},
    'thinking shown': { openai: 'hidden', azure: 'hidden', responses: 'hidden' },
    'thinking over a tool loop': {},
    effort: {},
    temperature: {},
    top_k: { openai: 'dropped', azure: 'dropped', responses: 'dropped' },
    'prompt caching (cache_control)': { openai: 'dropped', azure: 'dropped', responses: 'dropped', gemini: 'dropped' },
    count_tokens: {},
    'errors: refused by the upstream (400)': {},
    'errors: wrong key (401), unknown model (404)': {},
    'errors: rate limit (429) with its retry-after': {},
    'the client tries again after retry-after': {},
    'an abort closes the upstream connection': {},
    'a cut stream is an error, not an end': {},
  },
  embeddings: {
    'one text, several texts': { anthropic: noEmbeddings, bedrock: noEmbeddings },
    'base64 (the default of the client) and numbers': { anthropic: noEmbeddings, bedrock: noEmbeddings },
    dimensions: { anthropic: noEmbeddings, bedrock: noEmbeddings },
    'usage and cost': { anthropic: noEmbeddings, bedrock: noEmbeddings },
  },
}
