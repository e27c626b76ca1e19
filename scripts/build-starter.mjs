// Builds the starter policy from outcome data, through the built code. Same data, same bytes. Without arguments it writes the one
// that ships, from the shared sets whose licences allow it (see NOTICE).
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { dataFingerprint } from '../dist/evaluation/runtime/data-fingerprint.js'
import { readOutcomeData } from '../dist/outcomes/read-outcome-data.js'
import { fitStarter } from '../dist/training/starter/fit-starter.js'
import { packStarter } from '../dist/training/starter/starter-file.js'
import { shippedSets } from './starter-sets.mjs'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

/** Of the sample, the projection and the clusters. */
const seed = 1

const usage = `Usage: npm run starter -- [--data FOLDER]… [--without SET] [--out FILE]
  --data     a set of outcomes, repeatable (default: ${shippedSets.join(', ')} under POINTSMAN_DATA, else ../shared/data)
  --without  one of the sets, by its folder's name: it is left out with every prompt of the others that is near one of its own,
             so that the starter can be tried on it
  --out      where it goes (default: starter/starter.json.gz, which ships)`

async function main() {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', multiple: true },
      without: { type: 'string' },
      out: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) {
    process.stdout.write(`${usage}\n`)
    return
  }
  const shared = process.env.POINTSMAN_DATA ?? path.join(root, '..', 'shared', 'data')
  const folders = values.data ?? shippedSets.map((set) => path.join(shared, set))
  const sources = []
  for (const folder of folders) {
    sources.push({ data: await readOutcomeData(folder), sha256: await dataFingerprint(folder) })
  }
  const withheld = sources.find(({ data }) => data.name === values.without)
  if (values.without !== undefined && withheld === undefined) {
    throw new Error(`--without ${values.without}: none of the sets is called so`)
  }
  const used = sources.filter((source) => source !== withheld)
  if (used.length === 0) throw new Error('There is no set to build from')
  const onStep = (/** @type {string} */ step) => process.stderr.write(`${step} …\n`)
  const model = await fitStarter(used, { seed, withheld, onStep })
  const file = path.resolve(values.out ?? path.join(root, 'starter', 'starter.json.gz'))
  const bytes = packStarter(model)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, bytes)
  const names = used.map(({ data }) => data.name).join(', ')
  process.stdout.write(`${model.id}: ${model.llms.length} LLMs of ${names}; ${bytes.length} bytes in ${file}\n`)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${/** @type {Error} */ (error).message}\n${usage}\n`)
  process.exitCode = 2
}
