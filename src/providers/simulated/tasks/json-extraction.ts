import { integer, pick, pickSome, type TaskKind } from './task-kind.ts'

/** How each field is found in running text. */
const extractors: Readonly<Record<string, (text: string) => string | number | undefined>> = {
  name: (text) =>
    /(?:name is|named|called|I am|I'm)\s+(\p{Lu}[\p{L}'-]+(?: \p{Lu}[\p{L}'-]+)*)/u.exec(text)?.[1] ??
    /(\p{Lu}[\p{L}'-]+(?: \p{Lu}[\p{L}'-]+)*)(?:,| is| lives| works| ordered| paid)/u.exec(text)?.[1],
  age: (text) =>
    numberOf(
      /(?:aged?|is)\s+(\d{1,3})\b(?!\s*(?:euros?|dollars?|%))/i.exec(text)?.[1] ??
        /\b(\d{1,3})[ -]years?[ -]old/i.exec(text)?.[1],
    ),
  city: (text) =>
    /(?:lives?|living|based|born|moved|located) (?:in|to) (\p{Lu}[\p{L}-]+(?: \p{Lu}[\p{L}-]+)*)/u.exec(text)?.[1],
  company: (text) =>
    /(?:works?|working|employed) (?:for|at|by) (\p{Lu}[\p{L}&-]+(?: \p{Lu}[\p{L}&-]+)*)/u.exec(text)?.[1],
  email: (text) => /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/.exec(text)?.[0],
  order_id: (text) =>
    /\b(?:order|invoice|ticket)(?: number| no\.?| id)?\s*[:#]?\s*([A-Z]{1,4}-?\d{2,10})\b/i.exec(text)?.[1],
  amount: (text) =>
    numberOf(
      /(?:€|\$|£|EUR|USD)\s?(\d+(?:\.\d+)?)/.exec(text)?.[1] ??
        /(\d+(?:\.\d+)?)\s?(?:€|euros?|dollars?|EUR|USD)/i.exec(text)?.[1],
    ),
  date: (text) => /\b\d{4}-\d{2}-\d{2}\b/.exec(text)?.[0],
}

const names = ['Maria Silva', 'Tom Becker', 'Aiko Tanaka', 'Lena Novak', 'Omar Haddad', 'Nora Quist'] as const
const cities = ['Porto', 'Leipzig', 'Osaka', 'Ljubljana', 'Tunis', 'Bergen'] as const
const companies = ['Northline', 'Harbour Bank', 'Juniper Labs', 'Altmann Foods'] as const

type Extracted = Record<string, string | number>

/** Named fields out of a sentence or two, as a JSON object. */
export const jsonExtraction: TaskKind = {
  name: 'json_extraction',
  example: 'Extract name, age and city as JSON: "Maria Silva is 34 years old and lives in Porto."',

  generate(random) {
    const name = pick(random, names)
    const facts: Extracted = {
      name,
      age: integer(random, 18, 80),
      city: pick(random, cities),
      company: pick(random, companies),
      email: `${name.split(' ')[0]!.toLowerCase()}@example.org`,
      order_id: `PX-${integer(random, 1000, 9999)}`,
      amount: integer(random, 100, 9999) / 100,
      date: `2026-0${integer(random, 1, 9)}-${integer(random, 10, 28)}`,
    }
    const [text, known] = pick(random, [
      [`${name} is ${facts.age} years old and lives in ${facts.city}.`, ['name', 'age', 'city']],
      [`${name} works for ${facts.company}; write to ${facts.email}.`, ['name', 'company', 'email']],
      [
        `${name} paid ${facts.amount} EUR for order ${facts.order_id} on ${facts.date}.`,
        ['name', 'amount', 'order_id', 'date'],
      ],
    ] as const)
    const fields = pickSome<string>(random, known, integer(random, 2, known.length))
    const wanted = `${fields.slice(0, -1).join(', ')} and ${fields.at(-1)}`
    const answer = Object.fromEntries(fields.map((field) => [field, facts[field]!]))
    return { prompt: `Extract ${wanted} as JSON: "${text}"`, answer: JSON.stringify(answer) }
  },

  solve(prompt) {
    if (prompt.length > 4000 || !/\bjson\b/i.test(prompt) || !/\bextract\b|\bparse\b|\bpull out\b/i.test(prompt)) {
      return undefined
    }
    const text = /["“]([^"”]+)["”]\s*$/s.exec(prompt.trim())?.[1] ?? /:\s*(.+)$/s.exec(prompt)?.[1]
    if (text === undefined) return undefined
    const wanted = prompt.slice(0, prompt.lastIndexOf(text)).toLowerCase().replaceAll('order id', 'order_id')
    const found: Extracted = {}
    for (const field of wanted.match(/[a-z_]+/g) ?? []) {
      const value = Object.hasOwn(extractors, field) ? extractors[field]!(text) : undefined
      if (value !== undefined) found[field] = value
    }
    return Object.keys(found).length === 0 ? undefined : JSON.stringify(found)
  },

  wrongAnswer(answer, random) {
    const fields = JSON.parse(answer) as Extracted
    const field = pick(random, Object.keys(fields))
    const value = fields[field]!
    if (typeof value === 'number') return JSON.stringify({ ...fields, [field]: value + integer(random, 1, 9) })
    if (random.next() < 0.5) return JSON.stringify({ ...fields, [field]: null })
    return JSON.stringify({ ...fields, [field]: `${value}${value.at(-1)}` })
  },

  /** The share of fields that are right; invented ones count as wrong. */
  grade(answer, reply) {
    const given = objectIn(reply)
    if (given === undefined) return 0
    const expected = JSON.parse(answer) as Extracted
    const right = Object.keys(expected).filter((field) => same(expected[field], given[field])).length
    return right / new Set([...Object.keys(expected), ...Object.keys(given)]).size
  },
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}

/** Numbers given as strings pass: the task is to find the values. */
function same(expected: string | number | undefined, given: unknown): boolean {
  return (typeof given === 'string' || typeof given === 'number') && String(expected) === String(given)
}

/** The object in a reply, with or without a code fence around it. */
function objectIn(reply: string): Record<string, unknown> | undefined {
  const start = reply.indexOf('{')
  const end = reply.lastIndexOf('}')
  if (start < 0 || end < start) return undefined
  try {
    return JSON.parse(reply.slice(start, end + 1)) as Record<string, unknown>
  } catch {
    return undefined
  }
}
