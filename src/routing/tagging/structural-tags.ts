import type { LineStarts } from '../embedding/line-starts.ts'
import type { TextSurface } from '../embedding/text-surface.ts'

/** What a structural tag may look at. */
export interface TextForm {
  /** The end of the text, at most 6,000 characters: what the surface was read from. */
  readonly text: string
  /** Of the whole text. */
  readonly characters: number
  readonly surface: TextSurface
  readonly lines: LineStarts
}

/** A tag of form: how the request looks, whatever it is about. */
export interface StructuralTag {
  readonly name: string
  /** @returns the confidence, [0, 1]; 0 where the tag does not hold. */
  readonly confidence: (form: TextForm) => number
}

/** Characters; a question of one or two sentences, and more than a page. */
const shortText = 200
const longText = 3000

/** A blank to be filled is a run of underscores, or one that stands alone. */
const blank = /_{3,}|(?:^|\s)_(?=[\s.,])/u

/** Formulas in TeX. */
const tex = /\\(?:frac|sqrt|begin|left|cdot|times|text|boxed|sum|int|pi|mathbb)\b|\$[^$\n]{1,200}\$/u

const dialogue = /^[ \t]*(?:user|assistant|human|system|q|a|speaker \d)[ \t]*:/imu

const bullet = /^[ \t]*(?:[-*•]|\d{1,2}[.)])[ \t]+\S/gmu

const fewShot = /\b(?:answer|output|a):\s{0,3}\S/giu

const link = /https?:\/\//u

/** More matches than this change nothing. */
const enoughMatches = 5

/** Tag names of scripts that a language goes by, with their Unicode names. */
const scripts = {
  cyrillic: 'Cyrillic',
  greek: 'Greek',
  arabic: 'Arabic',
  hebrew: 'Hebrew',
  devanagari: 'Devanagari',
  thai: 'Thai',
  korean: 'Hangul',
  chinese: 'Han',
} as const

/** Share of the letters that makes a script the text's own. */
const scriptShare = 0.2

/** Every tag of form; names are unique, and no keyword tag has one of them. */
export const structuralTags: readonly StructuralTag[] = [
  {
    name: 'multiple-choice',
    confidence: ({ lines, text }) => sure(lines.optionLines >= 2 || countInlineOptions(text) >= 2, 0.95),
  },
  { name: 'many-options', confidence: ({ lines }) => sure(lines.optionLines >= 6, 0.8) },
  {
    name: 'code',
    confidence: ({ lines, surface }) => (lines.codeMarked ? 0.95 : sure(codeShare(surface) > 0.03, 0.7)),
  },
  { name: 'json', confidence: ({ surface }) => sure(surface.jsonMarked, 0.9) },
  { name: 'tex', confidence: ({ text }) => sure(tex.test(text), 0.95) },
  { name: 'formula', confidence: ({ surface }) => sure(share(surface.mathSymbols, surface) > 0.005, 0.8) },
  { name: 'numeric', confidence: ({ surface }) => sure(share(surface.digits, surface) > 0.03, 0.7) },
  { name: 'blank-to-fill', confidence: ({ text }) => sure(blank.test(text), 0.9) },
  {
    name: 'question',
    confidence: ({ surface, lines }) => (lines.startsWithQuestion ? 0.9 : sure(surface.questionMarks > 0, 0.7)),
  },
  { name: 'several-questions', confidence: ({ surface }) => sure(surface.questionMarks >= 3, 0.7) },
  { name: 'list', confidence: ({ text }) => sure(countMatches(text, bullet) >= 3, 0.8) },
  { name: 'dialogue', confidence: ({ text }) => sure(dialogue.test(text), 0.7) },
  { name: 'few-shot', confidence: ({ text }) => sure(countMatches(text, fewShot) >= 3, 0.8) },
  { name: 'link', confidence: ({ text }) => sure(link.test(text), 0.9) },
  { name: 'table', confidence: ({ text }) => sure(/^[^|\n]*\|[^|\n]*\|/mu.test(text), 0.7) },
  { name: 'short', confidence: ({ characters }) => sure(characters < shortText, 1) },
  { name: 'long', confidence: ({ characters }) => sure(characters > longText, 1) },
  { name: 'japanese', confidence: ({ text, surface }) => sure(surface.cjk > 0 && /[\u3040-\u30ff]/u.test(text), 0.95) },
  ...Object.entries(scripts).map(([name, script]) => scriptTag(name, script)),
]

function scriptTag(name: string, script: string): StructuralTag {
  const letter = new RegExp(`\\p{Script=${script}}`, 'gu')
  return {
    name,
    confidence: ({ text, surface }) => {
      if (surface.nonAscii === 0) return 0
      const found = text.match(letter)?.length ?? 0
      return sure(found > scriptShare * Math.max(1, surface.wordCharacters), 0.95)
    },
  }
}

function sure(holds: boolean, confidence: number): number {
  return holds ? confidence : 0
}

function share(count: number, surface: TextSurface): number {
  return surface.characters > 0 ? count / surface.characters : 0
}

function codeShare(surface: TextSurface): number {
  return share(surface.codeSymbols, surface)
}

/** Options within a line, `(A) … (B) …`: by rising letters. */
function countInlineOptions(text: string): number {
  let found = 0
  for (const letter of 'ABCDE') {
    if (!text.includes(`(${letter})`)) break
    found++
  }
  return found
}

function countMatches(text: string, pattern: RegExp): number {
  let found = 0
  for (const _ of text.matchAll(pattern)) if (++found >= enoughMatches) break
  return found
}
