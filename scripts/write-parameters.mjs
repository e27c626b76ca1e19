// Writes docs/parameters.md from the parameter table of the built code.
import { writeFileSync } from 'node:fs'
import { parametersPage } from '../dist/cli/reference/parameters-page.js'

writeFileSync(new URL('../docs/parameters.md', import.meta.url), parametersPage())
