import { gradeNumber, gradeText, wrongNumber } from './grading.ts'
import { integer, pick, type TaskKind } from './task-kind.ts'

const dayMs = 86_400_000
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const

const monthPattern = months.map((month) => `${month.slice(0, 3)}(?:${month.slice(3)})?`).join('|')
const datePattern = new RegExp(
  `\\b(\\d{4})-(\\d{2})-(\\d{2})\\b|\\b(\\d{1,2})(?:st|nd|rd|th)?\\s+(?:of\\s+)?(${monthPattern})\\.?,?\\s+(\\d{4})\\b|\\b(${monthPattern})\\.?\\s+(\\d{1,2})(?:st|nd|rd|th)?,?\\s+(\\d{4})\\b`,
  'gi',
)
const unitDays: Readonly<Record<string, number>> = { day: 1, week: 7 }

/** Weekdays, days between two dates, and dates some days on, in the Gregorian calendar. */
export const dates: TaskKind = {
  name: 'dates',
  example: 'What day of the week was 14 March 2024?',

  generate(random) {
    const startMs = Date.UTC(integer(random, 1990, 2035), integer(random, 0, 11), integer(random, 1, 28))
    const days = integer(random, 5, 400)
    const endMs = startMs + days * dayMs
    return pick(random, [
      { prompt: `What day of the week was ${longDate(startMs)}?`, answer: weekday(startMs) },
      { prompt: `On which weekday does ${isoDate(startMs)} fall?`, answer: weekday(startMs) },
      {
        prompt: `How many days are there between ${longDate(startMs)} and ${longDate(endMs)}?`,
        answer: String(days),
      },
      { prompt: `What date is ${days} days after ${longDate(startMs)}? Answer as YYYY-MM-DD.`, answer: isoDate(endMs) },
      { prompt: `What date is ${days} days before ${isoDate(endMs)}? Answer as YYYY-MM-DD.`, answer: isoDate(startMs) },
    ])
  },

  solve(prompt) {
    if (prompt.length > 1000) return undefined
    const found = datesIn(prompt)
    const [first, second] = found
    if (first === undefined) return undefined
    if (second !== undefined) {
      return /how many days|number of days|days (?:are )?between/i.test(prompt)
        ? String(Math.abs(second - first) / dayMs)
        : undefined
    }
    if (/\bweek ?day\b|day of the week|what day (?:is|was|will)/i.test(prompt)) return weekday(first)
    const shift = /(\d{1,6})\s+(day|week)s?\s+(after|from|before|prior to|earlier than|later than)/i.exec(prompt)
    if (shift === null) return undefined
    const days = Number(shift[1]) * unitDays[shift[2]!.toLowerCase()]!
    const backwards = /before|prior|earlier/i.test(shift[3]!)
    return isoDate(first + (backwards ? -days : days) * dayMs)
  },

  wrongAnswer(answer, random) {
    const day = weekdays.indexOf(answer as (typeof weekdays)[number])
    if (day >= 0) return weekdays[(day + integer(random, 1, 6)) % 7]!
    if (answer.includes('-')) return isoDate(Date.parse(answer) + pick(random, [-30, -1, 1, 2, 31]) * dayMs)
    return wrongNumber(answer, random)
  },

  grade(answer, reply) {
    if (/^\d+$/.test(answer)) return gradeNumber(answer, reply)
    if (!answer.includes('-')) return gradeText(answer, reply)
    return datesIn(reply).at(-1) === Date.parse(answer) ? 1 : 0
  },
}

/** Every date in a text, in order, as UTC midnights; impossible ones such as 31 June are left out. */
function datesIn(text: string): number[] {
  return Array.from(text.matchAll(datePattern)).flatMap((match) => {
    const year = Number(match[1] ?? match[6] ?? match[9])
    const day = Number(match[3] ?? match[4] ?? match[8])
    const name = match[5] ?? match[7]
    const month =
      name === undefined
        ? Number(match[2]) - 1
        : months.findIndex((full) => full.slice(0, 3).toLowerCase() === name.slice(0, 3).toLowerCase())
    const ms = Date.UTC(year, month, day)
    const real = new Date(ms)
    return real.getUTCMonth() === month && real.getUTCDate() === day ? [ms] : []
  })
}

function weekday(ms: number): string {
  return weekdays[new Date(ms).getUTCDay()]!
}

function isoDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

function longDate(ms: number): string {
  const date = new Date(ms)
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`
}
