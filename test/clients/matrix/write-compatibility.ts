import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { compatibilityPage } from './compatibility-page.ts'

writeFileSync(path.resolve(import.meta.dirname, '../../../docs/compatibility.md'), compatibilityPage())
