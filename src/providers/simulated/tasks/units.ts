import { formatNumber } from './arithmetic.ts'
import { gradeNumber, wrongNumber } from './grading.ts'
import { integer, pick, type TaskKind } from './task-kind.ts'

type Quantity = 'length' | 'mass' | 'volume' | 'time' | 'data' | 'speed' | 'temperature'

interface Unit {
  readonly quantity: Quantity
  /** To the quantity's base unit: base = value · factor + offset. */
  readonly factor: number
  readonly offset?: number
  /** First the name used in prompts. */
  readonly names: readonly string[]
}

/** Factors are exact by definition: the international yard and pound (1959), the US gallon, IEC prefixes for data. */
const units: readonly Unit[] = [
  { quantity: 'length', factor: 1, names: ['metres', 'metre', 'meters', 'meter', 'm'] },
  { quantity: 'length', factor: 1000, names: ['kilometres', 'kilometre', 'kilometers', 'kilometer', 'km'] },
  { quantity: 'length', factor: 0.01, names: ['centimetres', 'centimetre', 'centimeters', 'centimeter', 'cm'] },
  { quantity: 'length', factor: 0.001, names: ['millimetres', 'millimetre', 'millimeters', 'millimeter', 'mm'] },
  { quantity: 'length', factor: 1609.344, names: ['miles', 'mile', 'mi'] },
  { quantity: 'length', factor: 0.9144, names: ['yards', 'yard', 'yd'] },
  { quantity: 'length', factor: 0.3048, names: ['feet', 'foot', 'ft'] },
  { quantity: 'length', factor: 0.0254, names: ['inches', 'inch'] },
  { quantity: 'mass', factor: 1, names: ['kilograms', 'kilogram', 'kilos', 'kilo', 'kg'] },
  { quantity: 'mass', factor: 0.001, names: ['grams', 'gram', 'g'] },
  { quantity: 'mass', factor: 1000, names: ['tonnes', 'tonne', 't'] },
  { quantity: 'mass', factor: 0.45359237, names: ['pounds', 'pound', 'lbs', 'lb'] },
  { quantity: 'mass', factor: 0.028349523125, names: ['ounces', 'ounce', 'oz'] },
  { quantity: 'volume', factor: 1, names: ['litres', 'litre', 'liters', 'liter', 'l'] },
  { quantity: 'volume', factor: 0.001, names: ['millilitres', 'millilitre', 'milliliters', 'milliliter', 'ml'] },
  { quantity: 'volume', factor: 3.785411784, names: ['US gallons', 'gallons', 'gallon', 'gal'] },
  { quantity: 'time', factor: 1, names: ['seconds', 'second', 's'] },
  { quantity: 'time', factor: 60, names: ['minutes', 'minute', 'min'] },
  { quantity: 'time', factor: 3600, names: ['hours', 'hour', 'h'] },
  { quantity: 'time', factor: 86_400, names: ['days', 'day'] },
  { quantity: 'time', factor: 604_800, names: ['weeks', 'week'] },
  { quantity: 'data', factor: 1, names: ['bytes', 'byte'] },
  { quantity: 'data', factor: 1024, names: ['KiB', 'kibibytes', 'kibibyte'] },
  { quantity: 'data', factor: 1_048_576, names: ['MiB', 'mebibytes', 'mebibyte'] },
  { quantity: 'data', factor: 1_073_741_824, names: ['GiB', 'gibibytes', 'gibibyte'] },
  { quantity: 'speed', factor: 1, names: ['km/h', 'kph', 'kilometres per hour', 'kilometers per hour'] },
  { quantity: 'speed', factor: 3.6, names: ['m/s', 'metres per second', 'meters per second'] },
  { quantity: 'speed', factor: 1.609344, names: ['mph', 'miles per hour'] },
  { quantity: 'temperature', factor: 1, names: ['degrees Celsius', '°C', 'Celsius', 'C'] },
  {
    quantity: 'temperature',
    factor: 5 / 9,
    offset: -160 / 9,
    names: ['degrees Fahrenheit', '°F', 'Fahrenheit', 'F'],
  },
  { quantity: 'temperature', factor: 1, offset: -273.15, names: ['kelvin', 'kelvins', 'K'] },
]

const unitByName = new Map(units.flatMap((unit) => unit.names.map((name) => [name.toLowerCase(), unit] as const)))
const namePattern = Array.from(unitByName.keys())
  .sort((a, b) => b.length - a.length)
  .map((name) => name.replace(/[/°]/g, (sign) => `\\${sign}`))
  .join('|')
const numberPattern = '([-−]?\\d[\\d,]*(?:\\.\\d+)?)'
/** Not inside a longer word; `\b` fails beside a degree sign. */
const end = '(?![\\w/])'

const forward = new RegExp(
  `${numberPattern}\\s*(${namePattern})${end}\\s*(?:to|into|in|as|=)\\s+(${namePattern})${end}`,
  'i',
)
const backward = new RegExp(
  `how (?:many|much)\\s+(${namePattern})${end}\\s*(?:are (?:there )?in|is|in|are|make(?: up)?)\\s+${numberPattern}\\s*(${namePattern})${end}`,
  'i',
)

/** Conversions between units of one quantity. */
export const unitConversion: TaskKind = {
  name: 'units',
  example: 'Convert 5.2 miles to kilometres.',

  generate(random) {
    const from = pick(random, units)
    const to = pick(
      random,
      units.filter((unit) => unit.quantity === from.quantity && unit !== from),
    )
    const value = integer(random, 2, 500) / pick(random, [1, 1, 10])
    const answer = convert(value, from, to)
    const [source, target] = [from.names[0]!, to.names[0]!]
    return pick(random, [
      { prompt: `Convert ${value} ${source} to ${target}.`, answer },
      { prompt: `What is ${value} ${source} in ${target}?`, answer },
      { prompt: `How many ${target} are in ${value} ${source}?`, answer },
    ])
  },

  solve(prompt) {
    if (prompt.length > 500) return undefined
    const ahead = forward.exec(prompt)
    const back = ahead === null ? backward.exec(prompt) : null
    const [number, from, to] = ahead === null ? [back?.[2], back?.[3], back?.[1]] : [ahead[1], ahead[2], ahead[3]]
    if (number === undefined || from === undefined || to === undefined) return undefined
    const source = unitByName.get(from.toLowerCase())!
    const target = unitByName.get(to.toLowerCase())!
    if (source.quantity !== target.quantity) return undefined
    return convert(Number(number.replaceAll(',', '').replace('−', '-')), source, target)
  },

  wrongAnswer(answer, random) {
    // The usual slips: the factor upside down, a decimal point moved.
    return random.next() < 0.5 ? formatNumber(Number(answer) * 10 || 10) : wrongNumber(answer, random)
  },

  grade: gradeNumber,
}

function convert(value: number, from: Unit, to: Unit): string {
  const base = value * from.factor + (from.offset ?? 0)
  return formatNumber((base - (to.offset ?? 0)) / to.factor)
}
