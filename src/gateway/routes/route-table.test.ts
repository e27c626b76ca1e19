import { describe, expect, it } from 'vitest'
import { findRoute, listRoutes } from './route-table.ts'

describe('findRoute', () => {
  it('finds exact paths, and ids behind a prefix', () => {
    expect(findRoute('GET', '/v1/models')).toMatchObject({ route: { name: 'models' }, rest: '' })
    expect(findRoute('HEAD', '/v1/models/a%2Fb/c')).toMatchObject({ route: { name: 'model' }, rest: 'a/b/c' })
  })

  it('says what a path takes instead', () => {
    expect(() => findRoute('PUT', '/v1/models')).toThrow(
      expect.objectContaining({ code: 'method_not_allowed', allow: 'GET' }),
    )
    expect(() => findRoute('GET', '/v1/models/')).toThrow(expect.objectContaining({ code: 'unknown_path' }))
    expect(() => findRoute('GET', '/v1/models/%zz')).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  })

  it.each([
    ['/v1/v1/messages', 'leave it out of the base URL'],
    ['/messages', 'wants /v1 at the end of the base URL'],
    ['/v2/nothing', 'There is nothing at /v2/nothing.'],
  ])('tells of a base URL that is one /v1 off: %s', (path, hint) => {
    expect(() => findRoute('POST', path)).toThrow(expect.objectContaining({ message: expect.stringContaining(hint) }))
  })

  it('finds each route that it lists', () => {
    for (const { method, path, route } of listRoutes()) {
      expect(findRoute(method, path.replace('{id}', 'x'))).toEqual({ route, rest: path.includes('{id}') ? 'x' : '' })
    }
  })
})
