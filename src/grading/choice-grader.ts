import { containsPhrase, evenOut } from './even-out.ts'
import { announcedAnswer, boxedAnswer, withoutThinking } from './final-answer.ts'
import type { Grader } from './grader.ts'
import type { GraderSpec } from './grader-spec.ts'
import { verdict } from './verdict.ts'

/** Named are several options, so that none is chosen. */
const several = 'several'

const openingPattern =
  /^[*_"'“]*(?:option|choice|answer)?[\s*_"'“([]{0,9}([a-z])(?:[\s*_"'”)\]]*$|[*_"'”]*([)\].:,–—-]+.*)$|[*_]+(.*)$|[*_"'”]*[ \t]*(\n.*)$)/isu

/** "B because C is in Spain", "A is the correct answer": what else is named is explained. Not "A correct answer", not "B as well as C". */
const statedPattern =
  /^[*_"'“]*(?:(?:option|choice|answer)\s+)?[*_"'“([]{0,9}([A-Z])[)\]*_"'”]{0,9}\s+(?:because|since|rather than|instead of|over|as(?!\s+well)|is (?:the )?(?:only |most )?(?:correct|right|best|true|accurate|appropriate|answer))\b/iu

/** Behind a letter: another one that is meant as well. */
const alternative =
  /^[\s,*)\].:]*(?:or|and|\/|&)[\s*([]*([a-z])(?![\p{L}\p{N}'’])|^[\s*)\]]*,[\s*([]*([b-hj-z](?![\p{L}\p{N}'’])|[ai](?=[\s*)\]]*(?:$|[,.;])))/iu

/** An opening is short; what follows it is explanation. */
const openingCharacters = 2_000

type ChoiceSpec = Extract<GraderSpec, { kind: 'choice' }>

/** 1 where the answer settles on the right option, by its letter or its text; 0 otherwise, also where it names several. */
export function createChoiceGrader({ answer, options }: ChoiceSpec): Grader {
  const texts = options.map(evenOut)
  return {
    grade: async ({ text }) => {
      const chosen = chosenOption(withoutThinking(text), texts)
      return verdict(chosen === answer, chosen === undefined ? 'no single option is named' : undefined)
    },
  }
}

/**
 * The letter an answer settles on: in what it boxes, else in what it announces, else in the whole of it.
 *
 * @param texts of the options, evened out.
 * @returns undefined where none is named, or several.
 */
export function chosenOption(text: string, texts: readonly string[]): string | undefined {
  for (const place of [boxedAnswer(text), announcedAnswer(text), text]) {
    const option = place === undefined ? undefined : optionIn(place, texts)
    if (option !== undefined) return option === several ? undefined : option
  }
  return undefined
}

/**
 * "B", "(B)", "B. Paris", "**B) Paris**", "Option B": the text begins with its letter. Not "A good question".
 *
 * @returns `several` where it goes on with another ("B or C"), or with the text of another ("B) London").
 */
function openingLetter(text: string, texts: readonly string[]): string | undefined {
  const opening = text.trim().slice(0, openingCharacters)
  const match = openingPattern.exec(opening) ?? statedPattern.exec(opening)
  const letter = match?.[1]?.toUpperCase()
  if (letter === undefined || !isLetterOf(letter, texts)) return undefined
  const rest = match?.[2] ?? match?.[3] ?? match?.[4] ?? ''
  const [, joined, listed] = alternative.exec(rest) ?? []
  const other = (joined ?? listed)?.toUpperCase()
  if (other !== undefined && other !== letter && isLetterOf(other, texts)) return several
  // "A. London: no\nB. Paris: yes": it goes through them all.
  if (letter === 'A' && /^[\s*_(]*B[*_]*(?:[).:]|[ \t]*$)/mu.test(rest)) return several
  const said = texts.indexOf(evenOut(rest))
  return said === -1 || letterOf(said) === letter ? letter : several
}

/** By its letter; where there is none, by its text. */
function optionIn(place: string, texts: readonly string[]): string | undefined {
  const letter = openingLetter(place, texts)
  if (letter !== undefined) return letter
  const said = texts.indexOf(evenOut(place))
  if (said !== -1) return letterOf(said)
  const letters = lettersIn(place, texts)
  return only(letters.size > 0 ? letters : textsIn(evenOut(place), texts))
}

/** Capital letters on their own; "A" and "I" only where something sets them off, because they are words too. */
function lettersIn(place: string, texts: readonly string[]): Set<string> {
  const found = new Set<string>()
  const setOff =
    /(?:[([]\s*|\*\*|(?:[Oo]ption|[Cc]hoice|[Aa]nswer)\s+)([A-Z])(?![\p{L}\p{N}'’])|(?<![\p{L}\p{N}'’])([B-HJ-Z])(?![\p{L}\p{N}'’])|(?:^|(?:,|\b(?:or|and|[Bb]oth|[Ee]ither|is|be|choose|chose|pick|select|with|say|for)|['’]s)\s+)([AI])(?=\s*(?:$|[,.;)!]|or\b|and\b))/gu
  for (const match of place.matchAll(setOff)) {
    const letter = match[1] ?? match[2] ?? match[3]
    if (letter !== undefined && isLetterOf(letter, texts)) found.add(letter)
  }
  return found
}

/** An option that stands only within the text of a longer one that is named too is not meant. */
function textsIn(place: string, texts: readonly string[]): Set<string> {
  const longestFirst = texts
    .map((text, i) => ({ text, letter: letterOf(i) }))
    .sort((a, b) => b.text.length - a.text.length)
  const found = new Set<string>()
  let left = place
  for (const { text, letter } of longestFirst) {
    if (!containsPhrase(left, text)) continue
    found.add(letter)
    left = ` ${left} `.replaceAll(` ${text} `, ' \u0000 ').trim()
  }
  return found
}

function only(letters: ReadonlySet<string>): string | undefined {
  const [letter] = letters
  return letters.size > 1 ? several : letter
}

function isLetterOf(letter: string, texts: readonly string[]): boolean {
  const index = letter.charCodeAt(0) - 65
  return index >= 0 && index < texts.length
}

function letterOf(index: number): string {
  return String.fromCharCode(65 + index)
}
