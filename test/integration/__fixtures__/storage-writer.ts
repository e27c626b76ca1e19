import { writeSync } from 'node:fs'
import { sampleDecision, sampleFeedback, sampleSettlement } from '../../../src/storage/__fixtures__/sample-records.ts'
import { openSqliteStorage } from '../../../src/storage/sqlite/open-sqlite-storage.ts'

const writers = 8
const [file, round, lastAcknowledgement] = process.argv.slice(2)
if (file === undefined || round === undefined) throw new Error('Usage: storage-writer FILE ROUND [ACKNOWLEDGEMENTS]')
let acknowledgements = 0

const storage = await openSqliteStorage({ file })
await Promise.all(Array.from({ length: writers }, (_, writer) => writeForEver(writer)))

/**
 * Prints `sequence decision` for each piece of feedback once it has been acknowledged, until the process is killed. Told
 * a number of acknowledgements, it kills itself in the very moment of the last: what comes before its commit is lost.
 */
async function writeForEver(writer: number): Promise<never> {
  for (let i = 0; ; i++) {
    const id = `${round}-${writer}-${i}`
    await storage.decisions.append(sampleDecision(id), 1)
    await storage.decisions.settle(sampleSettlement(id))
    const receipt = await storage.feedback.accept(sampleFeedback(id), undefined)
    if (receipt.status !== 'accepted') throw new Error(`The feedback on ${id} ended as ${receipt.status}`)
    writeSync(1, `${receipt.sequence} ${id}\n`)
    acknowledgements += 1
    if (acknowledgements === Number(lastAcknowledgement)) process.kill(process.pid, 'SIGKILL')
  }
}
