/** Answers of the built-in probes on logic, plans, tables and in other languages, worked out a second time: by trying every case. */

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

function orders<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((item, i) =>
    orders([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]),
  )
}

/** The only value there is. */
function only<T>(values: readonly T[]): T {
  const different = [...new Set(values)]
  if (different.length !== 1) throw new Error(`${different.length} answers: ${different.join(' | ')}`)
  return different[0]!
}

const truths = (count: number): boolean[][] =>
  range(0, 2 ** count - 1).map((mask) => range(0, count - 1).map((i) => ((mask >> i) & 1) === 1))
const trues = (values: readonly boolean[]): number => values.filter(Boolean).length

/** Clues of a number lock: the guess, digits right in place, digits right elsewhere. */
const lockClues = [
  ['682', 1, 0],
  ['614', 0, 1],
  ['206', 0, 2],
  ['738', 0, 0],
  ['780', 0, 1],
] as const

function keepsClues(code: string): boolean {
  return lockClues.every(([guess, placed, elsewhere]) => {
    const inPlace = guess.split('').filter((digit, i) => code[i] === digit).length
    return inPlace === placed && guess.split('').filter((digit) => code.includes(digit)).length === placed + elsewhere
  })
}

export const logic: Readonly<Record<string, () => string | number>> = {
  'logic-01': () =>
    only(
      orders(['Mia', 'Jon', 'Ravi', 'Tess'])
        .filter(
          (o) =>
            o.indexOf('Mia') < o.indexOf('Jon') &&
            o.indexOf('Jon') < o.indexOf('Ravi') &&
            o.indexOf('Tess') > o.indexOf('Ravi'),
        )
        .map((o) => o[1]!),
    ),
  'logic-02': () =>
    only(
      orders(['red', 'blue', 'green', 'white', 'black'])
        .filter((o) => {
          const p = (name: string) => o.indexOf(name)
          return (
            p('green') < p('white') &&
            p('black') === 4 &&
            Math.abs(p('red') - p('white')) === 3 &&
            p('blue') === p('green') + 1 &&
            p('red') < p('green')
          )
        })
        .map((o) => o[2]!),
    ),
  'logic-03': () =>
    only(
      orders('ABCDEF'.split(''))
        .filter((o) => {
          const p = (name: string) => o.indexOf(name)
          return (
            p('C') === p('E') + 1 &&
            p('B') < p('D') &&
            p('B') !== 0 &&
            p('F') !== 0 &&
            p('A') > p('D') &&
            Math.abs(p('E') - p('A')) === 4
          )
        })
        .map((o) => o[3]!),
    ),
  'logic-04': () =>
    only(
      truths(3)
        .filter(([p, q, r]) => p === !q && q === (p === r))
        .map(([, , r]) => r),
    )
      ? 'yes'
      : 'no',
  'logic-05': () =>
    only(
      truths(5)
        .filter((says) => says.every((tells, i) => tells === (5 - trues(says) === i + 1)))
        .map((says) => 'ABCDE'[says.indexOf(true)]!),
    ),
  'logic-06': () =>
    only(
      truths(4)
        .filter(([u, v, w, x]) => u === (u !== v) && v === (!w || x) && w === u && x === (v === w))
        .map(trues),
    ),
  'logic-09': () =>
    ['E', 'K', '4', '7', 'A', '10'].filter((side) => 'AEIOU'.includes(side) || Number(side) % 2 === 1).length,
  'logic-10': () =>
    only(
      orders(['red', 'green', 'blue', 'yellow'])
        .filter((box) => {
          const notes = [
            box[1] === 'red',
            box[1] !== 'blue',
            box[2] === 'green' || box[3] === 'green',
            box[3] === 'yellow' || box[0] === 'green',
          ]
          return trues(notes) === 1 && box[0] !== 'red' && box[2] === 'yellow'
        })
        .map((box) => box[3]!),
    ),
  'logic-11': () =>
    only(
      orders(['cat', 'dog', 'hen']).flatMap(([ana, bo, cem]) =>
        orders(['flat', 'house', 'boat'])
          .filter(([anaHome, boHome, cemHome]) => {
            const henHome = ana === 'hen' ? anaHome : bo === 'hen' ? boHome : cemHome
            const rule = anaHome !== 'boat' || cem === 'cat'
            return (
              henHome === 'house' && boHome !== 'boat' && bo !== 'dog' && ana !== 'hen' && cemHome === 'flat' && rule
            )
          })
          .map(() => ana!),
      ),
    ),
  'logic-12': () =>
    truths(7).filter(
      (on) => trues([on[0]!, on[2]!, on[4]!, on[6]!]) % 2 === 1 && trues([on[1]!, on[3]!, on[5]!]) % 2 === 0,
    ).length,
  'logic-13': () =>
    only(
      'ABC'.split('').filter((thief) => trues([thief === 'B' || thief === 'C', thief !== 'B', thief === 'A']) === 1),
    ),
  'logic-14': () =>
    only(
      'KLMNO'.split('').filter((who) => {
        const k = who === 'M' || who === 'N'
        const n = who === 'K' || who === 'L'
        const m = !k && !n
        return trues([k, who !== 'L' && who !== 'O', m, n, m]) === 1
      }),
    ),
  'logic-15': () =>
    only(
      orders(range(1, 6))
        .filter(
          ([a, b, c, d, e, f]) =>
            a! === 2 * c! && b! > d! && e! + f! === 7 && d! % 2 === 1 && b! !== 6 && e! < f! && a! < b!,
        )
        .map((row) => row.join('')),
    ),
  'logic-16': () =>
    only(
      range(0, 999)
        .map((n) => String(n).padStart(3, '0'))
        .filter((code) => new Set(code).size === 3 && keepsClues(code)),
    ),
}

type Road = readonly [from: string, to: string, length: number]

const roadsIn = (prompt: string): Road[] =>
  [...prompt.matchAll(/\b([A-Z])–([A-Z]) (\d+)/g)].map(([, from, to, length]) => [from!, to!, Number(length)])

/** By trying every way without a town twice. */
function shortest(roads: readonly Road[], from: string, to: string, seen: readonly string[] = []): number {
  if (from === to) return 0
  const steps = roads.flatMap(([a, b, length]) =>
    a === from ? [[b, length] as const] : b === from ? [[a, length] as const] : [],
  )
  return Math.min(
    Number.POSITIVE_INFINITY,
    ...steps
      .filter(([next]) => !seen.includes(next))
      .map(([next, length]) => length + shortest(roads, next, to, [...seen, from])),
  )
}

function leastNetwork(roads: readonly Road[]): number {
  const towns = new Set(roads.flatMap(([a, b]) => [a, b] as const))
  let best = Number.POSITIVE_INFINITY
  for (const mask of range(1, 2 ** roads.length - 1)) {
    const kept = roads.filter((_, i) => (mask >> i) & 1)
    const reached = new Set([kept[0]![0]])
    for (const _ of towns) for (const [a, b] of kept) if (reached.has(a) || reached.has(b)) reached.add(a).add(b)
    if (reached.size === towns.size)
      best = Math.min(
        best,
        kept.reduce((sum, [, , length]) => sum + length, 0),
      )
  }
  return best
}

/** Optimal by Rote (2002): each pair of slowest crosses in one of two ways. */
function bridge(minutes: readonly number[]): number {
  const t = [...minutes].sort((a, b) => a - b)
  let total = 0
  for (; t.length > 3; t.length -= 2) {
    total += Math.min(t[0]! + 2 * t[1]! + t.at(-1)!, 2 * t[0]! + t.at(-2)! + t.at(-1)!)
  }
  return total + (t.length === 2 ? t[1]! : t.reduce((sum, value) => sum + value, 0))
}

function leastCoins(amount: number, coins: readonly number[]): number {
  const least = [0]
  for (let value = 1; value <= amount; value++) {
    least.push(1 + Math.min(...coins.filter((coin) => coin <= value).map((coin) => least[value - coin]!)))
  }
  return least[amount]!
}

function robotWays(closed: ReadonlySet<string>, x: number, y: number): number {
  if (x > 6 || y > 6 || closed.has(`${x},${y}`)) return 0
  return x === 6 && y === 6 ? 1 : robotWays(closed, x + 1, y) + robotWays(closed, x, y + 1)
}

/** Only two ways to go: fill one jug, pour, empty the other, and so on, from either jug. */
function jugs(first: number, second: number, goal: number): number {
  const run = (from: number, to: number): number => {
    let [a, b, steps] = [from, 0, 1]
    while (a !== goal && b !== goal) {
      const poured = Math.min(a, to - b)
      a -= poured
      b += poured
      steps++
      if (a === goal || b === goal) break
      if (a === 0) a = from
      else b = 0
      steps++
    }
    return steps
  }
  return Math.min(run(first, second), run(second, first))
}

const subsets = <T>(items: readonly T[]): T[][] =>
  range(0, 2 ** items.length - 1).map((mask) => items.filter((_, i) => (mask >> i) & 1))
const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
const pairsIn = (prompt: string, pattern: RegExp): [number, number][] =>
  [...prompt.matchAll(pattern)].map(([, a, b]) => [Number(a), Number(b)])

export const planning: Readonly<Record<string, (prompt: string) => number>> = {
  'planning-01': (p) => shortest(roadsIn(p), 'A', 'E'),
  'planning-02': (p) => shortest(roadsIn(p), 'P', 'V'),
  'planning-03': (p) => leastNetwork(roadsIn(p)),
  'planning-04': () => leastCoins(84, [30, 21, 7, 1]),
  'planning-05': () => bridge([2, 3, 5, 8, 13]),
  'planning-06': (p) =>
    robotWays(new Set(pairsIn(p.slice(p.indexOf('The fields')), /\((\d), (\d)\)/g).map(String)), 1, 1),
  'planning-07': () => jugs(7, 11, 5),
  'planning-08': () => Math.max(Math.max(3 + 1, 4) + 2, 3 + 2) + 1,
  'planning-09': () =>
    Math.min(...subsets([7, 9, 4, 11, 6, 5, 8, 3]).map((own) => Math.max(total(own), 53 - total(own)))),
  'planning-10': (p) =>
    Math.max(
      ...subsets(pairsIn(p, /(\d+) and (\d+)/g))
        .filter((taken) => total(taken.map(([weight]) => weight)) <= 13)
        .map((taken) => total(taken.map(([, worth]) => worth))),
    ),
  'planning-11': (p) => {
    // Always the talk that ends first of those that can still be heard.
    let [heard, time] = [0, 0]
    for (const [start, end] of pairsIn(p, /(\d+)–(\d+)/g).sort((a, b) => a[1] - b[1])) {
      if (start < time) continue
      heard++
      time = end
    }
    return heard
  },
  'planning-12': () => {
    let reached = new Set(['0,0'])
    for (let moves = 0; ; moves++) {
      if (reached.has('1,1')) return moves
      reached = new Set([...reached].flatMap((square) => knightMoves(square)))
    }
  },
}

function knightMoves(square: string): string[] {
  const [x, y] = square.split(',').map(Number)
  return [1, 2]
    .flatMap((a) => [-1, 1].flatMap((s) => [-1, 1].map((t) => [x! + a * s, y! + (3 - a) * t])))
    .filter(([a, b]) => a! >= 0 && a! < 8 && b! >= 0 && b! < 8)
    .map((place) => place.join(','))
}

/** Rows of the table in a prompt, without its head; numbers as numbers, a dash as undefined. */
function tableIn(prompt: string): (string | number | undefined)[][] {
  return prompt
    .split('\n')
    .filter((line) => line.startsWith('|') && !line.startsWith('|--'))
    .slice(1)
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => {
          const text = cell.trim().replaceAll(',', '')
          return text === '–' ? undefined : /^[\d.]+$/.test(text) ? Number(text) : text
        }),
    )
}

type Row = readonly (string | number | undefined)[]
const n = (row: Row, column: number): number => row[column] as number
const most = (rows: readonly Row[], value: (row: Row) => number): string =>
  String([...rows].sort((a, b) => value(b) - value(a))[0]![0])
const known = (row: Row): number[] => row.slice(2).filter((cell) => typeof cell === 'number')
const dayTotals = (rows: readonly Row[]): number[] =>
  range(2, 6).map((day) => total(rows.map((row) => (row[day] as number | undefined) ?? 0)))

export const tables: Readonly<Record<string, (prompt: string) => number | string>> = {
  'tables-01': (p) => most(tableIn(p), (row) => n(row, 3)),
  'tables-02': (p) => tableIn(p).filter((row) => n(row, 1) > 8000 && row[4] === 'none').length,
  'tables-03': (p) => most(tableIn(p), (row) => n(row, 1) / n(row, 2)),
  'tables-04': (p) => total(tableIn(p).map((row) => (n(row, 3) < 1500 ? 1 : -1) * n(row, 1))),
  'tables-05': (p) =>
    most(
      tableIn(p).filter((row) => row[3] === 1411),
      (row) => -n(row, 2),
    ),
  'tables-06': (p) => {
    const areas = tableIn(p)
      .filter((row) => row[4] !== 'none')
      .map((row) => n(row, 2))
      .sort((a, b) => a - b)
    return (areas[1]! + areas[2]!) / 2
  },
  'tables-07': (p) => tableIn(p).filter((row) => n(row, 4) > 0).length,
  'tables-08': (p) => {
    const wettest = [...tableIn(p)].sort((a, b) => n(b, 4) - n(a, 4))[0]!
    return n(wettest, 1) + n(wettest, 2)
  },
  'tables-09': (p) => most(tableIn(p), (row) => 1 - n(row, 3) / (n(row, 1) + n(row, 2))),
  'tables-10': (p) => tableIn(p).filter((row) => n(row, 2) > 2 * 71 && n(row, 2) < n(row, 1)).length,
  'tables-11': (p) => total(tableIn(p).map((row) => n(row, 1) + n(row, 2) - n(row, 3))),
  'tables-12': (p) => n(tableIn(p).find((row) => row[0] === 'Elsa')!, 4),
  'tables-13': (p) =>
    total(
      tableIn(p)
        .filter((row) => row[1] === 'A')
        .flatMap(known),
    ),
  'tables-14': (p) => most(tableIn(p), (row) => total(known(row)) / known(row).length),
  'tables-15': (p) => dayTotals(tableIn(p)).filter((value, day, all) => day > 0 && value > all[day - 1]!).length,
}

export const multilingual: Readonly<Record<string, () => number | string>> = {
  'multilingual-01': () => 3 * 4 + 2 * 2,
  'multilingual-02': () => (180 + 420) / (54 / 3.6),
  'multilingual-03': () =>
    ['Montag', 'Dienstag', 'Mittwoch', 'Donnerstag', 'Freitag', 'Samstag', 'Sonntag'][(2 + 1 + 5) % 7]!,
  'multilingual-04': () => (99 * 2) / 3 - 77,
  'multilingual-05': () =>
    new Date(Date.UTC(2024, 0, 1, 8, 45) + ((52 / 16) * 60 + 25) * 60_000).toISOString().slice(11, 16),
  'multilingual-06': () => 3 * 60 + 15,
  'multilingual-07': () => {
    const rabbits = range(0, 35).find((count) => 4 * count + 2 * (35 - count) === 94)!
    return 94 - 4 * (rabbits / 3)
  },
  'multilingual-08': () => 18.4 * 0.35,
  'multilingual-09': () => 3 * range(1, 100).find((son) => 3 * son + 14 === 2 * (son + 14))!,
  'multilingual-11': () => 'Stara matka czyta gazetę'.split('').filter((letter) => letter === 'a').length,
  'multilingual-12': () => (3 * 7 - 5) / 4,
  'multilingual-13': () =>
    range(1, 200).find((all) => {
      const first = all - (all / 2 + 2)
      return first - (first / 2 - 1) === 7
    })!,
  'multilingual-14': () => (Date.UTC(2024, 2, 2) - Date.UTC(2024, 1, 28)) / 86_400_000 + 1,
  'multilingual-15': () => 12 * 13 - 150,
  'multilingual-16': () => Math.round((1 - 405 / (540 / 1.2)) * 100),
  'multilingual-17': () => 4 + (6 * 10 - 6 * 4) / 4,
  'multilingual-18': () => range(1, 100).find((value) => 2 * value === value + 17)!,
  'multilingual-19': () => 48 - 32 - 3,
  'multilingual-20': () => range(0, 18).find((cheap) => 14 * cheap + 23 * (18 - cheap) === 20 * 18)!,
  'multilingual-21': () => range(1, 1000).find((minute) => minute % 8 === 0 && minute % 12 === 0 && minute % 18 === 0)!,
  'multilingual-22': () => (Date.UTC(2023, 5, 1) - Date.UTC(2023, 2, 1)) / 86_400_000,
  'multilingual-23': () => (640 / (5 * 4)) * 3 * 7,
  'multilingual-24': () => range(0, 100).find((value) => (value + 7) * 3 === 5 * value + 5)!,
}
