import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'

/** What only joins what units yielded, and so may change without making them stale. */
const afterUnits: readonly RegExp[] = [/^(collect|joined)-/, /-(comparisons|figures|findings|notes)\.(ts|js)$/]

/** The specifier of a relative import or re-export, as the compiler and the formatter write it. */
const relativeImport = /\bfrom\s+['"](\.{1,2}\/[^'"]+)['"]|\bimport\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g

/**
 * SHA-256 over the code that units of work run: the file given and everything it imports of this package, directly or
 * not. Parts left behind by other code are not taken up.
 *
 * @param entry a protocol's file. @param root paths enter the hash relative to it.
 */
export async function codeFingerprint(entry: string, root: string): Promise<string> {
  const texts = new Map<string, string>()
  const waiting = [entry]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (texts.has(file) || afterUnits.some((pattern) => pattern.test(path.basename(file!)))) continue
    const text = await readFile(file, 'utf8')
    texts.set(file, text)
    for (const [, from, dynamic] of text.matchAll(relativeImport)) {
      waiting.push(path.resolve(path.dirname(file), (from ?? dynamic)!))
    }
  }
  const hash = createHash('sha256')
  for (const file of [...texts.keys()].sort()) {
    hash.update(`${path.relative(root, file).split(path.sep).join('/')}\0`).update(texts.get(file)!)
  }
  return hash.digest('hex')
}
