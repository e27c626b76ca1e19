import { describe, expect, test } from 'vitest'
import { ConfigSource, dottedPath } from './config-source.ts'

const text = `server:
  port: 9000
llms:
  - id: a
    price: { input: 1 }
database:
`

const nested = ['ab', 'bc', 'cd', 'de', 'ef']
  .map(([inner, outer]) => `${outer}: &${outer} [*${inner}, *${inner}, *${inner}, *${inner}, *${inner}, *${inner}]`)
  .join('\n')

describe('ConfigSource', () => {
  test('knows line and column of each value, and of the nearest thing around a missing one', () => {
    const source = new ConfigSource('p.yaml', text)
    expect(source.originOf(['server', 'port'])).toEqual({ kind: 'file', file: 'p.yaml', line: 2, column: 9 })
    expect(source.originOf(['llms', 0, 'price', 'output'])).toMatchObject({ line: 5, column: 12 })
    expect(source.originOfKey(['llms', 0, 'price'])).toMatchObject({ line: 5, column: 5 })
    expect(source.originOfKey(['database'])).toMatchObject({ line: 6, column: 1 })
  })

  test('reads a key with nothing behind it as not given', () => {
    expect(new ConfigSource('p.yaml', text).value).toEqual({
      server: { port: 9000 },
      llms: [{ id: 'a', price: { input: 1 } }],
    })
  })

  test('lays a setting over the file and remembers where it came from', () => {
    const source = new ConfigSource('p.yaml', text)
    source.override(['server', 'port'], 1, { kind: 'flag', flag: '--port' })
    source.override(['routing', 'lambda'], 2, { kind: 'environment', variable: 'POINTSMAN_LAMBDA' })
    expect(source.value).toMatchObject({ server: { port: 1 }, routing: { lambda: 2 } })
    expect(source.originOf(['server', 'port'])).toEqual({ kind: 'flag', flag: '--port' })
    expect(source.originOf(['routing', 'lambda'])).toEqual({ kind: 'environment', variable: 'POINTSMAN_LAMBDA' })
  })

  test.each([
    ['a: b: c', 'config_syntax'],
    ['a: [1', 'config_syntax'],
    ['a: 1\na: 2', 'config_syntax'],
    ['just text', 'config_syntax'],
    ['- a list', 'config_syntax'],
  ])('reports what is wrong with %j', (broken, code) => {
    const [problem] = new ConfigSource('p.yaml', broken).problems
    expect(problem).toMatchObject({ code, origin: { kind: 'file', file: 'p.yaml' } })
  })

  test.each([
    [
      'llms:\n  - id: a\n    allow: [ *mini ]',
      3,
      "nothing is called &mini; put names with an asterisk in quotes, as in '*'",
    ],
    ['aliases:\n  claude: *', 2, "put names with an asterisk in quotes, as in '*'"],
    ['aliases: { *: auto }', 1, "put names with an asterisk in quotes, as in '*'"],
    ['a: &a\n  b: *a', 2, '*a stands within itself'],
    [`a: &a [x, x, x, x, x, x, x, x, x]\n${nested}`, 1, 'its aliases (*name) stand for too many values'],
  ])('says what is wrong with the asterisk of %j', (broken, line, message) => {
    const { problems, value } = new ConfigSource('p.yaml', broken)
    expect(problems[0]).toMatchObject({ code: 'config_syntax', origin: { line } })
    expect(problems[0]?.message).toContain(message)
    expect(value).toEqual({})
  })

  test('lets aliases stand for what is there', () => {
    const { value, problems } = new ConfigSource('p.yaml', 'a: &a { b: 1 }\nc: *a\nd: *a')
    expect([value, problems]).toEqual([{ a: { b: 1 }, c: { b: 1 }, d: { b: 1 } }, []])
  })

  test('merges what `<<` names, as the files of others do', () => {
    const { value, problems } = new ConfigSource('p.yaml', 'a: &a { b: 1, c: 2 }\nd: { <<: *a, c: 3 }')
    expect([value, problems]).toEqual([{ a: { b: 1, c: 2 }, d: { b: 1, c: 3 } }, []])
    const faulty = new ConfigSource('p.yaml', 'd: { <<: 5 }')
    expect(faulty.problems[0]).toMatchObject({ code: 'config_syntax' })
  })

  test('takes an empty file, or none, as no settings', () => {
    for (const source of [new ConfigSource('p.yaml', '# nothing\n'), new ConfigSource(undefined, undefined)]) {
      expect(source.problems).toEqual([])
      expect(source.value).toEqual({})
      expect(source.originOf(['server', 'port']).kind).toMatch(/file|none/)
    }
  })

  test('keeps a key named __proto__ an ordinary key', () => {
    const source = new ConfigSource('p.yaml', '__proto__: { port: 1 }')
    expect(Object.keys(source.value)).toEqual(['__proto__'])
    expect(({} as { port?: number }).port).toBeUndefined()
  })
})

test('dottedPath writes indexes in brackets', () => {
  expect(dottedPath(['llms', 2, 'price', 'input'])).toBe('llms[2].price.input')
})
