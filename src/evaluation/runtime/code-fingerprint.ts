import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** Everything a unit of work computes with. */
const layers = ['routing', 'outcomes', 'training', 'evaluation']

/** What only joins or shows what units yielded, and so may change without making them stale. */
const afterUnits: readonly RegExp[] = [
  /^(report|runtime)\//,
  /(^|\/)(collect|joined)-/,
  /-(comparisons|figures|findings|notes)\.(ts|js)$/,
  /(^|\/)((compact|read)-result|result-schema)\./,
  /\.(test|contract)\.|\.d\.ts$/,
]

/**
 * SHA-256 over the code that units of work run: parts left behind by other code are not taken up.
 *
 * @param root the folder that holds the layers, `src` or `dist`.
 */
export async function codeFingerprint(root: string): Promise<string> {
  const hash = createHash('sha256')
  for (const layer of layers) {
    const names = await readdir(path.join(root, layer), { recursive: true })
    const files = names.map((name) => name.split(path.sep).join('/')).sort()
    for (const name of files) {
      if (!/\.(ts|js)$/.test(name) || afterUnits.some((pattern) => pattern.test(name))) continue
      hash.update(`${layer}/${name}\0`).update(await readFile(path.join(root, layer, name)))
    }
  }
  return hash.digest('hex')
}
