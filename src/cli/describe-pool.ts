import { counted } from './counted.ts'
import type { OpenPool } from './open-pool.ts'
import type { Colours } from './terminal/colours.ts'

const shown = 8

/** What will serve, for the start of a process: where the pool comes from, its LLMs, and what that implies. */
export function describePool(pool: OpenPool, colours: Colours): string[] {
  const label = (name: string) => `  ${colours.dim(name.padEnd(8))}  `
  const names = pool.llms.map((llm) => llm.id)
  const more = names.length > shown ? ` and ${names.length - shown} more` : ''
  const lines = [`${label('pool')}${counted(pool.llms.length, 'LLM')}: ${names.slice(0, shown).join(', ')}${more}`]
  for (const note of pool.notes) lines.push(`${label('')}${note}`)
  if (pool.origin === 'simulated') {
    lines.push(
      `${label('')}${colours.warning('SIMULATED: these LLMs exist only in this process, prices and speeds are invented;')}`,
    )
    lines.push(
      `${label('')}${colours.warning('they really answer arithmetic, dates, units, strings, JSON, code and logic.')}`,
    )
    const likeAuto = pool.aliases.flatMap(([name, target]) => (target === 'auto' ? [name] : []))
    if (likeAuto.length > 0) lines.push(`${label('')}Models named ${likeAuto.join(' or ')} are auto here.`)
  }
  const unpriced = pool.llms.filter((llm) => llm.price === undefined)
  if (unpriced.length > 0) {
    const list = unpriced.slice(0, shown).map((llm) => llm.id)
    lines.push(`${label('')}${colours.warning(`price unknown: ${list.join(', ')} (see pointsman doctor)`)}`)
  }
  const cap = pool.dailyCapUsd
  lines.push(
    `${label('cap')}${cap === undefined ? 'none on the day’s spend' : `$${cap} a day (UTC), then requests are refused`}`,
  )
  return lines
}
