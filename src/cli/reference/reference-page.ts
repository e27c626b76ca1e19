import { configJsonSchema } from '../../config/config-json-schema.ts'
import { errorMeanings } from '../../gateway/error-meanings.ts'
import { describeErrors } from '../../gateway/error-response.ts'
import { GatewayMetrics } from '../../gateway/gateway-metrics.ts'
import { listRoutes } from '../../gateway/routes/route-table.ts'
import { requestHeaders, responseHeaders } from '../../gateway/wire/header-reference.ts'
import { bodyReferences } from './body-references.ts'
import { markdownTable } from './markdown-table.ts'
import { schemaFields } from './schema-fields.ts'

/**
 * `docs/reference.md`: paths, headers, bodies, errors, metrics and configuration, all from what the code itself goes by, so
 * that the page cannot say anything else. A test compares the committed page; `npm run schema` renews it.
 */
export async function referencePage(): Promise<string> {
  const sections = [
    '# Reference',
    'Generated from the code by `npm run schema`; not edited by hand. What happens to each parameter at each provider is in [parameters.md](parameters.md).',
    '## Paths',
    pathTable(),
    'Bodies under `/admin` tell times in ISO 8601, UTC; decisions and feedback under `/v1` in seconds since 1970.',
    '## Request headers',
    markdownTable(
      ['header', 'means'],
      requestHeaders.map(({ name, meaning }) => [`\`${name}\``, meaning]),
    ),
    '## Response headers',
    markdownTable(
      ['header', 'means'],
      responseHeaders.map(({ name, meaning }) => [`\`${name}\``, meaning]),
    ),
    '## Bodies',
    "Fields that the gateway itself reads. In the APIs of OpenAI and Anthropic every other field travels on as it came, as far as the answering LLM's API knows it.",
    ...bodyReferences.flatMap(({ title, about, schema }) => [
      `### ${title}`,
      about,
      fieldTable(schemaFields(schema())),
    ]),
    '## Errors',
    'On `/v1/messages` as `{"type": "error", "error": {"type", "message"}, "request_id"}`, elsewhere as `{"error": {"message", "type", "param", "code"}}`. In a stream that had begun, as its last event. `upstream_rejected` and `upstream_context_length` keep the 4xx that the provider gave.',
    errorTable(),
    '## Metrics',
    'At `/metrics`, for Prometheus.',
    await metricTable(),
    '## Configuration',
    '`pointsman.yaml`; [pointsman.schema.json](pointsman.schema.json) has the same for editors.',
    fieldTable(schemaFields(configJsonSchema())),
  ]
  return `${sections.join('\n\n')}\n`
}

function pathTable(): string {
  const access = {
    open: 'nobody',
    key: 'a key, once one was issued',
    admin: 'the admin scope, once a key was issued',
    admin_key: 'a key with the admin scope, always',
  }
  const rows = listRoutes().map(({ method, path, route }) => [`\`${method} ${path}\``, access[route.access]])
  return markdownTable(['path', 'asks for'], rows)
}

function errorTable(): string {
  const rows = describeErrors().map(({ code, wireCode, status, type, anthropicType }) => [
    `\`${wireCode}\``,
    String(status),
    type,
    anthropicType,
    errorMeanings[code],
  ])
  // Faults of ours share one code on the wire.
  const seen = new Set<string>()
  const distinct = rows.filter(([wireCode, ...rest]) => {
    const key = `${wireCode} ${rest.join(' ')}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
  return markdownTable(['code', 'status', "OpenAI's type", "Anthropic's type", 'means'], distinct)
}

async function metricTable(): Promise<string> {
  const metrics = new GatewayMetrics({
    inFlight: () => 0,
    spentTodayUsd: () => 0,
    budgets: () => [],
    duals: () => [],
    trial: () => [],
    recentAlarms: () => [],
  })
  const described = await metrics.describe()
  return markdownTable(
    ['metric', 'type', 'means'],
    described.map(({ name, type, help }) => [`\`${name}\``, type, help]),
  )
}

function fieldTable(fields: ReturnType<typeof schemaFields>): string {
  const rows = fields.map((field) => [
    `\`${field.path}\``,
    field.type + (field.required ? ', needed' : ''),
    field.default === '' ? '' : `\`${field.default}\``,
    field.description,
  ])
  return markdownTable(['field', 'type', 'default', 'means'], rows)
}
