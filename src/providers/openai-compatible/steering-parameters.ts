/**
 * Parameters of a chat request that pick another model or provider behind an upstream, past an API key's allow and deny
 * lists, or that bill what no estimate holds; each with the reason, as the end of a sentence for the caller. Providers
 * send them on like any other parameter: whether a caller may use them is the gateway's to decide.
 *
 * Sources: the API references of OpenAI, OpenRouter, Groq and xAI, Vercel's AI Gateway and LiteLLM's proxy.
 */
export const steeringParameters: ReadonlyMap<string, string> = new Map([
  // OpenRouter
  ['models', 'it names other models that may answer'],
  ['route', 'it lets the upstream choose another model'],
  ['provider', 'it chooses who serves the model, at what price'],
  ['preset', 'it stands for a model and provider settings kept at the upstream'],
  ['plugins', 'it adds paid services such as web search'],
  // Vercel's AI Gateway
  ['providerOptions', 'it names other models and providers that may answer'],
  // LiteLLM's proxy
  ['fallbacks', 'it names other models that may answer'],
  // Groq's compound systems
  ['compound_custom', 'it chooses the models and paid tools behind a system'],
  ['search_settings', 'it steers a paid web search'],
  // xAI
  ['search_parameters', 'it adds a search that is billed per source'],
  // OpenAI
  ['web_search_options', 'it adds a search that is billed per call'],
  ['service_tier', 'it changes the price per token'],
  ['audio', 'it asks for speech, which has prices of its own'],
  ['moderation', 'it names another model that is called along'],
  ['prediction', 'rejected parts of a prediction are billed as output'],
])
