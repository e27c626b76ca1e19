/** A number in a text, in each way it can be read. */
export interface NumberRead {
  readonly readings: readonly number[]
}

const magnitudes: { readonly [word: string]: number } = {
  hundred: 1e2,
  thousand: 1e3,
  million: 1e6,
  billion: 1e9,
  trillion: 1e12,
}

/** Behind the digits, as in 2.5M; a small m or b is a unit. */
const shortMagnitudes: { readonly [letters: string]: number } = { k: 1e3, K: 1e3, M: 1e6, B: 1e9, bn: 1e9 }

const words = [
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen',
  'twenty thirty forty fifty sixty seventy eighty ninety',
].map((line) => line.split(' '))

// Digits in groups (1,234 1'234 1 234 12,34,567), or plain; a point or comma behind them; or only a fraction (.5).
const grouped = String.raw`\d{1,3}(?:,\d{2,3})*,\d{3}(?!\d)|\d{1,3}(?:[ ']\d{3})+(?!\d)`
const european = String.raw`\d{1,3}(?:\.\d{3})+,\d+(?!\d)|\d{1,3}(?:\.\d{3}){2,}(?![.,]?\d)`
const plain = String.raw`\d+(?:,(?!\d{3}(?!\d))\d+(?![\d,]))?`
const fraction = String.raw`(?:\.\d+)`
const magnitude = `(?:${european}|(?:${grouped}|${plain})${fraction}?|${fraction})`
const power = String.raw`(?:[eE][-+]?\d+(?![\p{L}\d])|\s*[x×*·]\s*10\s*\^\s*[({]?\s*(?<power>[-+]?\d+)\s*[)}]?)`
const ratio = String.raw`(?:\s*\/\s*(?<below>\d+(?:\.\d+)?)(?!\s*\/|\d))`
const mixed = String.raw`(?:(?<whole>\d+)\s+(?<over>\d+)\s*\/\s*(?<under>\d+)(?!\s*\/|\d))`
const unit = String.raw`(?<percent>\s*(?:%|percent\b|per cent\b))|\s+(?<scale>hundred|thousand|million|billion|trillion)\b|(?<short>[KMB]|bn)(?![\p{L}\p{N}])`
const numberPattern = new RegExp(
  String.raw`(?<sign>(?<![\p{L}\p{N}_)\]}.])[-+]\s?(?=[\d.$€£¥])|(?<=[=≈]\s?)[-+]\s+)?[$€£¥]?\s?(?<![\p{L}\p{N}_^\\]|[\p{N}][.,/])(?<lateSign>[-+](?<=[$€£¥]\s?[-+]))?(?:${mixed}|(?<base>\d{1,9})\s?\^\s*[({]?\s*(?<tens>[-+]?\d+)\s*[)}]?(?![\p{L}\d])|(?<digits>${magnitude})(?<exponent>${power})?${ratio}?)(?:${unit})?`,
  'giu',
)

/** Every number of a text in order: decimals, groups of thousands, fractions, powers of ten, percents, LaTeX. In words only where there are no digits. */
export function numbersIn(text: string): readonly NumberRead[] {
  const line = plainMathematics(text)
  const found = [...line.matchAll(numberPattern)].flatMap((match) => {
    // A bullet is no sign.
    const isBullet = match.index === line.search(/\S/u) && /^[-+]\s/u.test(match[0])
    const value = toRead(match.groups ?? {}, isBullet)
    return value === undefined ? [] : [value]
  })
  return found.length > 0 ? found : numberWordsIn(line)
}

function toRead(groups: { readonly [name: string]: string | undefined }, isBullet: boolean): NumberRead | undefined {
  const { sign, lateSign, whole, over, under, digits, exponent, below, base, tens, percent, scale, short } = groups
  let value: number
  if (whole !== undefined) value = Number(whole) + Number(over) / Number(under)
  else if (tens !== undefined) value = Number(base) ** Number(tens)
  else {
    const e = exponent === undefined ? 0 : Number(groups.power ?? exponent.slice(1))
    // Not by a product, which would round: 1.1e-3 is read as such.
    value = Number(`${decimalOf(digits ?? '')}e${e}`)
    if (below !== undefined) value /= Number(below)
  }
  if (!isBullet && (sign ?? lateSign)?.startsWith('-') === true) value = -value
  if (!Number.isFinite(value)) return undefined
  if (percent !== undefined) return { readings: [value, value / 100] }
  if (scale !== undefined) return { readings: [value, value * magnitudes[scale.toLowerCase()]!] }
  const size = shortMagnitudes[short ?? '']
  return { readings: size === undefined ? [value] : [value, value * size] }
}

/** As JavaScript writes it. */
function decimalOf(digits: string): string {
  if (new RegExp(`^(?:${european})$`, 'u').test(digits)) return digits.replaceAll('.', '').replace(',', '.')
  if (new RegExp(`^(?:${grouped})${fraction}?$`, 'u').test(digits)) return digits.replace(/[, ']/gu, '')
  return digits.replace(',', '.')
}

/** LaTeX, typographic signs, digits of other widths, vulgar fractions: all in ASCII. */
function plainMathematics(text: string): string {
  return text
    .replace(/\\[dtc]?frac\s*\{\s*([^{}]+?)\s*\}\s*\{\s*([^{}]+?)\s*\}/gu, ' $1/$2 ')
    .replace(/\\[dtc]?frac\s*(\d)\s*(\d)(?!\d)/gu, ' $1/$2 ')
    .replace(/(-)\s+(?=\d+\/)/gu, '$1')
    .replace(/(?<![\d)]\s{0,3})\b(?:minus|negative)\s{1,3}(?=[$€£¥]?[\d.])/giu, '-')
    .replace(/(?<![*\d])(\d{1,9})\*\*(-?\d{1,9})(?![*\d])/gu, '$1^$2')
    .replace(/\{,\}/gu, ',')
    .replace(/\\(?:text|textbf|mathrm|mathbf|mbox)\s*\{([^{}]*)\}/gu, ' $1 ')
    .replace(/\\times|\\cdot/gu, '×')
    .replace(/\\approx/gu, '≈')
    .replace(/(?<=\d)\\[,;:! ](?=\d{3})/gu, ' ')
    .replace(/\\([%$])/gu, '$1')
    .replace(/\\[(),;:![\] ]/gu, ' ')
    .replace(/\$(?=\s*\\|\s*-?\s*[\d.]+[^\d.,$]*\$)/gu, ' ')
    .replace(/[\u00bc-\u00be\u2150-\u215e]/gu, (sign) => ` ${sign.normalize('NFKC').replace('\u2044', '/')}`)
    .replace(/[\uff10-\uff19]/gu, (digit) => digit.normalize('NFKC'))
    .replace(
      /(?<=\d)([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)/gu,
      (_, power: string) => `^${power.normalize('NFKC').replace('\u2212', '-')}`,
    )
    .replace(/[\u2212\u2012\u2013\ufe63\uff0d]/gu, '-')
    .replace(/[\u00a0\u2009\u202f]/gu, ' ')
    .replace(/\u2019/gu, "'")
    .replace(/(?<=\d)_(?=\d{3})/gu, '')
}

/** Zero to ninety-nine, and those times a magnitude. */
function numberWordsIn(text: string): readonly NumberRead[] {
  const [small = [], tens = []] = words
  const pattern = new RegExp(
    String.raw`\b(?<negative>minus |negative )?(?:(?<tens>${tens.join('|')})(?:[- ](?<unit>${small.slice(1, 10).join('|')}))?|(?<small>${small.join('|')}))\b(?:[- ](?<scale>hundred|thousand|million|billion|trillion)\b)?`,
    'giu',
  )
  return [...text.matchAll(pattern)].map(({ groups = {} }) => {
    const ten = groups.tens === undefined ? 0 : 20 + 10 * tens.indexOf(groups.tens.toLowerCase())
    const one = groups.unit ?? groups.small
    const size =
      (groups.scale === undefined ? 1 : magnitudes[groups.scale.toLowerCase()]!) *
      (groups.negative === undefined ? 1 : -1)
    return { readings: [(ten + (one === undefined ? 0 : small.indexOf(one.toLowerCase()))) * size] }
  })
}
