import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultPreference } from '../decision/routing-preference.ts'
import { RoutingError } from '../errors.ts'
import { noNeeds, plainShape, type RequestShape, type RoutingRequest } from '../request.ts'
import { type ExplicitFeatureName, explicitFeatureNames, writeExplicitFeatures } from './explicit-features.ts'

/** Any UTF-16 code units, lone surrogates and NUL among them; half of each text is ASCII. */
const anyString = fc
  .array(fc.oneof(fc.nat(0x7f), fc.nat(0xffff)), { maxLength: 300 })
  .map((codeUnits) => String.fromCharCode(...codeUnits))

function requestOf(userText: string, shape: RequestShape = plainShape): RoutingRequest {
  return {
    userText,
    shape,
    needs: noNeeds,
    inputTokens: 10,
    maxOutputTokens: undefined,
    choices: 1,
    preference: defaultPreference,
    pinnedLlm: undefined,
    conversationId: undefined,
  }
}

function featuresOf(userText: string, shape?: RequestShape): Readonly<Record<ExplicitFeatureName, number>> {
  const out = new Float32Array(explicitFeatureNames.length).fill(Number.NaN)
  writeExplicitFeatures(requestOf(userText, shape), out)
  return Object.fromEntries(explicitFeatureNames.map((name, i) => [name, out[i]!])) as Record<
    ExplicitFeatureName,
    number
  >
}

test('counts and shares of a plain question', () => {
  const features = featuresOf('Which of 12 is EVEN?')
  expect(features.logCharacters).toBeCloseTo(Math.log(21), 6)
  expect(features.logWords).toBeCloseTo(Math.log(6), 6)
  expect(features.meanWordLength).toBeCloseTo(15 / 5, 6)
  expect(features.digitShare).toBeCloseTo(2 / 20, 6)
  expect(features.upperCaseShare).toBeCloseTo(5 / 20, 6)
  expect(features.logQuestionMarks).toBeCloseTo(Math.log(2), 6)
  expect(features.questionStart).toBe(1)
  for (const name of [
    'newlineShare',
    'nonAsciiShare',
    'mathShare',
    'codeMarker',
    'jsonMarker',
    'logOptionLines',
  ] as const) {
    expect(features[name], name).toBe(0)
  }
})

test('sizes of everything else', () => {
  const shape = { systemChars: 9, assistantChars: 4, toolOutputChars: 99, userTurns: 3, toolCount: 2, imageCount: 1 }
  const features = featuresOf('', shape)
  expect(features.logSystemCharacters).toBeCloseTo(Math.log(10), 6)
  expect(features.logAssistantCharacters).toBeCloseTo(Math.log(5), 6)
  expect(features.logToolOutputCharacters).toBeCloseTo(Math.log(100), 6)
  expect(features.logUserTurns).toBeCloseTo(Math.log(4), 6)
  expect(features.logTools).toBeCloseTo(Math.log(3), 6)
  expect(features.logImages).toBeCloseTo(Math.log(2), 6)
  expect(features.logCharacters).toBe(0)
  expect(features.meanWordLength).toBe(0)
})

test.each([
  ['```\nx\n```', 1],
  ['Fix this:\n    def f(x):', 1],
  ['#include <stdio.h>', 1],
  ['The import of steel was a function of price.', 0],
  ['definitely', 0],
])('code marker of %j', (text, expected) => {
  expect(featuresOf(text).codeMarker).toBe(expected)
})

test.each([
  ['{"name": 1}', 1],
  ['{\n  "name": 1}', 1],
  ['Answer in JSON.', 1],
  ['as Json', 1],
  ['{name} said "yes"', 0],
  ['jsonnet', 0],
  ['bjson', 0],
])('JSON marker of %j', (text, expected) => {
  expect(featuresOf(text).jsonMarker).toBe(expected)
})

test.each([
  ['A. one\nB. two\n  C. three', 3],
  ['(A) one\n(B) two', 2],
  ['D) one\nE: two', 2],
  ['A dog.\nZ. is no option', 0],
  ['Is it A. or B.', 0],
])('option lines of %j', (text, expected) => {
  expect(featuresOf(text).logOptionLines).toBeCloseTo(Math.log1p(expected), 6)
})

test.each([
  ['How many?', 1],
  ['  WHO said so', 1],
  ['Read this.\n\nwhat follows?\n\n', 1],
  ['Read this.\nWhat a day.\nThe end.', 0],
  ['However, no', 0],
  ['whatsoever', 0],
])('question start of %j', (text, expected) => {
  expect(featuresOf(text).questionStart).toBe(expected)
})

test('mathematics, scripts and code symbols', () => {
  expect(featuresOf('$x^2$').mathShare).toBeCloseTo(3 / 5, 6)
  expect(featuresOf('∑∈').mathShare).toBe(1)
  expect(featuresOf('{a;}').codeSymbolShare).toBeCloseTo(3 / 4, 6)
  const chinese = featuresOf('数学ab？')
  expect(chinese.cjkShare).toBeCloseTo(2 / 5, 6)
  expect(chinese.nonAsciiShare).toBeCloseTo(3 / 5, 6)
  expect(chinese.logWords).toBeCloseTo(Math.log(4), 6)
  expect(chinese.logQuestionMarks).toBeCloseTo(Math.log(2), 6)
  expect(featuresOf('Привет мир').logWords).toBeCloseTo(Math.log(3), 6)
})

test('a long text counts with its whole length, its content with its end', () => {
  const features = featuresOf('9'.repeat(1_000_000) + 'a'.repeat(6000))
  expect(features.logCharacters).toBeCloseTo(Math.log(1_006_001), 5)
  expect(features.digitShare).toBe(0)
})

test('finite for any text and any sizes; shares and markers within [0, 1]', () => {
  const size = fc.oneof(fc.double(), fc.integer())
  const shape = fc.record({
    systemChars: size,
    assistantChars: size,
    toolOutputChars: size,
    userTurns: size,
    toolCount: size,
    imageCount: size,
  })
  fc.assert(
    fc.property(anyString, shape, (text, sizes) => {
      const features = featuresOf(text, sizes)
      for (const name of explicitFeatureNames) {
        expect(Number.isFinite(features[name]), name).toBe(true)
        expect(features[name], name).toBeGreaterThanOrEqual(0)
        if (/Share|Marker|Start/.test(name)) expect(features[name], name).toBeLessThanOrEqual(1)
      }
    }),
    { seed: 1, numRuns: 200 },
  )
})

test('refuses a buffer of another length', () => {
  expect(() => writeExplicitFeatures(requestOf('x'), new Float32Array(3))).toThrow(RoutingError)
})
