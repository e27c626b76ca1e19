import { claudeTraits } from '../anthropic/claude-traits.ts'
import { geminiTraits } from '../gemini/gemini-model.ts'

/** Of OpenAI's documentation: later ones think only when asked, and of those not named here it does not say. */
const openAiThinkers =
  /(?:^|\/|openai\.)(?:o[134](?:-mini|-pro)?|gpt-5(?:-mini|-nano|-pro|-codex)?)(?:-20\d\d-\d\d-\d\d)?$/
/** The latter two as Bedrock names them too, behind their maker and a dot. */
const otherThinkers = /(?:^|\/)deepseek-reasoner\b|(?:^|\/|\.)(?:deepseek[-.]r1\b|gpt-oss-)/

/**
 * Whether a model thinks although the request does not ask for it, by its name wherever it is served. Undefined: not known.
 */
export function reasonsUnasked(upstreamModel: string): boolean | undefined {
  const name = upstreamModel.toLowerCase()
  if (name.includes('claude')) return claudeTraits(name).thinksByDefault
  const gemini = /gemini-.*$/.exec(name)?.[0]
  if (gemini !== undefined) {
    const { thinking } = geminiTraits(gemini)
    // Flash-Lite of 2.5 is the one that thinks only when given a budget; its least budget is where it differs.
    return thinking.kind === 'level' || (thinking.kind === 'budget' && !gemini.includes('flash-lite'))
  }
  return openAiThinkers.test(name) || otherThinkers.test(name) ? true : undefined
}
