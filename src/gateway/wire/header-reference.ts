interface HeaderEntry {
  readonly name: string
  readonly meaning: string
}

/** Request headers that the gateway reads, beside HTTP's own. */
export const requestHeaders: readonly HeaderEntry[] = [
  { name: 'authorization', meaning: '`Bearer pm-…`: the API key.' },
  { name: 'x-api-key', meaning: "The same, as Anthropic's clients send it." },
  {
    name: 'x-pointsman-lambda',
    meaning:
      "Willingness to pay, ≥ 0. Like each of the next ones it says what the body's `pointsman` object can say; the body wins.",
  },
  { name: 'x-pointsman-quality-weight', meaning: 'The same as a weight of quality in [0, 1].' },
  { name: 'x-pointsman-max-cost-usd', meaning: 'Ceiling on the predicted cost of the answer.' },
  { name: 'x-pointsman-max-latency-ms', meaning: 'Ceiling on the predicted completion time.' },
  { name: 'x-pointsman-min-quality', meaning: 'Floor on the predicted quality, [0, 1].' },
  { name: 'x-pointsman-allow', meaning: 'LLMs that may serve: ids with `*`, or `tag:<word>`, separated by commas.' },
  { name: 'x-pointsman-deny', meaning: 'LLMs that may not.' },
  { name: 'x-session-id', meaning: 'Names the conversation. Without it one is derived from the first messages.' },
  { name: 'x-conversation-id', meaning: 'The same.' },
  { name: 'x-claude-code-session-id', meaning: 'The same.' },
  { name: 'x-litellm-timeout', meaning: 'Seconds the answer may take.' },
  { name: 'x-litellm-api-key', meaning: 'The API key, with or without `Bearer`; wins over `authorization`.' },
  { name: 'x-portkey-api-key', meaning: 'The API key, as clients of Portkey send it; wins over `authorization`.' },
  {
    name: 'x-portkey-provider',
    meaning: 'An entry of `providers`: the model named is its LLM of that name. See [Portkey](migrating/portkey.md).',
  },
  { name: 'x-portkey-request-timeout', meaning: 'Milliseconds the answer may take.' },
  { name: 'x-portkey-custom-host', meaning: 'Refused, as is `x-portkey-config`.' },
  {
    name: 'anthropic-version',
    meaning: "Passed on to Anthropic's API; errors before a path is known then come in its envelope.",
  },
  { name: 'anthropic-beta', meaning: "Passed on to Anthropic's API." },
]

/** Response headers of our own. */
export const responseHeaders: readonly HeaderEntry[] = [
  { name: 'x-request-id', meaning: 'Names the request in the log.' },
  { name: 'x-pointsman-decision-id', meaning: 'Names the decision: `GET /v1/decisions/<id>`. Feedback takes it too.' },
  { name: 'x-pointsman-llm', meaning: 'The LLM that answered.' },
  {
    name: 'x-pointsman-cost-usd',
    meaning:
      'What the answer was billed. Not in streams, where it rides in the last event; absent where it is not known.',
  },
  { name: 'x-pointsman-overhead-ms', meaning: 'Time spent here before the first upstream call.' },
  { name: 'x-pointsman-cold', meaning: '`true` while estimates are priors.' },
  { name: 'x-pointsman-policy', meaning: 'The policy version that decided.' },
  {
    name: 'x-pointsman-dropped-params',
    meaning:
      "Parameters that the answering LLM's API does not know and that were left out: see [parameters](parameters.md).",
  },
  { name: 'x-pointsman-estimated', meaning: "`true` where a token count is our estimate and not the upstream's." },
  { name: 'x-litellm-response-cost', meaning: 'As `x-pointsman-cost-usd`.' },
  { name: 'x-litellm-model-id', meaning: 'As `x-pointsman-llm`.' },
  { name: 'x-litellm-model-group', meaning: 'The model as the request names it.' },
  { name: 'x-litellm-call-id', meaning: 'As `x-pointsman-decision-id`.' },
  { name: 'x-litellm-overhead-duration-ms', meaning: 'As `x-pointsman-overhead-ms`.' },
  { name: 'retry-after', meaning: 'With 429 and 503: seconds to wait.' },
  { name: 'retry-after-ms', meaning: 'The same in milliseconds; official clients obey it.' },
  {
    name: 'x-should-retry',
    meaning: '`false` where the same request would fail again: a wrong key, a field that is wrong, a used-up budget.',
  },
]
