import { writeSync } from 'node:fs'
import { sampleDecision, sampleFeedback, sampleSettlement } from '../../../src/storage/__fixtures__/sample-records.ts'
import { openSqliteStorage } from '../../../src/storage/sqlite/open-sqlite-storage.ts'

const writers = 8
const [file, round] = process.argv.slice(2)
if (file === undefined || round === undefined) throw new Error('Usage: storage-writer FILE ROUND')

const storage = await openSqliteStorage({ file })
await Promise.all(Array.from({ length: writers }, (_, writer) => writeForEver(writer)))

/** Prints `sequence decision` for each piece of feedback once it has been acknowledged, until the process is killed. */
async function writeForEver(writer: number): Promise<never> {
  for (let i = 0; ; i++) {
    const id = `${round}-${writer}-${i}`
    await storage.decisions.append(sampleDecision(id), 1)
    await storage.decisions.settle(sampleSettlement(id))
    const receipt = await storage.feedback.accept(sampleFeedback(id), undefined)
    if (receipt.status !== 'accepted') throw new Error(`The feedback on ${id} ended as ${receipt.status}`)
    writeSync(1, `${receipt.sequence} ${id}\n`)
  }
}
