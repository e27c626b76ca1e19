import { type ProviderPreset, providerPresets } from './openai-compatible/presets.ts'

/** Where a preset's key goes. */
export interface VendorAddress {
  readonly baseUrl: string
  /** The variable that says so; undefined: the preset itself does. */
  readonly variable: string | undefined
}

/**
 * A preset's own address, or the one that the environment names for it, as it does for the vendor's own clients.
 *
 * @returns text for people where the variable is set and names no address: the key may be meant for somebody else than the
 *   vendor, so that it goes to nobody.
 */
export function vendorAddress(
  { baseUrl, baseUrlVariable: variable, pathBehindVariable = '' }: ProviderPreset,
  environment: Readonly<Record<string, string | undefined>>,
): VendorAddress | string {
  const given = variable === undefined ? undefined : environment[variable]?.trim()
  if (variable === undefined || given === undefined || given === '') return { baseUrl, variable: undefined }
  const fault = addressFault(given)
  if (fault !== undefined) return `${variable} is set and cannot be used: ${fault}`
  const hasVersion = /\/v\d\w*\/*$/.test(given)
  return { baseUrl: hasVersion ? given : given.replace(/\/+$/, '') + pathBehindVariable, variable }
}

/** Why nothing can be sent there; undefined: it can. The address is not in it, because keys may be. */
export function addressFault(address: string): string | undefined {
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) {
    return 'it must be a URL that begins with http:// or https://'
  }
  const { username, password, search, hash } = new URL(address)
  if (username !== '' || password !== '')
    return 'it may hold no name or password; keys and headers have their own settings'
  return search === '' && hash === '' ? undefined : 'it may hold no query, which would be lost'
}

/**
 * The environment without addresses that are this gateway's own: clients of ours are sent here by the same variables, and we
 * would call ourselves.
 */
export function withoutOwnAddress(
  environment: Readonly<Record<string, string | undefined>>,
  own: { readonly host: string; readonly port: number },
): Readonly<Record<string, string | undefined>> {
  const pointing = providerPresets.flatMap(({ baseUrlVariable: name }) => {
    return name !== undefined && isOwn(environment[name]?.trim() ?? '', own) ? [name] : []
  })
  if (pointing.length === 0) return environment
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !pointing.includes(name)))
}

function isOwn(address: string, { host, port }: { readonly host: string; readonly port: number }): boolean {
  if (!URL.canParse(address)) return false
  const url = new URL(address)
  const name = url.hostname.replace(/^\[|\]$/g, '')
  const isHere = name === host || name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name)
  const portOf = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  return isHere && portOf === port
}
