import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readPrompts } from '../src/outcomes/read-prompts.ts'
import { SeededRandom } from '../src/routing/numeric/random-source.ts'
import { PinnedProcess } from './pinned-process.ts'

/** The cores: what is measured has one, the load and the upstream share the other. */
export const measuredCore = 0
export const loadCore = 1

const promptCharacters = 1000
const promptCount = 4000

/** Of the paretobandit set, so that a policy fitted on it knows four of the twelve. */
const fittedLlms = [
  { id: 'meta-llama/llama-3.1-8b-instruct', price: { input: 0.1, output: 0.1 } },
  { id: 'mistralai/mistral-large-2512', price: { input: 0.5, output: 1.5 } },
  { id: 'google/gemini-2.5-flash', price: { input: 0.3, output: 2.5 } },
  { id: 'google/gemini-2.5-pro', price: { input: 1.25, output: 10 } },
]
const otherLlms = Array.from({ length: 8 }, (_, i) => ({
  id: `bench/llm-${i}`,
  price: { input: 0.1 * (i + 1), output: 0.4 * (i + 1) },
}))

/** The LLM that pinned requests name. */
export const pinnedLlm = fittedLlms[2]!.id

/** A mock upstream, a load and a folder with the prompts. */
export interface Stage {
  readonly folder: string
  readonly upstreamUrl: string
  readonly load: PinnedProcess
  /** What the policies and the prompts are. */
  readonly description: string
  /** A folder with a gateway's configuration, `more` on top of it, and, where the data is there, a fitted policy. */
  readonly newGatewayFolder: (name: string, more?: object) => string
  /** Fits one more version for that folder; false where there is no data to fit on. */
  readonly fitAgain: (folder: string) => boolean
  close(): Promise<void>
}

/** Starts what every gateway benchmark needs. Outcome data comes from POINTSMAN_DATA, else `shared/data` beside the checkout. */
export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-bench-'))
  const data = path.join(
    process.env.POINTSMAN_DATA ?? path.resolve(import.meta.dirname, '../../shared/data'),
    'paretobandit',
  )
  const hasData = existsSync(data)
  const prompts = hasData ? await recordedPrompts(data) : madeUpPrompts()
  const promptFile = path.join(folder, 'prompts.json')
  writeFileSync(promptFile, JSON.stringify(prompts))
  const upstream = await PinnedProcess.listening(loadCore, [path.join(import.meta.dirname, 'mock-upstream.ts')])
  const load = await PinnedProcess.listening(loadCore, [path.join(import.meta.dirname, 'gateway-load.ts'), promptFile])
  const newGatewayFolder = (name: string, more: object = {}): string => {
    const own = path.join(folder, name)
    mkdirSync(own)
    writeFileSync(path.join(own, 'pointsman.yaml'), JSON.stringify({ ...configuration(upstream.url), ...more }))
    if (hasData) fitPolicy(own, data, 'val')
    return own
  }
  const fitAgain = (own: string): boolean => {
    if (hasData) fitPolicy(own, data, 'test')
    return hasData
  }
  return {
    folder,
    upstreamUrl: upstream.url,
    load: load.process,
    description: hasData
      ? 'policy fitted on paretobandit, which knows 4 of the 12 LLMs; prompts joined from its test split'
      : 'no outcome data found: nothing fitted, prompts of made-up words',
    newGatewayFolder,
    fitAgain,
    async close() {
      await Promise.all([load.process.stop(), upstream.process.stop()])
      rmSync(folder, { recursive: true })
    },
  }
}

/** JSON is YAML. */
function configuration(upstreamUrl: string): object {
  return {
    providers: { mock: { base_url: `${upstreamUrl}/v1` } },
    llms: [...fittedLlms, ...otherLlms].map((llm) => ({ ...llm, provider: 'mock' })),
    routing: { seed: 1 },
    log_level: 'error',
  }
}

function fitPolicy(folder: string, data: string, split: string): void {
  const cli = path.join(import.meta.dirname, '../dist/cli/main.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'fit', '--data', data, '--split', split], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`The fit failed:\n${stdout}${stderr}`)
}

/** Real text of the held-out split, joined and cut. */
async function recordedPrompts(data: string): Promise<string[]> {
  const all = await readPrompts(path.join(data, 'prompts.jsonl.gz'))
  const texts = all.filter(({ split }) => split === 'test').map(({ text }) => text)
  const random = new SeededRandom(1)
  return Array.from({ length: promptCount }, () => joined(() => `${pick(texts, random)}\n`))
}

/** Words of one to four syllables, with frequencies that fall like 1/rank, as in natural text. */
function madeUpPrompts(): string[] {
  const random = new SeededRandom(1)
  const syllable = (): string => pick('bcdfghjklmnprstvw', random) + pick('aeiouy', random)
  const words = Array.from({ length: 6000 }, () =>
    Array.from({ length: 1 + Math.floor(random.next() * 4) }, syllable).join(''),
  )
  const zipf = (): string => words[Math.floor(words.length ** random.next()) - 1]!
  return Array.from({ length: promptCount }, () => joined(() => `${zipf()}${random.next() < 0.1 ? '. ' : ' '}`))
}

function joined(next: () => string): string {
  let text = ''
  while (text.length < promptCharacters) text += next()
  return text.slice(0, promptCharacters)
}

function pick<T>(values: ArrayLike<T>, random: SeededRandom): T {
  return values[Math.floor(random.next() * values.length)]!
}
