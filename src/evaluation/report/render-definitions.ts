import type { ProtocolName } from '../evaluation-result.ts'
import { policyKinds } from '../policy-names.ts'
import type { ProtocolPolicy } from '../protocol.ts'
import { type MetricUnit, metricDescription, protocolMetrics } from './metric-descriptions.ts'
import { policyDescription } from './policy-descriptions.ts'

/** Which policies a protocol evaluates: part of a Protocol. */
export interface ProtocolPolicies {
  readonly name: ProtocolName
  readonly policies: readonly ProtocolPolicy[]
}

const unitWords: Readonly<Record<MetricUnit, string>> = { quality: '', share: 'share', usd: 'USD', steps: 'requests' }

/** The metrics of docs/evaluation.md as a Markdown table. */
export function renderMetricDefinitions(): string {
  const lines = (Object.keys(protocolMetrics) as ProtocolName[]).flatMap((protocol) =>
    protocolMetrics[protocol].map((name) => {
      const { better, unit, definition } = metricDescription(name)
      const arrow = better === 'higher' ? '↑' : better === 'lower' ? '↓' : ''
      return `| ${protocol} | \`${name}\` | ${arrow} | ${unitWords[unit]} | ${definition} |`
    }),
  )
  return ['| protocol | name | | unit | definition |', '| --- | --- | --- | --- | --- |', ...lines].join('\n')
}

/** The policies of docs/evaluation.md as a Markdown table, with the protocols that evaluate each. */
export function renderPolicyDefinitions(protocols: readonly ProtocolPolicies[]): string {
  const lines = Object.entries(policyKinds).flatMap(([policy, kind]) => {
    const where = protocols.filter(({ policies }) => policies.some(({ name }) => name === policy))
    if (where.length === 0) return []
    const names = where.map(({ name }) => name).join(', ')
    return [`| \`${policy}\` | ${kind} | ${names} | ${policyDescription(policy) ?? ''} |`]
  })
  return ['| name | kind | evaluated by | what it is |', '| --- | --- | --- | --- |', ...lines].join('\n')
}

/**
 * The page with the text between `<!-- name -->` and `<!-- /name -->` replaced.
 *
 * @throws {Error} when the page has no such place.
 */
export function replaceBetween(page: string, name: string, text: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [from, to] = [page.indexOf(start), page.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`the page has no place between ${start} and ${end}`)
  return `${page.slice(0, from + start.length)}\n\n${text}\n\n${page.slice(to)}`
}
