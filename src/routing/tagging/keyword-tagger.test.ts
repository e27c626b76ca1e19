import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeywordTagger } from './keyword-tagger.ts'
import { keywordTags } from './keyword-tags.ts'
import { structuralTags } from './structural-tags.ts'

/** Any UTF-16 code units, lone surrogates too, between pieces that tags look for. */
const anyText = fc
  .array(
    fc.oneof(
      fc.nat(0xffff).map((code) => String.fromCharCode(code)),
      fc.constantFrom('A) ', 'x = $y$', ' why? ', '\n'),
    ),
    { maxLength: 80 },
  )
  .map((pieces) => pieces.join(''))

const tagger = new KeywordTagger()
const namesOf = (text: string) => tagger.tag(text).map(({ name }) => name)

describe('KeywordTagger', () => {
  it('has more than forty tags, no name twice, no cue twice in one tag', () => {
    expect(tagger.tags.length).toBeGreaterThanOrEqual(40)
    expect(new Set(tagger.tags).size).toBe(tagger.tags.length)
    for (const { cues, least } of keywordTags) {
      expect(new Set(cues).size).toBe(cues.length)
      expect(cues.length).toBeGreaterThanOrEqual(least)
    }
  })

  it.each([
    ['Translate into French: good morning', 'translation'],
    ['A triangle has a right angle and a hypotenuse of 5. Find its perimeter.', 'geometry'],
    ['The defendant was sued; the court must decide whether there was negligence.', 'law'],
    ['Wie heißt die Hauptstadt und was ist das für ein Fluss?', 'german'],
    ['def f(x):\n    return x', 'code'],
    ['Solve $\\frac{1}{2} + x = 3$', 'tex'],
    ['Which one?\nA) red\nB) green\nC) blue', 'multiple-choice'],
    ['Question: which? Choices: (A) red, (B) green', 'multiple-choice'],
    ['Tom gave it to Jim because _ was kind.', 'blank-to-fill'],
    ['Столица Франции — Париж, это большой город', 'cyrillic'],
    ['フランスの首都はどこですか', 'japanese'],
    ['Return {"name": "x"} as JSON', 'json'],
  ])('reads %j as %s', (text, tag) => {
    expect(namesOf(text)).toContain(tag)
  })

  it('asks for as many different cues as a tag says', () => {
    const own = new KeywordTagger([{ name: 'sea', kind: 'subject', least: 2, cues: ['ship', 'sail', 'high tide'] }], [])
    expect(own.tag('a ship, a ship, a SHIP')).toEqual([])
    expect(own.tag('a ship at high noon')).toEqual([])
    expect(own.tag('A ship at high tide.')).toEqual([{ name: 'sea', confidence: 0.75 }])
    expect(own.tag('Sail the ship at high tide')).toEqual([{ name: 'sea', confidence: 0.875 }])
  })

  it('reads the beginning and the end of a long text', () => {
    const filler = ' lorem ipsum'.repeat(500)
    expect(namesOf(`Summarize this.${filler}`)).toContain('summarisation')
    expect(namesOf(`${filler} Write a haiku.`)).toContain('creative-writing')
    expect(namesOf(`${filler} haiku ${filler}`)).not.toContain('creative-writing')
    expect(namesOf(filler)).toContain('long')
  })

  it('keeps its law for any text: known names, each once, by falling confidence in (0, 1]', () => {
    const known = new Set(tagger.tags)
    fc.assert(
      fc.property(anyText, (text) => {
        const tags = tagger.tag(text)
        expect(new Set(tags.map(({ name }) => name)).size).toBe(tags.length)
        tags.forEach(({ name, confidence }, i) => {
          expect(known.has(name)).toBe(true)
          expect(confidence).toBeGreaterThan(0)
          expect(confidence).toBeLessThanOrEqual(i === 0 ? 1 : tags[i - 1]!.confidence)
        })
      }),
      { numRuns: 100 },
    )
  })

  it('stays linear on texts made to slow a pattern down', () => {
    const hostile = ['\n'.repeat(200_000), '$'.repeat(200_000), '| '.repeat(100_000), '_ '.repeat(100_000)]
    const start = performance.now()
    for (const text of hostile) tagger.tag(text)
    expect(performance.now() - start).toBeLessThan(2000)
    expect(structuralTags.length).toBeGreaterThan(10)
  })
})
