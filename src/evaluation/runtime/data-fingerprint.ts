import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'

const dataFiles = /^(prompts\.jsonl|models\.json|outcomes\.csv)(\.gz)?$/

/** SHA-256 of the files that outcome data are read from, as they lie there, in order of their names. */
export async function dataFingerprint(folder: string): Promise<string> {
  const hash = createHash('sha256')
  const names = (await readdir(folder)).filter((name) => dataFiles.test(name)).sort()
  for (const name of names) {
    hash.update(`${name}\0`)
    await pipeline(createReadStream(path.join(folder, name)), hash, { end: false })
  }
  return hash.digest('hex')
}
