import { requireDimension } from '../errors.ts'
import type { RoutingRequest } from '../request.ts'
import { readLineStarts } from './line-starts.ts'
import { readTextSurface } from './text-surface.ts'

/** Content comes from the user's own text, everything else counts as a size (mathematics §1). Part of stored contexts: only append. */
export const explicitFeatureNames = [
  'logCharacters',
  'logWords',
  'meanWordLength',
  'digitShare',
  'newlineShare',
  'upperCaseShare',
  'nonAsciiShare',
  'cjkShare',
  'mathShare',
  'codeSymbolShare',
  'codeMarker',
  'jsonMarker',
  'logOptionLines',
  'logQuestionMarks',
  'questionStart',
  'logUserTurns',
  'logSystemCharacters',
  'logAssistantCharacters',
  'logToolOutputCharacters',
  'logTools',
  'logImages',
] as const

export type ExplicitFeatureName = (typeof explicitFeatureNames)[number]

/**
 * Writes a request's explicit features in the order of {@link explicitFeatureNames}. Shares are of the characters
 * read (the end of the text) and lie in [0, 1], as do markers; `log…` is ln(1 + size); `meanWordLength` is in
 * characters. Finite for any request. Reads at most 6,000 characters.
 *
 * @param out shape [explicitFeatureNames.length], overwritten.
 * @throws {RoutingError} `dimension_mismatch`
 */
export function writeExplicitFeatures(request: RoutingRequest, out: Float32Array): void {
  requireDimension('The buffer for explicit features', out.length, explicitFeatureNames.length)
  const { shape, userText } = request
  let next = writeTextFeatures(userText, out)
  out[next++] = logSize(shape.userTurns)
  out[next++] = logSize(shape.systemChars)
  out[next++] = logSize(shape.assistantChars)
  out[next++] = logSize(shape.toolOutputChars)
  out[next++] = logSize(shape.toolCount)
  out[next++] = logSize(shape.imageCount)
}

/** @returns the index of the feature after the last one written. */
function writeTextFeatures(text: string, out: Float32Array): number {
  const surface = readTextSurface(text)
  const lines = readLineStarts(text)
  const share = surface.characters > 0 ? 1 / surface.characters : 0
  let next = 0
  out[next++] = logSize(text.length)
  out[next++] = logSize(surface.words)
  out[next++] = surface.words > 0 ? surface.wordCharacters / surface.words : 0
  out[next++] = surface.digits * share
  out[next++] = surface.newlines * share
  out[next++] = surface.upperCase * share
  out[next++] = surface.nonAscii * share
  out[next++] = surface.cjk * share
  out[next++] = surface.mathSymbols * share
  out[next++] = surface.codeSymbols * share
  out[next++] = lines.codeMarked ? 1 : 0
  out[next++] = surface.jsonMarked ? 1 : 0
  out[next++] = logSize(lines.optionLines)
  out[next++] = logSize(surface.questionMarks)
  out[next++] = lines.startsWithQuestion ? 1 : 0
  return next
}

/** ln(1 + size); 0 for sizes that are not positive numbers, bounded for any other. */
function logSize(size: number): number {
  return size > 0 ? Math.log1p(Math.min(size, Number.MAX_SAFE_INTEGER)) : 0
}
