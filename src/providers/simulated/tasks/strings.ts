import { gradeNumber, gradeText, gradeYesNo, wrongNumber } from './grading.ts'
import { integer, pick, pickSome, type TaskKind } from './task-kind.ts'

const vocabulary = [
  'signal',
  'railway',
  'platform',
  'lantern',
  'junction',
  'carriage',
  'timetable',
  'whistle',
  'level',
  'rotor',
  'conductor',
  'locomotive',
  'strawberry',
  'balloon',
  'committee',
  'radar',
] as const

const quoted = /"([^"]{1,200})"|“([^”]{1,200})”|'([^']{1,200})'|`([^`]{1,200})`/

/** Letters and words: reverse, count, sort, spell in capitals, palindromes. */
export const strings: TaskKind = {
  name: 'strings',
  example: 'How many times does the letter r appear in "strawberry"?',

  generate(random) {
    const word = pick(random, vocabulary)
    const letter = pick(random, Array.from(word))
    const list = pickSome(random, vocabulary, integer(random, 4, 6))
    const reversed = Array.from(word).reverse().join('')
    return pick(random, [
      { prompt: `Reverse the word "${word}".`, answer: reversed },
      {
        prompt: `How many times does the letter ${letter} appear in "${word}"?`,
        answer: String(word.split(letter).length - 1),
      },
      { prompt: `How many letters are in the word "${word}"?`, answer: String(word.length) },
      { prompt: `How many words are in this text: "${list.join(' ')}"?`, answer: String(list.length) },
      { prompt: `Sort these words alphabetically: ${list.join(', ')}`, answer: [...list].sort().join(', ') },
      { prompt: `Write "${word}" in capital letters.`, answer: word.toUpperCase() },
      { prompt: `Is "${word}" a palindrome? Answer yes or no.`, answer: reversed === word ? 'yes' : 'no' },
    ])
  },

  solve(prompt) {
    if (prompt.length > 2000) return undefined
    const list = /sort (?:these|the following) words(?: alphabetically| in alphabetical order)?\s*:\s*([^\n]+)/i.exec(
      prompt,
    )
    if (list !== null) return sortedWords(list[1]!)
    const text = textIn(prompt)
    return text === undefined ? undefined : solveOne(prompt, text)
  },

  wrongAnswer(answer, random) {
    if (/^\d+$/.test(answer)) return wrongNumber(answer, random)
    if (answer === 'yes' || answer === 'no') return answer === 'yes' ? 'no' : 'yes'
    if (answer.includes(', ')) return swapped(answer.split(', '), random).join(', ')
    return swapped(Array.from(answer), random).join('')
  },

  grade(answer, reply) {
    if (/^\d+$/.test(answer)) return gradeNumber(answer, reply)
    if (answer === 'yes' || answer === 'no') return gradeYesNo(answer, reply)
    // Capitals are the point of that task, and `gradeText` does not see them.
    if (answer === answer.toUpperCase() && !reply.includes(answer)) return 0
    return gradeText(answer, reply)
  },
}

/** The quoted text of a prompt, or the single word after “the word”. */
function textIn(prompt: string): string | undefined {
  const match = quoted.exec(prompt)
  if (match !== null) return match[1] ?? match[2] ?? match[3] ?? match[4]
  return (
    /\b(?:the word|the string|the name)\s+([\p{L}\d]+)/iu.exec(prompt)?.[1] ??
    /\bin\s+([\p{L}]+)\s*\?/iu.exec(prompt)?.[1]
  )
}

function solveOne(prompt: string, text: string): string | undefined {
  const letter =
    /(?:letter|character)s?\s+["'“`]?(\p{L})["'”`]?(?![\p{L}])|how many\s+["'“`]?(\p{L})["'”`]?(?:'?s)?\s+(?:are|in)/iu.exec(
      prompt,
    )
  const counted = letter?.[1] ?? letter?.[2]
  if (counted !== undefined && /how (?:many|often)|count/i.test(prompt)) {
    return String(text.toLowerCase().split(counted.toLowerCase()).length - 1)
  }
  if (/palindrome/i.test(prompt)) {
    const letters = Array.from(text.toLowerCase().replace(/[^\p{L}\d]/gu, ''))
    return letters.join('') === letters.reverse().join('') ? 'yes' : 'no'
  }
  if (/\brevers(?:e|ed)\b|\bbackwards?\b/i.test(prompt)) return Array.from(text).reverse().join('')
  if (/how many words|number of words|count the words/i.test(prompt)) {
    return String(text.split(/\s+/).filter((word) => word !== '').length)
  }
  if (/how many letters|number of letters/i.test(prompt)) return String(text.match(/\p{L}/gu)?.length ?? 0)
  if (/how many characters|number of characters/i.test(prompt)) return String(Array.from(text).length)
  if (/upper ?-?case|capital letters|\bcapitals\b/i.test(prompt)) return text.toUpperCase()
  if (/lower ?-?case|small letters/i.test(prompt)) return text.toLowerCase()
  return undefined
}

function sortedWords(list: string): string | undefined {
  const words = list
    .replace(/[.?!]\s*$/, '')
    .split(/\s*,\s*(?:and\s+)?|\s+and\s+/)
    .map((word) => word.replace(/^["'“]|["'”]$/g, ''))
    .filter((word) => word !== '')
  if (words.length < 2) return undefined
  return words.sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)).join(', ')
}

/** The same items with two different neighbours in each other's place; one more item where all are alike. */
function swapped(items: readonly string[], random: { next(): number }): string[] {
  const places = items.flatMap((item, i) => (i + 1 < items.length && item !== items[i + 1] ? [i] : []))
  if (places.length === 0) return [...items, items.at(-1) ?? '?']
  const at = places[Math.floor(random.next() * places.length)]!
  const result = [...items]
  result[at] = items[at + 1]!
  result[at + 1] = items[at]!
  return result
}
