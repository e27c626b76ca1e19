import { createHash, createHmac } from 'node:crypto'
import type { FixtureRequest } from '../fixture-upstream.ts'
import { BedrockRefusal } from './bedrock-refusal.ts'

export interface FixtureCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** AWS takes requests that were signed so long ago. */
const maxSkewMs = 5 * 60 * 1000

/**
 * Verifies AWS Signature Version 4 as its documentation tells it, with nothing but hashes: "Create a signed AWS API request" in the
 * IAM user guide. The path is encoded once more on top of how it was sent, as for every service but S3.
 */
export function checkSignature(request: FixtureRequest, region: string, credentials: FixtureCredentials): void {
  const { headers } = request
  const parts = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
    headers.authorization ?? '',
  )
  if (parts === null) throw forbidden('MissingAuthenticationTokenException', 'Missing Authentication Token')
  const [, credential = '', signedHeaders = '', signature] = parts
  const [accessKeyId, ...scope] = credential.split('/')
  if (accessKeyId !== credentials.accessKeyId) {
    throw forbidden('UnrecognizedClientException', 'The security token included in the request is invalid.')
  }
  const date = String(headers['x-amz-date'])
  const day = date.slice(0, 8)
  if (scope.join('/') !== `${day}/${region}/bedrock/aws4_request`) {
    throw forbidden('InvalidSignatureException', `Credential should be scoped to a valid region and service.`)
  }
  if (Math.abs(Date.now() - timeOf(date)) > maxSkewMs) {
    throw forbidden('InvalidSignatureException', `Signature expired: ${date} is now too far from the present`)
  }
  const names = signedHeaders.split(';')
  const mustBeSigned = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))]
  const unsigned = mustBeSigned.filter((name) => !names.includes(name))
  if (unsigned.length > 0) throw forbidden('InvalidSignatureException', `'${unsigned.join()}' must be signed`)
  if (headers['x-amz-security-token'] !== credentials.sessionToken) {
    throw forbidden('UnrecognizedClientException', 'The security token included in the request is invalid.')
  }
  const canonical = canonicalRequest(request, names)
  const toSign = ['AWS4-HMAC-SHA256', date, scope.join('/'), sha256(canonical)].join('\n')
  const key = [day, region, 'bedrock', 'aws4_request'].reduce<Buffer>(
    (secret, text) => hmac(secret, text),
    Buffer.from(`AWS4${credentials.secretAccessKey}`),
  )
  if (hmac(key, toSign).toString('hex') !== signature) {
    throw forbidden(
      'InvalidSignatureException',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
    )
  }
}

function canonicalRequest({ method, path, headers, text }: FixtureRequest, names: readonly string[]): string {
  const [pathname = '', query = ''] = path.split('?')
  const parameters = query === '' ? [] : query.split('&').map((pair) => pair.split('=').map(decodeURIComponent))
  const encoded = parameters.map(([name = '', value = '']) => `${encode(name)}=${encode(value)}`).sort()
  return [
    method,
    pathname.split('/').map(encode).join('/'),
    encoded.join('&'),
    ...names.map((name) => `${name}:${String(headers[name]).trim().replaceAll(/ +/g, ' ')}`),
    '',
    names.join(';'),
    sha256(text),
  ].join('\n')
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function timeOf(date: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? []
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function forbidden(type: string, message: string): BedrockRefusal {
  return new BedrockRefusal(403, type, message)
}
