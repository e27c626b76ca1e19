import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts'
import { describeStorage } from '../../src/storage/storage.contract.ts'

describeStorage('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pointsman-storage-'))
  const file = join(folder, 'pointsman.db')
  const storage = await openSqliteStorage({ file })
  return {
    storage,
    openAgain: () => openSqliteStorage({ file }),
    async remove() {
      await storage.close()
      await rm(folder, { recursive: true })
    },
  }
})
