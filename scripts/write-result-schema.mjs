// Writes docs/result.schema.json, the JSON schema of what `pointsman evaluate` writes. Needs the built code.
import { writeFileSync } from 'node:fs'
import { resultJsonSchema } from '../dist/evaluation/result-schema.js'

const text = `${JSON.stringify(resultJsonSchema(), undefined, 2)}\n`
writeFileSync(new URL('../docs/result.schema.json', import.meta.url), text)
