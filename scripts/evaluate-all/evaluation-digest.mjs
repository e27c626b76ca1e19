import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** Everything that decides what a result says. */
const layers = ['routing', 'outcomes', 'training', 'evaluation']

/** What only tests, or only draws what a result says. */
const irrelevant = /(\.test|\.contract)\.ts$|(^|\/)__fixtures__\/|^report\//

/**
 * SHA-256 over the sources that a stored result depends on, joining included; the report is not, as it is drawn anew
 * from stored results.
 *
 * @param {string} root the checkout
 */
export function evaluationDigest(root) {
  const hash = createHash('sha256')
  for (const layer of layers) {
    const folder = path.join(root, 'src', layer)
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => name.split(path.sep).join('/'))
      .filter((name) => name.endsWith('.ts') && !irrelevant.test(name))
      .sort()
    for (const name of names) hash.update(`${layer}/${name}\0`).update(readFileSync(path.join(folder, name)))
  }
  return hash.digest('hex')
}
