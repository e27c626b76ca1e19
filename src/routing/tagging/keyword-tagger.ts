import { readLineStarts } from '../embedding/line-starts.ts'
import { embeddedCharacters } from '../embedding/ngram-hasher.ts'
import { readTextSurface } from '../embedding/text-surface.ts'
import { type KeywordTag, keywordTags } from './keyword-tags.ts'
import { type StructuralTag, structuralTags, type TextForm } from './structural-tags.ts'
import { bySureness, type Tag, type Tagger } from './tagger.ts'

/** What is asked stands at the beginning or at the end; what lies between is material. Characters. */
const readAtStart = 300
const readAtEnd = 700

/** A trie of cues by word. */
interface CueNode {
  readonly next: Map<string, CueNode>
  /** Cues that end here: the cue's number and those of the tags it speaks for. */
  cue: number
  readonly tags: number[]
}

/**
 * Tags by what a text says of itself: words of a task, a subject or a language, and its form. Nothing is learned.
 *
 * A keyword tag holds when at least `least` of its cues occur; k of them give the confidence 1 − 2⁻ᵏ. Words are read in
 * the first 300 and the last 700 characters. About .1 ms a prompt.
 */
export class KeywordTagger implements Tagger {
  readonly tags: readonly string[]
  readonly #keywords: readonly KeywordTag[]
  readonly #structural: readonly StructuralTag[]
  readonly #root: CueNode = newNode()

  /** @param keywords by default those of this release. @param structural likewise. Names must be unique over both. */
  constructor(keywords: readonly KeywordTag[] = keywordTags, structural: readonly StructuralTag[] = structuralTags) {
    this.#keywords = keywords
    this.#structural = structural
    this.tags = [...keywords, ...structural].map(({ name }) => name)
    let cue = 0
    keywords.forEach(({ cues }, tag) => {
      for (const phrase of cues) cue = this.#addCue(phrase, tag, cue)
    })
  }

  tag(text: string): readonly Tag[] {
    const found: Tag[] = []
    this.#countCues(text).forEach((count, tag) => {
      const { name, least } = this.#keywords[tag]!
      if (count >= least) found.push({ name, confidence: 1 - 2 ** -count })
    })
    const form: TextForm = {
      text: text.slice(-embeddedCharacters),
      characters: text.length,
      surface: readTextSurface(text),
      lines: readLineStarts(text),
    }
    for (const { name, confidence } of this.#structural) {
      const sureness = confidence(form)
      if (sureness > 0) found.push({ name, confidence: sureness })
    }
    return bySureness(found)
  }

  /** @returns the number of the next new cue. */
  #addCue(phrase: string, tag: number, next: number): number {
    let node = this.#root
    for (const word of phrase.split(' ')) {
      let child = node.next.get(word)
      if (child === undefined) {
        child = newNode()
        node.next.set(word, child)
      }
      node = child
    }
    node.tags.push(tag)
    if (node.cue !== -1) return next
    node.cue = next
    return next + 1
  }

  /** How many different cues of each keyword tag occur. */
  #countCues(text: string): Map<number, number> {
    const words = wordsOf(text)
    const counts = new Map<number, number>()
    const seen = new Set<number>()
    for (let i = 0; i < words.length; i++) {
      let node: CueNode | undefined = this.#root.next.get(words[i]!)
      for (let j = i + 1; node !== undefined; j++) {
        if (node.cue !== -1 && !seen.has(node.cue)) {
          seen.add(node.cue)
          for (const tag of node.tags) counts.set(tag, (counts.get(tag) ?? 0) + 1)
        }
        node = j < words.length ? node.next.get(words[j]!) : undefined
      }
    }
    return counts
  }
}

function newNode(): CueNode {
  return { next: new Map(), cue: -1, tags: [] }
}

function wordsOf(text: string): readonly string[] {
  const read = text.length <= readAtStart + readAtEnd ? text : `${text.slice(0, readAtStart)} ${text.slice(-readAtEnd)}`
  return read.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}
