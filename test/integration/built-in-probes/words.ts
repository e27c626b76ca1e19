/** Answers of the built-in probes about dates, texts, order and plans, worked out a second time by other ways than they were written. */

type Answers = Readonly<Record<string, () => number | string>>

const dayMs = 86_400_000
const at = (year: number, month: number, day: number): number => Date.UTC(year, month - 1, day)
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const weekday = (ms: number): string => weekdays[new Date(ms).getUTCDay()]!
const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
const days = (from: number, to: number): number => (to - from) / dayMs
const daysOf = (year: number, month: number, name: string): number[] =>
  Array.from({ length: 31 }, (_, i) => at(year, month, i + 1)).filter(
    (ms) => new Date(ms).getUTCMonth() === month - 1 && weekday(ms) === name,
  )

export const dates: Answers = {
  'dates-01': () => weekday(at(2025, 4, 2)),
  'dates-02': () => weekday(at(2016, 2, 29)),
  'dates-03': () => weekday(at(1903, 8, 17)),
  'dates-04': () => weekday(at(2101, 1, 1)),
  'dates-05': () => days(at(2023, 5, 20), at(2023, 7, 3)),
  'dates-06': () => days(at(2023, 11, 11), at(2024, 3, 5)),
  'dates-07': () => days(at(1896, 1, 1), at(1912, 1, 1)),
  'dates-08': () => iso(at(2022, 10, 15) + 100 * dayMs),
  'dates-09': () => iso(at(2021, 2, 3) - 45 * 7 * dayMs),
  'dates-10': () =>
    Array.from({ length: 12 }, (_, m) => weekday(at(2026, m + 1, 13))).filter((d) => d === 'Friday').length,
  'dates-11': () =>
    Array.from({ length: 48 }, (_, m) => weekday(at(2011, m + 1, 1))).filter((name) => name === 'Sunday').length,
  'dates-12': () => iso(daysOf(2019, 11, 'Thursday')[2]!),
  'dates-13': () => iso(daysOf(2024, 3, 'Wednesday').at(-1)!),
  'dates-14': () =>
    new Date(Date.parse('2024-01-02T22:35+09:00') + 710 * 60_000 - 5 * 3_600_000).toISOString().slice(11, 16),
  'dates-15': () => new Date(Date.UTC(2024, 0, 1, 19, 50) + 137 * 60_000).toISOString().slice(11, 16),
  'dates-16': () => {
    let lit = 0
    for (let minute = 0; minute < 72 * 60; minute++) {
      const wednesday = minute - 48 * 60
      if (wednesday >= 14 * 60 + 30 && wednesday < 23 * 60 + 15 && minute % (11 * 60) < 7 * 60) lit++
    }
    return lit
  },
}

const reversed = (text: string): string => text.split('').reverse().join('')
const shifted = (text: string, by: number): string =>
  text.replace(/[a-z]/g, (letter) => String.fromCharCode(((letter.charCodeAt(0) - 97 + by + 26) % 26) + 97))
const runs = (text: string): string => text.replace(/(.)\1*/g, (run) => `${run[0]!}${run.length}`)
const sortedLetters = (text: string): string => text.split('').sort().join('')
const quoted = (prompt: string): string => /"([^"]+)"/.exec(prompt)![1]!

/** By probe and prompt: most of what is worked on stands in it. */
export const strings: Readonly<Record<string, (prompt: string) => string>> = {
  'strings-01': (p) => reversed(quoted(p)),
  'strings-02': (p) => reversed(quoted(p)),
  'strings-03': () => 'windowsill corner'.split(/[aeiou]/).join(''),
  'strings-04': (p) =>
    quoted(p)
      .replace(/..(.)/g, '$1')
      .slice(0, Math.floor(quoted(p).length / 3)),
  'strings-05': (p) => reversed(quoted(p).replace(/.(.)/g, '$1')),
  'strings-06': (p) => shifted(quoted(p), 3),
  'strings-07': (p) => shifted(quoted(p), -11),
  'strings-08': (p) => sortedLetters(quoted(p)),
  'strings-09': (p) => reversed(sortedLetters(quoted(p))),
  'strings-10': (p) => runs(quoted(p)),
  'strings-11': (p) =>
    quoted(p).replace(/([a-z])(\d+)/g, (_, letter: string, count: string) => letter.repeat(Number(count))),
  'strings-12': (p) => quoted(p).replace(/\b(\w)(\w*)(\w)\b/g, '$3$2$1'),
  'strings-13': (p) =>
    quoted(p)
      .split(' ')
      .map((word, i) => (i % 2 === 1 ? reversed(word) : word))
      .reverse()
      .join(' '),
  'strings-14': (p) =>
    quoted(p)
      .replace(/(\w)\w*\s*/g, '$1')
      .toUpperCase(),
  'strings-15': (p) => quoted(p).split('ar').join('o').split('ch').join('k'),
  'strings-16': () => {
    let text = 'abcd'
    for (let i = 0; i < 4; i++) text = (text[3]! + text.slice(0, 3)).replace(/^(.)(.)(.)/, '$1$3$2')
    return text
  },
  'strings-17': () => {
    const parts = (text: string) =>
      text
        .split('')
        .flatMap((_, start) => text.split('').map((__, end) => text.slice(start, end + 1)))
        .filter(Boolean)
    const common = parts('lighthouse').filter((part) => 'nightingale'.includes(part))
    return common.sort((a, b) => b.length - a.length)[0]!
  },
  'strings-18': (p) => Buffer.from(quoted(p), 'base64').toString('utf8'),
}

const listed = (prompt: string): string[] => /: ([^:]+?)\. (?:End|Write them)/.exec(prompt)![1]!.split(', ')
const count = (text: string, letters: RegExp): number => (text.match(letters) ?? []).length
const digits = (text: string): number => text.split('').reduce((sum, digit) => sum + Number(digit), 0)
const by =
  (...keys: readonly ((item: string) => number | string)[]) =>
  (a: string, b: string): number => {
    for (const key of keys) {
      const [left, right] = [key(a), key(b)]
      if (left !== right) return left < right ? -1 : 1
    }
    return 0
  }
const power = (text: string): bigint => {
  const [base, exponent] = text.split('^')
  return BigInt(base!) ** BigInt(exponent!)
}
const quotient = (text: string): number => Number(text.split('/')[0]) / Number(text.split('/')[1])
const ones = (text: string): number => count(Number(text).toString(2), /1/g)
const reverseOrder = (word: string): string => word.replace(/[a-z]/g, (c) => String.fromCharCode(219 - c.charCodeAt(0)))
const sorted = (order: (a: string, b: string) => number) => (prompt: string) => listed(prompt).sort(order).join(', ')

/** Fewest reversals of a pile from the top. */
function pancakes(start: string): number {
  let level = [start]
  const seen = new Set(level)
  for (let moves = 0; ; moves++) {
    if (level.includes(start.split('').sort().join(''))) return moves
    level = level.flatMap((stack) =>
      [2, 3, 4, 5, 6]
        .map((size) => reversed(stack.slice(0, size)) + stack.slice(size))
        .filter((next) => !seen.has(next)),
    )
    for (const stack of level) seen.add(stack)
  }
}

function bubbleSwaps(start: readonly number[]): number {
  const row = [...start]
  let swaps = 0
  for (let pass = 0; pass < row.length; pass++) {
    for (let i = 0; i + 1 < row.length; i++) {
      if (row[i]! <= row[i + 1]!) continue
      ;[row[i], row[i + 1]] = [row[i + 1]!, row[i]!]
      swaps++
    }
  }
  return swaps
}

export const ordering: Readonly<Record<string, (prompt: string) => string | number>> = {
  'ordering-01': sorted(by((word) => word)),
  'ordering-02': sorted(by((word) => word)),
  'ordering-03': sorted(by((word) => word.length, reverseOrder)),
  'ordering-04': sorted(
    by(
      (word) => word.at(-1)!,
      (word) => word[0]!,
    ),
  ),
  'ordering-05': sorted(
    by(
      (word) => -count(word, /[aeiou]/g),
      (word) => word,
    ),
  ),
  'ordering-06': sorted(by((number) => Number(number.replace('−', '-')))),
  'ordering-07': sorted(by(quotient)),
  'ordering-08': (prompt) =>
    listed(prompt)
      .sort((a, b) => (power(a) < power(b) ? -1 : 1))
      .join(', '),
  'ordering-09': sorted(by(digits, (number) => -Number(number))),
  'ordering-10': sorted(by((number) => -ones(number), Number)),
  'ordering-13': () => pancakes('361524'),
  'ordering-14': () => bubbleSwaps([8, 3, 7, 1, 6, 2, 5, 4]),
}
