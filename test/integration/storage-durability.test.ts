import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts'

const rounds = 16
const longestRunMs = 150
const mostAcknowledgements = 200
const writer = fileURLToPath(new URL('./__fixtures__/storage-writer.ts', import.meta.url))

/** Starts a writer that ends by SIGKILL, its own or that of `kill`; returns the lines it got out. */
async function linesUntilKilled(
  args: readonly string[],
  kill?: (child: ChildProcess) => Promise<void>,
): Promise<string[]> {
  const child = spawn(process.execPath, [writer, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  const closed = once(child, 'close')
  await Promise.race([once(child.stdout, 'data'), closed])
  await kill?.(child)
  expect(await closed).toEqual([null, 'SIGKILL'])
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .trimEnd()
    .split('\n')
}

async function storedLabels(file: string): Promise<string[]> {
  const storage = await openSqliteStorage({ file })
  const labels = await storage.feedback.labelsAfter(0, 1_000_000)
  expect(await storage.feedback.latestSequence()).toBe(labels.length)
  await storage.close()
  return labels.map(({ sequence, decisionId }) => `${sequence} ${decisionId}`)
}

// Every second writer is killed at a random moment; the others kill themselves upon an acknowledgement, the sharpest one.
it(`keeps every acknowledged label over ${rounds} kills`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pointsman-storage-'))
  const file = join(folder, 'pointsman.db')
  const random = new SeededRandom(1)
  const acknowledged: string[] = []
  try {
    for (let round = 0; round < rounds; round++) {
      const chance = random.next()
      const lines =
        round % 2 === 0
          ? await linesUntilKilled([file, String(round)], async (child) => {
              await wait(longestRunMs * chance)
              child.kill('SIGKILL')
            })
          : await linesUntilKilled([file, String(round), String(Math.ceil(mostAcknowledgements * chance))])
      acknowledged.push(...lines)
      const stored = await storedLabels(file)
      const found = new Set(stored)
      expect(acknowledged.filter((line) => !found.has(line))).toEqual([])
      expect(stored.map((line) => Number(line.split(' ')[0]))).toEqual(stored.map((_, i) => i + 1))
      expect(new Set(stored.map((line) => line.split(' ')[1])).size).toBe(stored.length)
    }
    expect(acknowledged.length).toBeGreaterThan(rounds)
    const database = new DatabaseSync(file)
    expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
    expect(database.prepare('PRAGMA foreign_key_check').all()).toEqual([])
    database.close()
  } finally {
    await rm(folder, { recursive: true })
  }
})
