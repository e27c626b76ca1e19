import { openSqliteStorage } from '../../../src/storage/sqlite/open-sqlite-storage.ts'

const [file] = process.argv.slice(2)
if (file === undefined) throw new Error('Usage: storage-claimer FILE')

/** Claims a database and keeps it until the process is killed. */
await openSqliteStorage({ file, exclusive: true })
console.log('claimed')
setInterval(() => {}, 1000)
