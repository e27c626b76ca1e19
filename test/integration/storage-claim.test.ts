import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sampleKey } from '../../src/storage/__fixtures__/sample-records.ts'
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts'

const claimer = fileURLToPath(new URL('./__fixtures__/storage-claimer.ts', import.meta.url))
const inUse = { name: 'StorageError', code: 'storage_in_use' }

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pointsman-storage-'))
  file = join(folder, 'pointsman.db')
})
afterEach(() => rm(folder, { recursive: true }))

describe('a database claimed for serving', () => {
  it('is refused to a second gateway under every name, and open to commands', async () => {
    const serving = await openSqliteStorage({ file, exclusive: true })
    await expect(openSqliteStorage({ file, exclusive: true })).rejects.toMatchObject(inUse)
    await symlink(file, join(folder, 'link.db'))
    await expect(openSqliteStorage({ file: join(folder, 'link.db'), exclusive: true })).rejects.toMatchObject(inUse)

    const command = await openSqliteStorage({ file })
    await command.keys.create(sampleKey('k1'))
    expect(await serving.keys.list()).toHaveLength(1)
    await command.close()
    await expect(openSqliteStorage({ file, exclusive: true })).rejects.toMatchObject(inUse)
    await serving.close()
    await (await openSqliteStorage({ file, exclusive: true })).close()
  })

  it('is free again when its process is killed', async () => {
    const child = spawn(process.execPath, [claimer, file], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await once(child.stdout, 'data')
      await expect(openSqliteStorage({ file, exclusive: true })).rejects.toMatchObject(inUse)
    } finally {
      const closed = once(child, 'close')
      child.kill('SIGKILL')
      await closed
    }
    await (await openSqliteStorage({ file, exclusive: true })).close()
  })

  it('is free again when it could not be opened', async () => {
    await writeFile(file, 'This is no database at all, but a letter that is longer than a header. '.repeat(20))
    await expect(openSqliteStorage({ file, exclusive: true })).rejects.toMatchObject({ code: 'storage_corrupt' })
    await rm(file)
    await (await openSqliteStorage({ file, exclusive: true })).close()
  })

  it('leaves a file that its owner alone may read', async () => {
    await (await openSqliteStorage({ file, exclusive: true })).close()
    const { mode, size } = await stat(`${file}.serving`)
    expect([mode & 0o777, size]).toEqual([0o600, 0])
  })

  it('is never in use when it is in memory', async () => {
    const memory = { file: ':memory:', exclusive: true }
    const [one, other] = await Promise.all([openSqliteStorage(memory), openSqliteStorage(memory)])
    await one.close()
    await other.close()
  })
})
