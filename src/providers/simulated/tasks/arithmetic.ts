import { gradeNumber, wrongNumber } from './grading.ts'
import { integer, pick, type TaskKind } from './task-kind.ts'

/** Sums in figures or words, with brackets, powers and percentages. */
export const arithmetic: TaskKind = {
  name: 'arithmetic',
  example: 'What is 37 * (12 + 5)?',

  generate(random) {
    const a = integer(random, 12, 99)
    const b = integer(random, 3, 40)
    const c = integer(random, 2, 19)
    const share = 5 * integer(random, 1, 19)
    const whole = 20 * integer(random, 3, 40)
    return pick(random, [
      { prompt: `What is ${a} * (${b} + ${c})?`, answer: formatNumber(a * (b + c)) },
      { prompt: `Calculate ${a} × ${b} − ${c}.`, answer: formatNumber(a * b - c) },
      { prompt: `How much is ${a} plus ${b} times ${c}?`, answer: formatNumber(a + b * c) },
      { prompt: `What is ${share}% of ${whole}?`, answer: formatNumber((share * whole) / 100) },
      { prompt: `What is the sum of ${a}, ${b} and ${c}?`, answer: formatNumber(a + b + c) },
      { prompt: `Compute ${a * c} divided by ${c}, minus ${b}.`, answer: formatNumber(a - b) },
    ])
  },

  solve(prompt) {
    const expression = expressionIn(prompt)
    if (expression === undefined) return undefined
    const value = evaluate(expression)
    return value === undefined || !Number.isFinite(value) ? undefined : formatNumber(value)
  },

  wrongAnswer: wrongNumber,
  grade: gradeNumber,
}

/** Up to six decimals, none that are zero. */
export function formatNumber(value: number): string {
  const text = String(Number(value.toFixed(6)))
  return text === '-0' ? '0' : text
}

const leadIn =
  /^(?:please\s+)?(?:(?:what(?:'s| is| are| does)|how much (?:is|are|does)|calculate|compute|evaluate|solve|work out|find)\s+)+(?:the (?:value|result) of\s+)?/i

const listOperations = [
  [/^the sum of\s+(.+)$/i, ' + '],
  [/^the product of\s+(.+)$/i, ' * '],
  [/^the difference (?:between|of)\s+(.+)$/i, ' - '],
  [/^the quotient of\s+(.+)$/i, ' / '],
] as const

const words: readonly (readonly [RegExp, string])[] = [
  [/\s*,\s*(?=plus|minus|times|divided|multiplied)/gi, ' '],
  [/\bper ?cent\b/gi, '%'],
  [/\bplus\b|\badded to\b/gi, '+'],
  [/\bminus\b|\bless\b|−|–/gi, '-'],
  [/\btimes\b|\bmultiplied by\b|×|·/gi, '*'],
  [/\bdivided by\b|\bover\b|÷/gi, '/'],
  [/\bto the power of\b|\*\*/gi, '^'],
  [/\bsquared\b/gi, '^ 2'],
  [/\bcubed\b/gi, '^ 3'],
  [/%\s*of\b/gi, '/ 100 *'],
]

/** The sum in a prompt as figures and operators; undefined when words are left over or there is nothing to work out. */
function expressionIn(prompt: string): string | undefined {
  if (prompt.length > 400) return undefined
  let text = prompt
    .trim()
    .replace(/[?.!=\s]+$/, '')
    .replace(leadIn, '')
    .replace(/\s+equals?$/i, '')
  for (const [pattern, operator] of listOperations) {
    const list = pattern.exec(text)?.[1]
    if (list !== undefined) text = list.split(/\s*,\s*(?:and\s+)?|\s+and\s+/i).join(operator)
  }
  for (const [pattern, replacement] of words) text = text.replace(pattern, replacement)
  text = text.replace(/(\d),(?=\d{3}\b)/g, '$1')
  return /^[\d\s.+\-*/^()%]+$/.test(text) && /\d\s*[+*/^%-]/.test(text) ? text : undefined
}

/** Recursive descent: sums of products of powers; `%` after a number divides it by 100. Undefined: not well formed. */
function evaluate(text: string): number | undefined {
  const tokens = text.match(/\d+(?:\.\d+)?|[+\-*/^()%]/g) ?? []
  let at = 0
  let wellFormed = tokens.join('') === text.replaceAll(/\s/g, '')

  function sum(): number {
    let value = product()
    while (tokens[at] === '+' || tokens[at] === '-')
      value = tokens[at++] === '+' ? value + product() : value - product()
    return value
  }
  function product(): number {
    let value = signed()
    while (tokens[at] === '*' || tokens[at] === '/') value = tokens[at++] === '*' ? value * signed() : value / signed()
    return value
  }
  function signed(): number {
    if (tokens[at] !== '-') return power()
    at++
    return -signed()
  }
  function power(): number {
    let base = atom()
    while (tokens[at] === '%') {
      at++
      base /= 100
    }
    if (tokens[at] !== '^') return base
    at++
    return base ** signed()
  }
  function atom(): number {
    const token = tokens[at++]
    if (token === '(') {
      const value = sum()
      if (tokens[at++] !== ')') wellFormed = false
      return value
    }
    if (token === undefined || !/^\d/.test(token)) wellFormed = false
    return Number(token)
  }

  const value = sum()
  return wellFormed && at === tokens.length ? value : undefined
}
