import type { Llm, LlmId } from '../routing/registry/llm.ts'
import { counted } from './counted.ts'
import type { OpenPool } from './open-pool.ts'
import type { Colours } from './terminal/colours.ts'

const shown = 8

/**
 * What will serve, for the start of a process: where the pool comes from, its LLMs, and what that implies.
 *
 * @param serves of an LLM of the pool; the others are paused.
 */
export function describePool(pool: OpenPool, serves: (id: LlmId) => boolean, colours: Colours): string[] {
  const label = (name: string) => `  ${colours.dim(name.padEnd(8))}  `
  const serving = pool.llms.filter(({ id }) => serves(id))
  const paused = pool.llms.filter(({ id }) => !serves(id))
  const lines = [
    `${label('pool')}${counted(serving.length, 'LLM')}${serving.length === 0 ? '' : `: ${namesOf(serving)}`}`,
  ]
  if (paused.length > 0) lines.push(`${label('')}paused: ${namesOf(paused)}`)
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
  const unpriced = serving.filter((llm) => llm.price === undefined)
  if (unpriced.length > 0) {
    lines.push(`${label('')}${colours.warning(`price unknown: ${namesOf(unpriced)} (see pointsman doctor)`)}`)
  }
  const cap = pool.dailyCapUsd
  lines.push(
    `${label('cap')}${cap === undefined ? 'none on the day’s spend' : `$${cap} a day (UTC), then requests are refused`}`,
  )
  return lines
}

function namesOf(llms: readonly Llm[]): string {
  const more = llms.length > shown ? ` and ${llms.length - shown} more` : ''
  return `${llms
    .slice(0, shown)
    .map(({ id }) => id)
    .join(', ')}${more}`
}
