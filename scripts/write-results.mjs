// Writes docs/results.md, and the report.html beside each stored result, from evaluation/results/<set>/<protocol>/result.json.
// Needs the built code. With --check it writes nothing and fails where something stored is not what it would write.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseResult } from '../dist/evaluation/read-result.js'
import { renderReport } from '../dist/evaluation/report/render-report.js'
import { renderResultsPage } from '../dist/evaluation/report/render-results-page.js'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const resultsFolder = path.join(root, 'evaluation', 'results')

/** @returns {{ file: string, text: string }[]} every generated file and what it should hold */
export function generatedFiles() {
  const stored = storedResults()
  const reports = stored.map(({ folder, result }) => ({
    file: path.join(folder, 'report.html'),
    text: renderReport(result),
  }))
  const page = renderResultsPage(stored.map(({ set, result }) => ({ set, result })))
  return [...reports, { file: path.join(root, 'docs', 'results.md'), text: page }]
}

function storedResults() {
  if (!existsSync(resultsFolder)) return []
  return foldersIn(resultsFolder).flatMap((set) =>
    foldersIn(path.join(resultsFolder, set)).flatMap((protocol) => {
      const folder = path.join(resultsFolder, set, protocol)
      const file = path.join(folder, 'result.json')
      if (!existsSync(file)) return []
      return [{ set, folder, result: parseResult(readFileSync(file, 'utf8'), path.relative(root, file)) }]
    }),
  )
}

/** @param {string} folder @returns {string[]} */
function foldersIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}

/** Writes what is not current. @returns {string[]} the files written, relative to the checkout */
export function writeGeneratedFiles() {
  const stale = staleFiles()
  for (const { file, text } of stale) writeFileSync(file, text)
  return stale.map(({ file }) => path.relative(root, file))
}

function staleFiles() {
  return generatedFiles().filter(({ file, text }) => !existsSync(file) || readFileSync(file, 'utf8') !== text)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) {
    for (const { file } of staleFiles()) {
      process.stderr.write(`${path.relative(root, file)} is not what the stored results say; run: npm run results\n`)
      process.exitCode = 1
    }
  } else for (const name of writeGeneratedFiles()) process.stdout.write(`Wrote ${name}\n`)
}
