// Writes docs/reference.md from what the built code itself goes by.
import { writeFileSync } from 'node:fs'
import { referencePage } from '../dist/cli/reference/reference-page.js'

writeFileSync(new URL('../docs/reference.md', import.meta.url), await referencePage())
