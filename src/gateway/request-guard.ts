import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { GatewayError } from './gateway-error.ts'

/**
 * Keeps web pages from driving a gateway that listens on this machine. A page may send requests to any
 * address; what it cannot do is forge `Host`, `Origin` or `Sec-Fetch-Site`. A rebound DNS name shows in `Host`, any
 * other page in the two others.
 */
export class RequestGuard {
  readonly #hosts: ReadonlySet<string>
  readonly #anyAddress: boolean

  /**
   * @param boundHost what the gateway listens on. Beyond loopback any IP address may name it: rebinding needs a name.
   * @param allowedHosts names, with or without a port, which plays no part.
   */
  constructor(boundHost: string, allowedHosts: readonly string[]) {
    const names = ['localhost', '127.0.0.1', '::1', boundHost, ...allowedHosts]
    this.#hosts = new Set(names.map((name) => hostName(name) ?? normaliseHost(name)))
    this.#anyAddress = !isLoopback(boundHost)
  }

  /** @throws {GatewayError} `unknown_host`, `cross_site_request` */
  check(headers: IncomingHttpHeaders): void {
    const host = headers.host
    if (host === undefined || !this.#admits(hostName(host))) {
      throw new GatewayError(
        'unknown_host',
        'This gateway does not answer to the name in the Host header; add it to the allowed hosts if it should',
      )
    }
    const site = headers['sec-fetch-site']
    if (site !== undefined && site !== 'same-origin' && site !== 'none') throw crossSite()
    const origin = headers.origin
    if (origin !== undefined && originHost(origin) !== host.toLowerCase()) throw crossSite()
  }

  #admits(name: string | undefined): boolean {
    if (name === undefined) return false
    return this.#hosts.has(name) || (this.#anyAddress && isIP(name) !== 0)
  }
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  const name = normaliseHost(host)
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'))
}

function crossSite(): GatewayError {
  return new GatewayError('cross_site_request', 'Web pages of other sites may not call this gateway')
}

/** The name in `name`, `name:port`, `[v6]` or `[v6]:port`; undefined when it is none of them. */
function hostName(host: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:/\\@[\]]+))(?::\d{1,5})?$/i.exec(host)
  const name = match?.[1] ?? match?.[2]
  return name === undefined ? undefined : normaliseHost(name)
}

function normaliseHost(name: string): string {
  return name
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}

function originHost(origin: string): string | undefined {
  return /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]?.toLowerCase()
}
