import { providerPreset } from '../../providers/openai-compatible/presets.ts'
import { addressFault } from '../../providers/vendor-address.ts'
import type { ConfigPath } from '../config-source.ts'
import { type ImportDesk, mappingOf, plainText } from './import-desk.ts'

type Params = { readonly [key: string]: unknown }

/** An entry of our `providers`, in the file's terms, and the model's name there. */
export interface ImportedProvider {
  /** To call it by, unless another one has that name. */
  readonly name: string
  readonly entry: { readonly [key: string]: unknown }
  readonly model: string
}

interface Service {
  readonly preset?: string
  readonly kind?: string
  /** The variable LiteLLM reads where the file gives no key; ours, where the preset does not know it. */
  readonly keyVariable: string
  /** What an address is without. */
  readonly trimmed?: RegExp
  /** What an address of the service itself must end in. */
  readonly ending?: string
}

/** Names whom OpenAI bills: no secret. */
const organizationHeader = 'OpenAI-Organization'

/** No secret either. */
export const regionVariable = 'AWS_REGION_NAME'

/** LiteLLM's providers that we reach, by the word before the slash. */
const services: Readonly<Record<string, Service>> = {
  openai: { preset: 'openai', keyVariable: 'OPENAI_API_KEY' },
  anthropic: { preset: 'anthropic', keyVariable: 'ANTHROPIC_API_KEY', trimmed: /\/v1(\/messages)?$/ },
  gemini: { preset: 'gemini', keyVariable: 'GEMINI_API_KEY' },
  groq: { preset: 'groq', keyVariable: 'GROQ_API_KEY' },
  mistral: { preset: 'mistral', keyVariable: 'MISTRAL_API_KEY' },
  deepseek: { preset: 'deepseek', keyVariable: 'DEEPSEEK_API_KEY' },
  xai: { preset: 'xai', keyVariable: 'XAI_API_KEY' },
  openrouter: { preset: 'openrouter', keyVariable: 'OPENROUTER_API_KEY' },
  together_ai: { preset: 'together', keyVariable: 'TOGETHERAI_API_KEY' },
  fireworks_ai: { preset: 'fireworks', keyVariable: 'FIREWORKS_AI_API_KEY' },
  ollama: { preset: 'ollama', keyVariable: 'OLLAMA_API_KEY', ending: '/v1' },
  ollama_chat: { preset: 'ollama', keyVariable: 'OLLAMA_API_KEY', ending: '/v1' },
  hosted_vllm: { preset: 'vllm', keyVariable: 'HOSTED_VLLM_API_KEY' },
  vllm: { preset: 'vllm', keyVariable: 'HOSTED_VLLM_API_KEY' },
  azure: { kind: 'azure-openai', keyVariable: 'AZURE_API_KEY', trimmed: /\/openai(\/v1)?$/ },
  bedrock: { kind: 'bedrock', keyVariable: 'AWS_BEARER_TOKEN_BEDROCK' },
}

/** Variables in which LiteLLM looks for the key of a preset's service. */
export function liteLlmKeyVariables(preset: string): readonly string[] {
  return Object.values(services).flatMap((service) => (service.preset === preset ? [service.keyVariable] : []))
}

/** Where a name without a provider belongs; LiteLLM guesses it from a table of models. */
const makers: readonly (readonly [RegExp, string])[] = [
  [/^(gpt-|chatgpt-|o\d|text-embedding-)/, 'openai'],
  [/^claude-/, 'anthropic'],
]

/** Where `litellm_params` calls, as an entry of `providers`; undefined: we do not reach it, and the desk knows why. */
export function importProvider(params: Params, path: ConfigPath, desk: ImportDesk): ImportedProvider | undefined {
  const at = [...path, 'model']
  const named = params.model
  if (typeof named !== 'string' || named === '') return desk.problem(at, 'missing; such as openai/gpt-4o')
  if (named.includes('*')) {
    return desk.problem(at, 'wildcards are not read: list the models that may serve, each with a model_name')
  }
  const { service: word, model } = splitModel(named, params.custom_llm_provider)
  if (word === undefined) {
    return desk.problem(at, `does not say its provider; write it before the name, such as openai/${model}`)
  }
  const service = Object.hasOwn(services, word) ? services[word] : undefined
  const baseAt = [...path, params.api_base === undefined ? 'base_url' : 'api_base']
  const given = desk.text(params.api_base ?? params.base_url, baseAt)
  // Azure's portal shows whole addresses of deployments.
  const base = service?.kind === 'azure-openai' ? given?.replace(/\/openai\/deployments\/.*$/, '') : given
  const fault = base === undefined ? undefined : addressFault(base)
  if (fault !== undefined) return desk.problem(baseAt, fault)
  if (service === undefined) return otherService(word, model, base, params, path, desk)
  const key = keyFor(service, base, params, path, desk)
  const headers = headersOf(params, path, desk)
  if (service.kind === 'azure-openai') return azure({ model, base, key, headers }, params, path, desk)
  if (service.kind === 'bedrock' && base !== undefined) {
    desk.note([...path, 'api_base'], 'not carried over: Bedrock is called in its region')
  }
  if (service.kind === 'bedrock') return bedrock({ model, key, headers }, params, path, desk)
  if (word === 'openai' && model.startsWith('responses/')) {
    const entry = { kind: 'openai-responses', ...placeOf('openai', base, service), ...keyOf(key), ...headers }
    return { name: 'openai-responses', entry, model: model.slice('responses/'.length) }
  }
  return { name: service.preset ?? word, entry: { ...placeOf(word, base, service), ...keyOf(key), ...headers }, model }
}

/** Where the file gives none, LiteLLM reads a variable of its own; ours is read anyway. Neither is sent to another address. */
function keyFor(service: Service, base: string | undefined, params: Params, path: ConfigPath, desk: ImportDesk) {
  const key = desk.secret(params.api_key, service.keyVariable, [...path, 'api_key'])
  if (key !== undefined || service.kind !== undefined) return key
  const preset = service.preset === undefined ? undefined : providerPreset(service.preset)
  if (base === undefined) {
    return preset?.keyVariable !== service.keyVariable && desk.isSet(service.keyVariable)
      ? `env:${service.keyVariable}`
      : undefined
  }
  // The vendor's own address, written out.
  if (base.replace(/\/+$/, '') === preset?.baseUrl) {
    return [service.keyVariable, preset.keyVariable]
      .filter((name) => name !== undefined && desk.isSet(name))
      .map((name) => `env:${name}`)[0]
  }
  if (preset?.keyVariable !== undefined) desk.note(path, 'no api_key: none is sent to this api_base')
  return undefined
}

function splitModel(named: string, custom: unknown): { readonly service: string | undefined; readonly model: string } {
  const slash = named.indexOf('/')
  const before = slash < 0 ? undefined : named.slice(0, slash)
  if (typeof custom === 'string' && custom !== '') {
    return { service: custom, model: before === custom ? named.slice(slash + 1) : named }
  }
  if (before !== undefined) return { service: before, model: named.slice(slash + 1) }
  return { service: makers.find(([pattern]) => pattern.test(named))?.[1], model: named }
}

/** OpenAI at another address is LiteLLM's way to say: any server that speaks its API. */
function placeOf(word: string, base: string | undefined, service: Service): { readonly [key: string]: unknown } {
  if (base === undefined) return { preset: service.preset }
  let url = base.replace(/\/+$/, '')
  if (service.trimmed !== undefined) url = url.replace(service.trimmed, '')
  if (service.ending !== undefined && !url.endsWith(service.ending)) url += service.ending
  if (word === 'openai' && !/^https:\/\/([^/@]+\.)?openai\.com(\/|$)/.test(url)) return { base_url: url }
  return { preset: service.preset, base_url: url }
}

/** A provider we have no preset for speaks OpenAI's API more often than not; only its address says where. */
function otherService(
  word: string,
  model: string,
  base: string | undefined,
  params: Params,
  path: ConfigPath,
  desk: ImportDesk,
): ImportedProvider | undefined {
  const own = ['vertex_ai', 'vertex_ai_beta', 'sagemaker', 'cohere', 'cohere_chat', 'watsonx', 'replicate', 'azure_ai']
  if (base === undefined || own.includes(word)) {
    const known = Object.keys(services).join(', ')
    const way = own.includes(word) ? '' : '; if it speaks the API of OpenAI, give its api_base'
    return desk.problem([...path, 'model'], `the provider '${word}' is not known here${way}. Known: ${known}`)
  }
  desk.note([...path, 'model'], `'${word}' is taken for a server that speaks the API of OpenAI`)
  const name = word.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')
  const key = desk.secret(params.api_key, `${name}_API_KEY`, [...path, 'api_key'])
  const entry = { base_url: base.replace(/\/+$/, ''), ...keyOf(key), ...headersOf(params, path, desk) }
  return { name: word.replaceAll(/[^A-Za-z0-9._-]/g, '-'), entry, model }
}

interface Place {
  readonly model: string
  readonly base?: string | undefined
  readonly key: string | undefined
  readonly headers: { readonly headers?: unknown }
}

function azure({ model, base, key, headers }: Place, params: Params, path: ConfigPath, desk: ImportDesk) {
  if (base === undefined) {
    // Said already where the variable it names is not set.
    if (params.api_base !== undefined) return undefined
    return desk.problem(path, 'azure needs an api_base: the address of your resource')
  }
  const version = desk.text(params.api_version, [...path, 'api_version'])
  const token = desk.secret(params.azure_ad_token, 'AZURE_AD_TOKEN', [...path, 'azure_ad_token'])
  const credential =
    key === undefined && token !== undefined ? { auth_token: token } : { api_key: key ?? 'env:AZURE_API_KEY' }
  const entry = {
    kind: 'azure-openai',
    base_url: base.replace(/\/+$/, '').replace(services.azure?.trimmed ?? '', ''),
    ...credential,
    ...(version === undefined ? {} : { api_version: version }),
    ...headers,
  }
  return { name: 'azure', entry, model }
}

function bedrock({ model, key, headers }: Place, params: Params, path: ConfigPath, desk: ImportDesk) {
  // `bedrock/us-east-1/anthropic.…`, and the variable that LiteLLM reads beside Amazon's own.
  const [, regionInName, modelThere] = /^([a-z]{2}(?:-[a-z]+)+-\d+)\/(.+)$/.exec(model) ?? []
  const fromEnvironment = desk.isSet(regionVariable) ? `os.environ/${regionVariable}` : undefined
  const region = desk.text(params.aws_region_name ?? regionInName ?? fromEnvironment, [...path, 'aws_region_name'])
  const given = {
    access_key_id: desk.secret(params.aws_access_key_id, 'AWS_ACCESS_KEY_ID', [...path, 'aws_access_key_id']),
    secret_access_key: desk.secret(params.aws_secret_access_key, 'AWS_SECRET_ACCESS_KEY', [
      ...path,
      'aws_secret_access_key',
    ]),
    session_token: desk.secret(params.aws_session_token, 'AWS_SESSION_TOKEN', [...path, 'aws_session_token']),
    bearer_token: key,
  }
  const present = Object.fromEntries(Object.entries(given).filter(([, reference]) => reference !== undefined))
  const entry = { kind: 'bedrock', ...(region === undefined ? {} : { region }), ...present, ...headers }
  return { name: 'bedrock', entry, model: (modelThere ?? model).replace(/^(converse|invoke)\//, '') }
}

function keyOf(key: string | undefined): { readonly api_key?: string } {
  return key === undefined ? {} : { api_key: key }
}

function headersOf(params: Params, path: ConfigPath, desk: ImportDesk): { readonly headers?: unknown } {
  const given = { ...mappingOf(params.headers), ...mappingOf(params.extra_headers) }
  if (params.organization !== undefined) {
    const organization = desk.text(params.organization, [...path, 'organization'])
    if (organization !== undefined) given[organizationHeader] = organization
  }
  const entries = Object.entries(given).map(([name, value]) => [name, headerValue(name, plainText(value), path, desk)])
  return entries.length === 0 ? {} : { headers: Object.fromEntries(entries) }
}

/** What is a secret by its name moves to a variable, as keys do. */
function headerValue(name: string, value: string, path: ConfigPath, desk: ImportDesk): string {
  if (!/auth|key|token|secret|password|cookie/i.test(name)) return value
  const variable = `${name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}_HEADER`
  return desk.secret(value, variable, [...path, 'extra_headers', name]) ?? value
}
