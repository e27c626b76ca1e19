// Writes what docs say of `pointsman evaluate` and the code knows: docs/result.schema.json, and the tables of metrics and
// policies in docs/evaluation.md. Needs the built code.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadProtocol, protocolNames } from '../dist/evaluation/protocols/load-protocol.js'
import {
  renderMetricDefinitions,
  renderPolicyDefinitions,
  replaceBetween,
} from '../dist/evaluation/report/render-definitions.js'
import { resultJsonSchema } from '../dist/evaluation/result-schema.js'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

const schema = `${JSON.stringify(resultJsonSchema(), undefined, 2)}\n`
writeFileSync(path.join(root, 'docs', 'result.schema.json'), schema)

const page = path.join(root, 'docs', 'evaluation.md')
const protocols = await Promise.all(protocolNames.map(loadProtocol))
const withMetrics = replaceBetween(readFileSync(page, 'utf8'), 'metrics', renderMetricDefinitions())
writeFileSync(page, replaceBetween(withMetrics, 'policies', renderPolicyDefinitions(protocols)))
