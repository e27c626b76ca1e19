import { describe, expect, it } from 'vitest'
import { providerPreset } from './openai-compatible/presets.ts'
import { addressFault, vendorAddress, withoutOwnAddress } from './vendor-address.ts'

const openai = providerPreset('openai')!
const gemini = providerPreset('gemini')!

describe('vendorAddress', () => {
  it('is the vendor’s, unless the environment names another', () => {
    expect(vendorAddress(openai, {})).toEqual({ baseUrl: openai.baseUrl, variable: undefined })
    expect(vendorAddress(openai, { OPENAI_BASE_URL: ' ' })).toEqual({ baseUrl: openai.baseUrl, variable: undefined })
    expect(vendorAddress(openai, { OPENAI_BASE_URL: ' https://proxy.example/v1 ' })).toEqual({
      baseUrl: 'https://proxy.example/v1',
      variable: 'OPENAI_BASE_URL',
    })
  })

  it.each([
    'my-proxy.internal/v1',
    'localhost:8000/v1',
    '//proxy/v1',
    'ftp://proxy/v1',
    'http://',
    'https://a:b@proxy',
  ])('is nobody’s where the variable says %s', (address) => {
    const fault = vendorAddress(openai, { OPENAI_BASE_URL: address })
    expect(fault).toMatch(/^OPENAI_BASE_URL is set and cannot be used: it /)
    expect(fault).not.toContain('a:b')
  })

  it.each([
    ['https://proxy.example', 'https://proxy.example/v1beta'],
    ['https://proxy.example/', 'https://proxy.example/v1beta'],
    ['https://proxy.example/google', 'https://proxy.example/google/v1beta'],
    ['https://proxy.example/v1', 'https://proxy.example/v1'],
  ])('has the version that Google’s clients add themselves: %s', (address, baseUrl) => {
    expect(vendorAddress(gemini, { GOOGLE_GEMINI_BASE_URL: address })).toMatchObject({ baseUrl })
  })
})

it.each([
  ['https://api.example.com/v1', undefined],
  ['https://sk-secret@api.example.com/v1', 'name or password'],
  ['https://api.example.com/v1?key=secret', 'query'],
  ['https://api.example.com/v1#x', 'query'],
  ['api.example.com', 'http://'],
])('finds the fault of %s', (address, fault) => {
  if (fault === undefined) expect(addressFault(address)).toBeUndefined()
  else expect(addressFault(address)).toContain(fault)
  expect(addressFault(address) ?? '').not.toContain('secret')
})

it.each([
  ['http://127.0.0.1:8400', true],
  ['http://localhost:8400/v1', true],
  ['http://[::1]:8400', true],
  ['http://gateway.test:8400', true],
  ['http://localhost:8000', false],
  ['https://proxy.example:8400', false],
  ['nonsense', false],
])('%s is our own address: %s', (address, own) => {
  const environment = { ANTHROPIC_BASE_URL: address, ANTHROPIC_API_KEY: 'k' }
  const rest = withoutOwnAddress(environment, { host: 'gateway.test', port: 8400 })
  expect(rest).toEqual(own ? { ANTHROPIC_API_KEY: 'k' } : environment)
})
