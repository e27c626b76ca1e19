import { describe, expect, test } from 'vitest'
import { isLoopback, RequestGuard } from './request-guard.ts'

describe('isLoopback', () => {
  test.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.8.9.1', '::1', '[::1]'])('%s is', (host) => {
    expect(isLoopback(host)).toBe(true)
  })

  test.each(['0.0.0.0', '::', '192.168.0.1', '127.evil.example', 'localhost.evil.example', '128.0.0.1', ''])(
    '%s is not',
    (host) => {
      expect(isLoopback(host)).toBe(false)
    },
  )
})

describe('RequestGuard', () => {
  const local = new RequestGuard('127.0.0.1', ['llm.example'])
  const open = new RequestGuard('0.0.0.0', [])

  test.each(['localhost', 'localhost:8400', '127.0.0.1:1', '[::1]:8400', '[::1]', 'llm.example:443', 'LLM.example.'])(
    'lets %s in',
    (host) => {
      expect(() => local.check({ host })).not.toThrow()
    },
  )

  test.each([undefined, '', 'evil.example', '10.0.0.1', 'localhost:port', 'a b', '::1', 'localhost, evil', '[::1'])(
    'keeps %s out',
    (host) => {
      expect(() => local.check(host === undefined ? {} : { host })).toThrow(
        expect.objectContaining({ code: 'unknown_host' }),
      )
    },
  )

  test('an allowed host may be given with a port, which does not matter', () => {
    const guard = new RequestGuard('127.0.0.1', ['gw.example:8400', '[fd00::1]:8400', 'fd00::2'])
    for (const host of ['gw.example:8400', 'gw.example', 'gw.example:443', '[fd00::1]', '[fd00::2]:1']) {
      expect(() => guard.check({ host })).not.toThrow()
    }
  })

  test('beyond loopback any address may name it, but no name', () => {
    expect(() => open.check({ host: '10.0.0.1:8400' })).not.toThrow()
    expect(() => open.check({ host: '[fe80::1]' })).not.toThrow()
    expect(() => open.check({ host: 'evil.example' })).toThrow()
  })

  test('an origin passes only when it is the very host that was asked', () => {
    const check = (origin: string) => () => local.check({ host: 'localhost:8400', origin })
    expect(check('http://localhost:8400')).not.toThrow()
    for (const origin of ['http://localhost', 'http://127.0.0.1:8400', 'null', 'file://', 'http://localhost:8400/x']) {
      expect(check(origin)).toThrow(expect.objectContaining({ code: 'cross_site_request' }))
    }
  })
})
