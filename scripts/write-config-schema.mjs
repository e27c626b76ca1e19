// Writes the JSON schema of pointsman.yaml beside the built code; with --docs also the committed copy in docs/, which
// editors can point to.
import { writeFileSync } from 'node:fs'
import { configJsonSchema } from '../dist/config/config-json-schema.js'

const text = `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`
const places = ['../dist/config/pointsman.schema.json']
if (process.argv.includes('--docs')) places.push('../docs/pointsman.schema.json')
for (const place of places) writeFileSync(new URL(place, import.meta.url), text)
