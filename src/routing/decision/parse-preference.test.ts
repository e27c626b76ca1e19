import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RoutingError } from '../errors.ts'
import {
  joinPreferences,
  maxLambda,
  type PreferenceLayer,
  parseModelPreference,
  parsePreferenceBody,
  parsePreferenceHeaders,
} from './parse-preference.ts'
import { defaultLambda, defaultPreference } from './routing-preference.ts'

function paramOf(act: () => unknown): string | undefined {
  try {
    act()
  } catch (error) {
    if (error instanceof RoutingError && error.code === 'invalid_preference') return error.param
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('the body', () => {
  test('reads every field', () => {
    expect(
      parsePreferenceBody({
        lambda: 3,
        max_cost_usd: 0.01,
        max_latency_ms: 5_000,
        min_quality: 0.7,
        allow: ['openai/*', 'tag:eu'],
        deny: ['openai/o1'],
      }),
    ).toEqual({
      lambda: 3,
      maxCostUsd: 0.01,
      maxLatencyMs: 5_000,
      minQuality: 0.7,
      allow: ['openai/*', 'tag:eu'],
      deny: ['openai/o1'],
    })
  })

  test.each([
    [0, 0],
    [0.5, 1],
    [0.8, 4],
    [1, maxLambda],
  ])('turns quality_weight %d into λ = w/(1−w) = %d', (weight, lambda) => {
    expect(parsePreferenceBody({ quality_weight: weight }).lambda).toBeCloseTo(lambda, 12)
  })

  test('says nothing when absent', () => {
    expect(parsePreferenceBody(undefined)).toEqual({})
    expect(parsePreferenceBody(null)).toEqual({})
    expect(parsePreferenceBody({})).toEqual({})
  })

  test.each<[string, unknown, string]>([
    ['a text', 'cheap', 'pointsman'],
    ['a list', [], 'pointsman'],
    ['NaN', { lambda: Number.NaN }, 'pointsman.lambda'],
    ['Infinity', { lambda: Number.POSITIVE_INFINITY }, 'pointsman.lambda'],
    ['a negative λ', { lambda: -0.1 }, 'pointsman.lambda'],
    ['a number as text', { lambda: '1' }, 'pointsman.lambda'],
    ['null', { lambda: null }, 'pointsman.lambda'],
    ['a weight above 1', { quality_weight: 1.01 }, 'pointsman.quality_weight'],
    ['λ and the weight', { lambda: 1, quality_weight: 0.5 }, 'pointsman.quality_weight'],
    ['an endless ceiling', { max_cost_usd: Number.POSITIVE_INFINITY }, 'pointsman.max_cost_usd'],
    ['a negative ceiling', { max_cost_usd: -1 }, 'pointsman.max_cost_usd'],
    ['no time at all', { max_latency_ms: 0 }, 'pointsman.max_latency_ms'],
    ['a floor above 1', { min_quality: 2 }, 'pointsman.min_quality'],
    ['an empty allow list', { allow: [] }, 'pointsman.allow'],
    ['a list as text', { allow: 'gpt-4o' }, 'pointsman.allow'],
    ['an empty pattern', { deny: [''] }, 'pointsman.deny'],
    ['a pattern that is no text', { deny: [1] }, 'pointsman.deny'],
    ['a long list', { deny: Array.from({ length: 257 }, String) }, 'pointsman.deny'],
    ['an unknown field', { lamda: 1 }, 'pointsman.lamda'],
  ])('refuses %s, naming the field', (_what, body, param) => {
    expect(paramOf(() => parsePreferenceBody(body))).toBe(param)
  })
})

describe('headers', () => {
  test('are the same fields with dashes or underscores, in any case; other headers are passed over', () => {
    const layer = parsePreferenceHeaders([
      ['X-Pointsman-Quality-Weight', '0.8'],
      ['x-pointsman-max_cost_usd', '1e-3'],
      ['x-pointsman-allow', 'openai/*, tag:eu'],
      ['x-request-id', 'abc'],
    ])
    expect(layer).toEqual({ lambda: expect.closeTo(4, 12), maxCostUsd: 0.001, allow: ['openai/*', 'tag:eu'] })
  })

  test.each([
    ['x-pointsman-lambda', 'inf'],
    ['x-pointsman-lambda', 'Infinity'],
    ['x-pointsman-lambda', 'NaN'],
    ['x-pointsman-lambda', '-1'],
    ['x-pointsman-lambda', '0x10'],
    ['x-pointsman-lambda', '1e999'],
    ['x-pointsman-lambda', ''],
    ['x-pointsman-lambda', '1, 2'],
    ['x-pointsman-deny', 'a,,b'],
    ['x-pointsman-lamda', '1'],
  ])('refuse %s: %s', (name, value) => {
    expect(paramOf(() => parsePreferenceHeaders([[name, value]]))).toBe(name)
  })

  test('refuse one field in both spellings', () => {
    const twice = [
      ['x-pointsman-min-quality', '.5'],
      ['x-pointsman-min_quality', '.9'],
    ] as const
    expect(paramOf(() => parsePreferenceHeaders(twice))).toBe('x-pointsman-min-quality')
  })
})

describe('the model name', () => {
  test.each([
    ['auto', {}],
    ['auto:cost', { lambda: 0.2 }],
    ['auto:quality', { lambda: 20 }],
    ['auto:1.4', { lambda: 1.4 }],
    ['auto:0', { lambda: 0 }],
    ['gpt-4o', undefined],
    ['automatic', undefined],
  ])('%s', (model, layer) => {
    expect(parseModelPreference(model)).toEqual(layer)
  })

  test.each(['auto:', 'auto:fast', 'auto:-1', 'auto:Infinity', 'auto:NaN', 'auto: 1', 'auto:1e400'])(
    'refuses %s',
    (model) => {
      expect(paramOf(() => parseModelPreference(model))).toBe('model')
    },
  )
})

describe('joined', () => {
  test('the strongest λ holds; without any, the key and then the default', () => {
    expect(joinPreferences([{ lambda: 1 }, { lambda: 2 }, { lambda: 3 }], { lambda: 4 }).lambda).toBe(1)
    expect(joinPreferences([{}, { lambda: 2 }, { lambda: 3 }], { lambda: 4 }).lambda).toBe(2)
    expect(joinPreferences([{}, {}, {}], { lambda: 4 }).lambda).toBe(4)
    expect(joinPreferences([]).lambda).toBe(defaultLambda)
    expect(joinPreferences([])).toEqual(defaultPreference)
  })

  test('the least ceiling, the greatest floor, every allow list, all denials', () => {
    const joined = joinPreferences(
      [
        { maxCostUsd: 5, minQuality: 0.2, allow: ['a*'], deny: ['x'] },
        { maxCostUsd: 3, maxLatencyMs: 10, allow: ['*b'], deny: ['y', 'x'] },
      ],
      { maxCostUsd: 4, minQuality: 0.6, allow: [['c']], deny: ['z'] },
    )
    expect(joined).toEqual({
      lambda: defaultLambda,
      maxCostUsd: 3,
      maxLatencyMs: 10,
      minQuality: 0.6,
      allow: [['c'], ['a*'], ['*b']],
      deny: ['z', 'x', 'y'],
    })
  })

  const pattern = fc.string({ minLength: 1, maxLength: 5 })
  const layers: fc.Arbitrary<PreferenceLayer> = fc.record(
    {
      lambda: fc.double({ min: 0, max: 1e9, noNaN: true }),
      maxCostUsd: fc.double({ min: 0, max: 10, noNaN: true }),
      maxLatencyMs: fc.double({ min: 1, max: 1e5, noNaN: true }),
      minQuality: fc.double({ min: 0, max: 1, noNaN: true }),
      allow: fc.array(pattern, { minLength: 1, maxLength: 3 }),
      deny: fc.array(pattern, { maxLength: 3 }),
    },
    { requiredKeys: [] },
  )

  test('one more layer can only tighten, whatever its place', () => {
    fc.assert(
      fc.property(fc.array(layers, { maxLength: 4 }), layers, fc.nat(4), (given, added, place) => {
        const before = joinPreferences(given)
        const after = joinPreferences(given.toSpliced(place, 0, added))
        const infinity = Number.POSITIVE_INFINITY
        expect(after.maxCostUsd ?? infinity).toBeLessThanOrEqual(before.maxCostUsd ?? infinity)
        expect(after.maxLatencyMs ?? infinity).toBeLessThanOrEqual(before.maxLatencyMs ?? infinity)
        expect(after.minQuality ?? 0).toBeGreaterThanOrEqual(before.minQuality ?? 0)
        for (const list of before.allow) expect(after.allow).toContain(list)
        expect(after.deny).toEqual(expect.arrayContaining([...before.deny]))
      }),
    )
  })

  test('any JSON is either refused by name or gives numbers in range', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('lambda', 'quality_weight', 'max_cost_usd', 'allow'), fc.jsonValue()),
        (body) => {
          try {
            const { lambda, maxCostUsd } = parsePreferenceBody(body)
            expect(lambda ?? 0).toBeGreaterThanOrEqual(0)
            expect(lambda ?? 0).toBeLessThanOrEqual(maxLambda)
            expect(Number.isFinite(maxCostUsd ?? 0)).toBe(true)
          } catch (error) {
            expect(error).toBeInstanceOf(RoutingError)
          }
        },
      ),
    )
  })
})
