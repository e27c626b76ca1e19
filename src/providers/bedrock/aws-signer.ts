import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Clock } from '../../routing/clock.ts'
import type { UpstreamHttpOptions } from '../http/upstream-http.ts'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined
}

type Sign = NonNullable<UpstreamHttpOptions['sign']>

/**
 * Signs requests by AWS Signature Version 4, done by AWS's own library. Signed are the host, the content type, the body, and
 * what the library adds; other headers are free to change on the way.
 */
export function awsSigner(
  credentials: AwsCredentials,
  scope: { readonly region: string; readonly clock: Clock },
): Sign {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const signer = new SignatureV4({
    service: 'bedrock',
    region: scope.region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    sha256: Sha256,
  })
  return async ({ method, path, host, body, headers }) => {
    const { pathname, searchParams } = new URL(path, `https://${host}`)
    const signed = await signer.sign(
      {
        method,
        protocol: 'https:',
        hostname: host,
        path: pathname,
        query: Object.fromEntries(searchParams),
        headers: {
          host,
          ...(headers['content-type'] === undefined ? {} : { 'content-type': headers['content-type'] }),
        },
        body,
      },
      { signingDate: new Date(scope.clock.now()) },
    )
    const { host: _host, 'content-type': _type, ...added } = signed.headers
    return added
  }
}

/** The hash the library asks for, as the machine has it: bodies with pictures are megabytes. */
class Sha256 {
  readonly #secret: Uint8Array | string | undefined
  #hash: Hash | Hmac

  constructor(secret?: unknown) {
    this.#secret = secret === undefined ? undefined : bytesOf(secret)
    this.#hash = this.#fresh()
  }

  update(data: unknown): void {
    this.#hash.update(bytesOf(data))
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest())
  }

  reset(): void {
    this.#hash = this.#fresh()
  }

  #fresh(): Hash | Hmac {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret)
  }
}

function bytesOf(data: unknown): Uint8Array | string {
  if (typeof data === 'string') return data
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return new Uint8Array(data as ArrayBuffer)
}
