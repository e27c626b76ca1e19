/** Answers of the built-in probes worked out a second time, apart from how they were written: by exact integers, search and counting. */

type Answers = Readonly<Record<string, () => number | string>>

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const digitSum = (value: bigint | number): number => sum(String(value).split('').map(Number))
const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

function powerModulo(base: bigint, exponent: number, modulus: bigint): number {
  let result = 1n
  for (let i = 0; i < exponent; i++) result = (result * base) % modulus
  return Number(result)
}

/** Σ of fractions, in lowest terms. */
function fraction(parts: readonly (readonly [number, number])[]): string {
  const bottom = parts.reduce((product, [, d]) => product * d, 1)
  const top = sum(parts.map(([n, d]) => (n * bottom) / d))
  const common = gcd(Math.abs(top), bottom)
  return `${top / common}/${bottom / common}`
}

export const arithmetic: Answers = {
  'arithmetic-01': () => 48 + 63 - 15,
  'arithmetic-02': () => (75 * 4) / 6,
  'arithmetic-03': () => 391 - 399 + 32,
  'arithmetic-04': () => Number(9876n * 543n),
  'arithmetic-05': () => Number(48613n * 7294n),
  'arithmetic-06': () => Number((2n ** 31n - 1n) % 97n),
  'arithmetic-07': () => powerModulo(7n, 123, 41n),
  'arithmetic-08': () => digitSum(2n ** 50n),
  'arithmetic-09': () => digitSum(37n * 98765n),
  'arithmetic-10': () => 80 * 1.25 * 0.75,
  'arithmetic-11': () => Math.round((1.12 * 0.92 * 1.05 - 1) * 1e4) / 100,
  'arithmetic-12': () => (9 + 10 - 4) / 24,
  'arithmetic-13': () =>
    fraction([
      [1, 2],
      [-1, 3],
      [1, 4],
      [-1, 5],
      [1, 6],
    ]),
  'arithmetic-14': () => gcd(3978, 2652),
  'arithmetic-15': () => range(1, 100_000).find((n) => n % 84 === 0 && n % 126 === 0 && n % 220 === 0)!,
  'arithmetic-16': () => (2748).toString(16).toUpperCase(),
  'arithmetic-17': () => (0b101101 * 0b11011).toString(2),
  'arithmetic-18': () => range(1, 75_600).filter((n) => 75_600 % n === 0).length,
}

/** Seconds in which the snail of the puzzle… days until 8 m are reached by day. */
function snailDays(): number {
  for (let day = 1, height = 0; ; day++) {
    height += 3
    if (height >= 8) return day
    height *= 3 / 4
  }
}

function mostGeese(): number {
  for (let geese = 20; geese > 0; geese--) {
    for (let quails = 3; quails < 100 - geese; quails += 3) {
      const ducks = 100 - geese - quails
      if (ducks > 0 && 5 * geese + 3 * ducks + quails / 3 === 100) return quails
    }
  }
  return Number.NaN
}

/** Simulated: pages by the minute, with two minutes' rest after each 70. */
function printerMinutes(): number {
  let minutes = 0
  for (let page = 1; page <= 300; page++) {
    minutes += 1 / 14
    if (page % 70 === 0) minutes += 2
  }
  return minutes
}

/** The first tenth of a second at which one candle is three times the other. */
function candleMinutes(): number {
  let minutes = 0
  while (1 - minutes / 300 < 3 * (1 - minutes / 240)) minutes += 0.001
  return Math.round(minutes)
}

export const wordProblems: Answers = {
  'word-problems-01': () => Math.ceil(40 / 6),
  'word-problems-02': () => Math.ceil((300 * 3) / 4 / 24),
  'word-problems-03': () => 1 / (1 / 6 + 1 / 4 - 1 / 12),
  'word-problems-04': () => (910 / 13) * (2 + 6 / 2),
  'word-problems-05': () => {
    let hours = 0
    while (80 * (hours + 0.5) - 120 * hours > 1e-9) hours += 1 / 1024
    return 120 * hours
  },
  'word-problems-06': () => sum(range(0, 17).map((row) => 22 + 3 * row)),
  'word-problems-07': () => ((60 + 60) / (300 + 500 - 80)) * 100,
  'word-problems-08': () => (12 * 60) / (4 / 3),
  'word-problems-09': candleMinutes,
  'word-problems-10': mostGeese,
  'word-problems-11': snailDays,
  'word-problems-12': () => 4.2 + 7.5 * 1.8,
  'word-problems-13': printerMinutes,
  'word-problems-14': () => ((60 * 0.35) / (60 * 0.35 + 40 * 0.55)) * 100,
  // Of a way of 60 km: 20 km/h up, 30 km/h down, so that the current makes 5.
  'word-problems-15': () => 60 / ((30 - 20) / 2),
  'word-problems-16': () =>
    range(1, 62).find((ben) => {
      const ada = 63 - ben
      return ben > ada && ben === 2 * (ada - (ben - ada))
    })!,
  'word-problems-17': () => range(1, 1000).find((price) => Math.abs(price * 0.7 * 0.85 - 142.8) < 1e-9)!,
  'word-problems-18': () => 4 + (10 - (4 * 8 * 3) / 40) / ((10 * 3) / 40),
}

const integers = range(-1000, 1000)

export const algebra: Answers = {
  'algebra-01': () => integers.find((x) => 7 * x - 12 === 3 * x + 20)!,
  'algebra-02': () => 2 * 9 + 15 + 1,
  'algebra-03': () => {
    const x = integers.find((value) => 3 * value - 2 * (17 - value) === 11)!
    return x * (17 - x)
  },
  'algebra-04': () => Math.max(...integers.filter((x) => x * x - 11 * x + 24 === 0)),
  'algebra-05': () => integers.find((a) => 8 - 16 + 2 * a + 6 === 10)!,
  'algebra-06': () => range(7, 1000).find((x) => x * (x - 6) === 16)!,
  'algebra-07': () => {
    const a = integers.find((value) => value ** 3 + (5 - value) ** 3 === 65)!
    return a * (5 - a)
  },
  'algebra-08': () => {
    for (const x of range(-20, 20)) {
      for (const y of range(-20, 20)) {
        const z = 6 - x - y
        if (x * x + y * y + z * z === 26 && x * y * z === -12) return x ** 3 + y ** 3 + z ** 3
      }
    }
    return Number.NaN
  },
  'algebra-09': () => {
    const factors = [
      [1, 2],
      [1, 2],
      [1, 2],
      [1, 2],
      [1, -1],
      [1, -1],
      [1, -1],
    ] as const
    // Choose from each factor its constant or its x; the terms with five x.
    return sum(
      range(0, 2 ** 7 - 1)
        .filter((mask) => digitSum(BigInt(mask.toString(2))) === 5)
        .map((mask) => factors.reduce((product, factor, i) => product * factor[((mask >> i) & 1) as 0 | 1], 1)),
    )
  },
  // Solved: 2ⁿ⁻¹·3 − 1.
  'algebra-10': () => 3 * 2 ** 11 - 1,
  'algebra-11': () => sum(integers.filter((n) => n !== -2 && (n * n + 3 * n + 20) % (n + 2) === 0)),
  'algebra-12': () => sum(range(1, 20).map((n) => 19 + (n - 4) * 6)),
  'algebra-13': () => integers.filter((x) => Math.abs(2 * x - 7) + Math.abs(x + 3) < 20).length,
  'algebra-14': () => Math.hypot(3 - -2, 4 - -1),
  'algebra-15': () =>
    integers.find((x) => {
      const f = (value: number) => (3 * value + 1) / (value - 2)
      return x !== 2 && Math.abs(f(f(x)) - 11) < 1e-9
    })!,
  'algebra-16': () =>
    sum(
      range(1, 10)
        .filter((r) => r ** 3 - 6 * r * r + 11 * r - 6 === 0)
        .map((r) => 1 / r ** 2),
    ),
}

const mile = 1.609344

export const units: Answers = {
  'units-01': () => 3.45 * 1000,
  'units-02': () => 2.75 * 60,
  'units-03': () => 0.35 * 1000,
  'units-04': () => ((14 - 32) * 5) / 9,
  'units-05': () => integers.find((t) => t * 9 === (t - 32) * 5)!,
  'units-06': () => 2.4 * 100 * 100,
  'units-07': () => 90_000 / 3600,
  'units-08': () => (5 * 12 + 11) * 2.54,
  'units-09': () => (10 / mile) * 7.5,
  'units-10': () => (100 / mile / 32) * 3.785411784,
  'units-11': () => 84 * 0.037 * 1000,
  'units-12': () => (8 ** 3 * 19.3) / 1000,
  'units-13': () => 1.5 * (40 / 60) * 30,
  'units-14': () => (3.6e9 * 8) / 48e6 / 60,
  'units-15': () => (1280 * 720 * 3) / 1024,
  'units-16': () => 149_597_870_700 / 299_792_458 / 60,
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((item, i) =>
    permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]),
  )
}

const distinct = (word: string): string[] => [
  ...new Set(permutations(word.split('')).map((letters) => letters.join(''))),
]
const quoted = (prompt: string): string => /"([^"]+)"/.exec(prompt)![1]!

/** By probe and prompt: what is counted stands in it. */
export const counting: Readonly<Record<string, (prompt: string) => number>> = {
  'counting-01': () => 'The three bees never slept before seven'.split('').filter((letter) => letter === 'e').length,
  'counting-02': (prompt) =>
    prompt
      .slice(prompt.indexOf('? "'))
      .toLowerCase()
      .replace(' end with the number.', '')
      .split('')
      .filter((c) => c === 's').length,
  'counting-03': (prompt) =>
    prompt
      .slice(prompt.indexOf('? "'))
      .split(' ')
      .filter((word) => word.includes('pp')).length,
  'counting-04': (prompt) => (quoted(prompt).match(/[a-z]+(?:-[a-z]+)*/g) ?? []).length,
  'counting-05': () => range(1, 300).filter((n) => (n % 4 === 0 || n % 7 === 0) && n % 28 !== 0).length,
  'counting-06': () => range(1, 1000).filter((n) => digitSum(n) === 9).length,
  'counting-07': () => range(1000, 9999).filter((n) => new Set(String(n)).size === 2).length,
  'counting-08': () => distinct('BANANA').length,
  'counting-09': () => distinct('COFFEE').filter((word) => !word.includes('FF')).length,
  'counting-10': () =>
    permutations([1, 2, 3, 4, 5]).filter((seats) => seats.indexOf(1) !== 0 && seats.indexOf(1) !== 4).length,
  'counting-11': () =>
    range(0, 511).filter((mask) => {
      const people = range(0, 8).filter((i) => (mask >> i) & 1)
      const women = people.filter((i) => i < 5).length
      return people.length === 3 && women > 0 && women < 3
    }).length,
  'counting-12': () => {
    const ways = (x: number, y: number): number =>
      y > x || x > 5 ? 0 : x === 5 && y === 5 ? 1 : ways(x + 1, y) + ways(x, y + 1)
    return ways(0, 0)
  },
  'counting-13': () => {
    const ways = (left: number, coins: readonly number[]): number =>
      left === 0 ? 1 : left < 0 || coins.length === 0 ? 0 : ways(left - coins[0]!, coins) + ways(left, coins.slice(1))
    return ways(50, [20, 10, 5, 1])
  },
  'counting-14': () =>
    sum(range(1, 3).flatMap((height) => range(1, 4).map((width) => (3 - height + 1) * (4 - width + 1)))),
  'counting-15': () => range(0, 60).filter((metre) => metre % 4 === 0).length,
  'counting-16': () => {
    const sides = (i: number) => (i === 1 || i === 5 ? 1 : 0)
    return range(1, 5)
      .flatMap((x) => range(1, 5).flatMap((y) => range(1, 5).map((z) => sides(x) + sides(y) + sides(z))))
      .filter((painted) => painted === 0 || painted === 2).length
  },
  // Fibonacci: sets without neighbours of 1…n.
  'counting-17': () => {
    let [before, now] = [1, 2]
    for (let n = 1; n < 10; n++) [before, now] = [now, before + now]
    return now
  },
}
