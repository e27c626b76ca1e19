import type { ConfigPath } from './config-source.ts'

/** A process environment: names to values. */
export type Environment = { readonly [name: string]: string | undefined }

/** The process environment as it is now, frozen: the only place that reads it. */
export function readEnvironment(): Environment {
  return Object.freeze({ ...process.env })
}

/** A setting given outside the file, in the file's own terms. */
export interface Override {
  readonly path: ConfigPath
  readonly value: unknown
}

/** Settings that an environment variable can give, beside POINTSMAN_CONFIG, which names the file. */
const variables: readonly {
  readonly name: string
  readonly path: ConfigPath
  readonly parse: (text: string) => unknown
}[] = [
  { name: 'POINTSMAN_HOST', path: ['server', 'host'], parse: asText },
  { name: 'POINTSMAN_PORT', path: ['server', 'port'], parse: asNumber },
  { name: 'POINTSMAN_ALLOWED_HOSTS', path: ['server', 'allowed_hosts'], parse: asList },
  { name: 'POINTSMAN_MODEL_KEY_VARIABLES', path: ['server', 'model_key_variables'], parse: asList },
  { name: 'POINTSMAN_DATABASE', path: ['database'], parse: asText },
  { name: 'POINTSMAN_LOG', path: ['log_level'], parse: asText },
  { name: 'POINTSMAN_LAMBDA', path: ['routing', 'lambda'], parse: asNumber },
  { name: 'POINTSMAN_DAILY_CAP_USD', path: ['routing', 'daily_cap_usd'], parse: asNumber },
  { name: 'POINTSMAN_STARTER', path: ['routing', 'starter'], parse: asTruth },
  { name: 'POINTSMAN_SEED', path: ['routing', 'seed'], parse: asNumber },
  { name: 'POINTSMAN_RETENTION_DAYS', path: ['retention_days'], parse: asNumber },
]

/** The settings that `environment` gives; an empty variable counts as not set. */
export function environmentOverrides(environment: Environment): readonly (Override & { readonly variable: string })[] {
  const overrides: (Override & { readonly variable: string })[] = []
  for (const { name, path, parse } of variables) {
    const text = environment[name]
    if (text === undefined || text === '' || isServiceLink(name, text)) continue
    overrides.push({ variable: name, path, value: parse(text) })
  }
  return overrides
}

/**
 * Kubernetes sets POINTSMAN_PORT=tcp://… in every pod beside a service called `pointsman`; that is not a setting.
 * https://kubernetes.io/docs/tutorials/services/connect-applications-service/#environment-variables
 */
function isServiceLink(name: string, text: string): boolean {
  return name === 'POINTSMAN_PORT' && /^(tcp|udp|sctp):\/\//.test(text)
}

function asText(text: string): unknown {
  return text
}

/** Text that is no decimal number stays text, for the schema to refuse. */
function asNumber(text: string): unknown {
  return /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : text
}

/** Text that is neither stays text, for the schema to refuse. */
function asTruth(text: string): unknown {
  const given = text.trim().toLowerCase()
  return given === 'true' || given === 'false' ? given === 'true' : text
}

function asList(text: string): unknown {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
