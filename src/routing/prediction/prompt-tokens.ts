import { explicitFeatureNames } from '../embedding/explicit-features.ts'
import type { RoutingContext } from '../embedding/routing-context.ts'
import { estimatedTokens } from '../request.ts'

const logCharacters = explicitFeatureNames.indexOf('logCharacters')
const nonAsciiShare = explicitFeatureNames.indexOf('nonAsciiShare')
const cjkShare = explicitFeatureNames.indexOf('cjkShare')
const logUserTurns = explicitFeatureNames.indexOf('logUserTurns')

/**
 * {@link estimatedTokens} of the user's turns, from what a context keeps of them: exact for ASCII; other characters count as two
 * bytes, CJK as three, in the share they have in the text read. 0 when nothing was embedded.
 */
export function estimatedPromptTokens({ explicit }: RoutingContext): number {
  if (explicit.length === 0) return 0
  // Features are only ever appended: a stored context may lack the later ones.
  const feature = (index: number) => explicit[index] ?? 0
  const bytes = Math.expm1(feature(logCharacters)) * (1 + feature(nonAsciiShare) + feature(cjkShare))
  return estimatedTokens(bytes, Math.expm1(feature(logUserTurns)))
}
